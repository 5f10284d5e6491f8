"""Which models stay in memory: both, where both fit; else each comes for its turn."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Generic, TypeVar

import torch

from qasr_cli.checkpoints import layout
from qasr_cli.engines.qwen.device import Placement, free_memory

Model = TypeVar("Model")

# Beside the weights: the cache of answers, and the largest layer at work.
_WORKSPACE_BYTES = 1 << 30
_MEMINFO = Path("/proc/meminfo")


class Resident(Generic[Model]):
    """A model that is loaded when it is first lent.

    Args:
        load: makes it.
        stays: False = it is given up after each time.
    """

    def __init__(self, load: Callable[[], Model], *, stays: bool) -> None:
        self._load = load
        self._stays = stays
        self._model: Model | None = None

    def fetch(self) -> None:
        """Load it, so that it is there when it is lent."""
        if self._model is None:
            self._model = self._load()

    @contextmanager
    def lent(self) -> Iterator[Model]:
        """The model, for a while; nothing may hold it afterwards."""
        self.fetch()
        if self._model is None:
            raise TypeError("a loader gave no model")
        try:
            yield self._model
        finally:
            if not self._stays:
                self._model = None
                free_memory()


def fit_together(checkpoints: Sequence[Path], place: Placement) -> bool:
    """Whether the models of these folders fit side by side; True where nobody knows."""
    free_bytes = _free_bytes(place.device)
    if free_bytes is None:
        return True
    stored_bytes = sum(
        shard.stat().st_size for path in checkpoints for shard in layout.shards_of(path)
    )
    return stored_bytes + _WORKSPACE_BYTES <= free_bytes


def _free_bytes(device: torch.device) -> int | None:
    if device.type == "cuda":
        free_bytes, _ = torch.cuda.mem_get_info(device)
        return free_bytes
    try:
        lines = _MEMINFO.read_text(encoding="ascii").splitlines()
    except OSError:
        return None  # not Linux
    found = [int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")]
    return found[0] if found else None
