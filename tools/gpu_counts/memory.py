"""Rows that a GPU's memory is given to, and windows that fit them, by the engine's own plan."""

from dataclasses import dataclass
from typing import Any

import torch

from qasr_cli.checkpoints.catalog import Model, lookup
from tools.gpu_counts.sources import is_old, part

Found = dict[str, Any]
SHAPES = ("0.6b", "1.7b")
GIGABYTES = (6, 8, 12, 24, 80)
GB = 10**9
# What the driver and the process take before anything is loaded; an estimate.
BEFORE_BYTES = 600_000_000

# 778ee45 plans no rows: it begins with 32, whose keys and values are zeros for 408 positions of a
# prompt, 640 tokens and 8 steps more, and halves them until a window goes through. It holds both
# models where the bytes of their files and 1 GiB fit. What a window takes besides: an estimate.
_OLD_ROWS = 32
_OLD_POSITIONS = 408 + 640 + 8
_OLD_WORK_BYTES = 750_000_000
_POSITION_BYTES = 28 * 2 * 8 * 128 * 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a GPU holds, how many answers it makes at once, and how much it takes ahead."""

    both_stay: bool
    row_count: int
    clip_count: int
    sample_count: int


def plan_of(shape: str, gigabytes: int) -> Plan:
    """The plan for a pair on a GPU that has nothing else to do, beside enough main memory."""
    free_bytes = gigabytes * GB - BEFORE_BYTES
    if is_old():
        both_stay, row_count = _old_residence(free_bytes, _models(shape))
        window = part("clip_window")
        batch = _OLD_ROWS
        samples = max(window._SAMPLE_COUNT, batch * window._SAMPLES_A_CLIP)  # noqa: SLF001
        clip_count = max(window._CLIP_COUNT, window._BATCH_COUNT * batch)  # noqa: SLF001
        return Plan(
            both_stay=both_stay, row_count=row_count, clip_count=clip_count, sample_count=samples
        )
    plan = part("memory_plan")
    found = plan.residence(free_bytes, plan.published_need(_models(shape), torch.bfloat16))
    window = part("clip_window")
    size = window.window_size(
        found.row_count,
        full_batch_count=window._FULL_BATCHES_OF_GPU,  # noqa: SLF001  # `size_for` asks this machine
        least_s=0 if found.both_stay else window._TURN_OF_GPU_S,  # noqa: SLF001
    )
    return Plan(
        both_stay=found.both_stay,
        row_count=found.row_count,
        clip_count=size.clip_count,
        sample_count=size.sample_count,
    )


def row_bytes() -> int:
    """Keys and values that are reckoned for an answer to a clip of 30 s; either published shape."""
    if is_old():
        return _OLD_POSITIONS * _POSITION_BYTES
    plan = part("memory_plan")
    found: int = plan.published_need(_models("1.7b"), torch.bfloat16).row_bytes
    return found


def aligned_at_once(row_count: int) -> int:
    """Clips that are aligned at once."""
    most: int = part("pipeline")._ALIGNED_AT_ONCE["cuda"]  # noqa: SLF001
    return min(row_count, most)


def host() -> Found:
    """What the host does while the GPU works."""
    pipeline = part("pipeline")
    threads = getattr(pipeline, "_FEATURE_THREADS", {"cuda": 0})
    return {"feature_threads": threads["cuda"], "overlaps": threads["cuda"] > 0}


def _models(shape: str) -> list[Model]:
    found = (lookup(shape, "recogniser"), lookup("aligner", "aligner"))
    return [model for model in found if model is not None]


def _old_residence(free_bytes: int, models: list[Model]) -> tuple[bool, int]:
    hearing, timing = (2 * model.parameter_count for model in models)
    both_stay = hearing + timing + (1 << 30) <= free_bytes
    left_bytes = free_bytes - hearing - timing * both_stay - _OLD_WORK_BYTES
    row_count = _OLD_ROWS
    while row_count > 1 and row_count * _OLD_POSITIONS * _POSITION_BYTES > left_bytes:
        row_count //= 2
    return both_stay, row_count
