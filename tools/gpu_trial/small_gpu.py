"""A GPU of 8 GB, played by a larger one: what the plan of memory says, and what the ladder does."""

from typing import Any

import torch

from qasr_cli.options import EngineOptions
from tools.gpu_trial.corpus import folders_of
from tools.gpu_trial.settings import Notes, Settings, Skip
from tools.gpu_trial.speed import engine_run

_SMALL_BYTES = 8_000_000_000
_CLIP_COUNT = 48
# Rows that cannot fit, so that a plan which is not told of the cap has to fall.
_TOO_MANY_ROWS = 128


def run(settings: Settings, notes: Notes, shape: str) -> None:
    """Note both: with the free memory told as it would be, and with none of it told.

    Raises:
        Skip: there is no larger GPU.
    """
    if not settings.is_cuda:
        raise Skip("a CPU has no memory of its own")
    device = torch.device(settings.device)
    free_bytes, total_bytes = torch.cuda.mem_get_info(device)
    if free_bytes < _SMALL_BYTES:
        raise Skip("this GPU is no larger than 8 GB")
    torch.cuda.set_per_process_memory_fraction(_SMALL_BYTES / total_bytes, device)
    folders = folders_of(shape, settings.weights)
    tell: Any = torch.cuda.mem_get_info

    def told(_: Any = None) -> tuple[int, int]:  # noqa: ANN401  # as torch has it
        return _SMALL_BYTES - torch.cuda.memory_reserved(device), _SMALL_BYTES

    plays: tuple[tuple[str, Any, int | None], ...] = (
        ("planned", told, None),
        ("ladder", tell, _TOO_MANY_ROWS),
    )
    for name, answer, row_count in plays:
        torch.cuda.mem_get_info = answer
        options = EngineOptions(
            model=str(folders["recogniser"]),
            aligner=str(folders["aligner"]),
            device=settings.device,
            batch_size=row_count,
        )
        notes.add(**{name: engine_run(settings, options, _CLIP_COUNT)})
