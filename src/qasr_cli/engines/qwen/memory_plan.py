"""What memory has room for: both models or one at a time, and how many clips at once."""

from collections.abc import Sequence
from pathlib import Path

import torch

from qasr_cli.checkpoints import layout
from qasr_cli.engines.memory import available_bytes
from qasr_cli.engines.qwen.device import Placement

# Beside the weights: the cache of answers, and the largest layer at work.
_WORKSPACE_BYTES = 1 << 30
# A CPU with units for bfloat16 goes on gaining: a step of 64 rows reads as many weights as one of
# 8, and hardly computes longer. In other formats it has gained most of what a batch gives at 8.
_CLIPS_OF_GPU = 32
_CLIPS_OF_CPU = 8
_MOST_CLIPS_OF_CPU = 64
# Of the published shapes: keys and values of 28 layers with 8 heads of 128 numbers, for the longest
# answer to a clip of 30 s, 1,050 positions.
_CLIP_BYTES = 1050 * 28 * 2 * 8 * 128 * 2
# Of the memory that is free the answers may take one part in so many.
_FREE_SHARE = 4


def fit_together(checkpoints: Sequence[Path], place: Placement) -> bool:
    """Whether the models of these folders fit side by side; True where free memory is unknown."""
    free_bytes = _free_bytes(place.device)
    if free_bytes is None:
        return True
    stored_bytes = sum(
        shard.stat().st_size for path in checkpoints for shard in layout.shards_of(path)
    )
    return stored_bytes + _WORKSPACE_BYTES <= free_bytes


def batch_count_for(place: Placement) -> int:
    """The batch size that is fast at a placement, and fits beside models that are loaded."""
    if place.device.type != "cpu":
        return _CLIPS_OF_GPU
    free_bytes = _free_bytes(place.device)
    if place.dtype != torch.bfloat16 or free_bytes is None:
        return _CLIPS_OF_CPU
    fitting_count = free_bytes // _FREE_SHARE // _CLIP_BYTES
    return max(_CLIPS_OF_CPU, min(_MOST_CLIPS_OF_CPU, fitting_count))


def _free_bytes(device: torch.device) -> int | None:
    if device.type == "cuda":
        free_bytes, _ = torch.cuda.mem_get_info(device)
        return free_bytes
    return available_bytes()
