"""All counts of a source: memory, a window of clips of all lengths, windows for several GPUs."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import torch

import qasr_cli
from tools.bench.jobs import SAMPLE_RATE_HZ
from tools.gpu_counts import corpus, memory
from tools.gpu_counts.sources import is_old
from tools.gpu_counts.windows import Window, counts_of

Found = dict[str, Any]
# Sound of the window in which shapes are counted.
_MIXED_S = 960


def counts(command: str) -> Found:
    """Everything, as JSON takes it.

    Args:
        command: what made it.
    """
    return {
        "made_by": command,
        "commit": _commit(),
        "torch": torch.__version__,
        "host": memory.host(),
        "row_bytes": memory.row_bytes(),
        "memory": [
            {"shape": shape, "gigabytes": gigabytes} | _planned(shape, gigabytes)
            for shape in memory.SHAPES
            for gigabytes in memory.GIGABYTES
        ],
        "mixed": _mixed(),
        "windows": [_window(shape, *how) for shape in memory.SHAPES for how in _windows_of(shape)],
    }


def _windows_of(shape: str) -> list[tuple[int, bool]]:
    """Memory of the GPU, and whether steps are captured.

    Eager ones take minutes where a window is long: they are for comparison, and where they were the
    default.
    """
    captured = [(80, True), (24, True), (16, True)]
    if is_old():
        return [*captured, (80, False), (24, False), (16, False)]
    return [*captured, (80, False)] if shape == "1.7b" else captured


def _window(shape: str, gigabytes: int, is_captured: bool) -> Found:
    print(f"gpu_counts: {shape} at {gigabytes} GB ...", file=sys.stderr)
    plan = memory.plan_of(shape, gigabytes)
    clip_s = corpus.CLIP_S * SAMPLE_RATE_HZ
    clip_count = min(plan.clip_count, plan.sample_count // clip_s)
    # A GPU of 16 GB is taken for one of Turing: no bfloat16, no flash attention.
    is_turing = gigabytes == 16  # noqa: PLR2004
    found = counts_of(
        Window(
            shape=shape,
            sample_counts=corpus.full_clips(clip_count),
            row_count=plan.row_count,
            aligned_count=memory.aligned_at_once(plan.row_count),
            is_captured=is_captured,
            dtype="float16" if is_turing else "bfloat16",
            has_ragged=not is_turing,
        )
    )
    return {"shape": shape, "gigabytes": gigabytes} | found


def _planned(shape: str, gigabytes: int) -> Found:
    plan = memory.plan_of(shape, gigabytes)
    return {
        "both_stay": plan.both_stay,
        "rows": plan.row_count,
        "clips": plan.clip_count,
        "window_s": plan.sample_count // SAMPLE_RATE_HZ,
    }


def _mixed() -> Found:
    """A window of clips of any length: how many calls of attention, and of how many shapes."""
    lengths = corpus.mixed_clips(_MIXED_S)
    found = counts_of(
        Window(
            shape="1.7b",
            sample_counts=lengths,
            row_count=32,
            aligned_count=32,
            is_captured=True,
        )
    )
    whole = {name: stage for name, stage in found["stages"].items() if name != "steps"}
    return {
        "clips": found["clips"],
        "audio_s": round(found["audio_s"]),
        "attention_calls": sum(_attention_count(stage) for stage in whole.values()),
        "attention_shapes": found["attention_shapes"],
        "attention_kernels": found["attention_kernels"],
        "waits": found["waits"],
        "pageable_copies": found["pageable_copies"],
    }


def _attention_count(stage: Found) -> int:
    work: Found = stage["work"].get("attention", {"kernel_count": 0})
    count: int = work["kernel_count"]
    return count


def _commit() -> str:
    """The commit of the source that is counted; with a plus where it was changed since."""
    folder = Path(qasr_cli.__file__).parents[2]
    found = subprocess.run(
        ["git", "-C", str(folder), "describe", "--always", "--dirty=+", "--exclude=*"],
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout.strip() or "unknown"
