"""What memory has room for: both models or one at a time, and how many clips at once."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import torch

from qasr_cli.checkpoints import layout
from qasr_cli.checkpoints.catalog import Model, Role
from qasr_cli.checkpoints.weights import read_header
from qasr_cli.engines.memory import available_bytes
from qasr_cli.engines.qwen.device import Placement, free_bytes_on

# Beside the weights: the cache of answers, and the largest layer at work.
_WORKSPACE_BYTES = 1 << 30
# A CPU with units for bfloat16 goes on gaining: a step of 64 rows reads as many weights as one of
# 8, and hardly computes longer. In other formats it has gained most of what a batch gives at 8.
_CLIPS_OF_CPU = 8
_MOST_CLIPS_OF_CPU = 64
# A GPU gains until what it computes a step takes as long as reading the weights does; an estimate.
_MOST_CLIPS_OF_GPU = 256
# Every step is one of all rows, and their number may not follow whatever memory is free.
_MOST_INVARIANT_CLIPS = 32
# With fewer rows than this beside both models, each model alone with more of them is faster, though
# it is loaded again for every window; an estimate.
_FEW_ROWS = 8
# Of the published shapes: keys and values of 28 layers with 8 heads of 128 numbers, for the longest
# answer to a clip of 30 s, 1,050 positions.
_CLIP_BYTES = 1050 * 28 * 2 * 8 * 128 * 2
# Those positions in whole buckets of a GPU's cache.
_POSITIONS_OF_ROW = 1280
# Of the memory that is free the answers may take one part in so many.
_FREE_SHARE = 4
# Source: https://github.com/huggingface/safetensors#format.
_DTYPES = {"BF16": torch.bfloat16, "F16": torch.float16, "F32": torch.float32}
_EMBEDDINGS = "embed_tokens.weight"
_HEAD = "lm_head.weight"
# Of the text model, where a configuration leaves it out: the published shape.
_LAYER_COUNT, _KEY_HEAD_COUNT, _HEAD_DIM = 28, 8, 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What models take on a GPU.

    Attributes:
        recogniser_bytes, aligner_bytes: weights as they are held; 0 = there is no aligner.
        row_bytes: keys and values of the longest answer to a clip of 30 s.
        work_bytes: what the largest layer takes while it works.
    """

    recogniser_bytes: int
    aligner_bytes: int
    row_bytes: int
    work_bytes: int = _WORKSPACE_BYTES

    @property
    def least_bytes(self) -> int:
        """Free memory that is enough to work at all: one model at a time, one answer."""
        return max(self.recogniser_bytes + self.row_bytes, self.aligner_bytes) + self.work_bytes

    @property
    def both_bytes(self) -> int:
        """Free memory from which on both models stay."""
        rows_bytes = _FEW_ROWS * self.row_bytes
        return self.recogniser_bytes + self.aligner_bytes + rows_bytes + self.work_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Residence:
    """Which models stay on a GPU, and how many answers it makes at once.

    Attributes:
        both_stay: False = each is loaded when its turn comes.
        row_count: answers at once; 0 = not even one fits.
    """

    both_stay: bool
    row_count: int


def residence(free_bytes: int, need: Need, *, wanted_count: int = _FEW_ROWS) -> Residence:
    """The plan for a GPU with so much free memory, before anything is loaded.

    Args:
        wanted_count: answers at once for which one model need not make room for the other.

    >>> need = Need(recogniser_bytes=4 << 30, aligner_bytes=2 << 30, row_bytes=140 << 20)
    >>> [residence(free << 30, need) for free in (7, 22)]  # doctest: +NORMALIZE_WHITESPACE
    [Residence(both_stay=False, row_count=14), Residence(both_stay=True, row_count=109)]
    """
    beside_both = row_count(free_bytes - need.recogniser_bytes - need.aligner_bytes, need)
    alone = row_count(free_bytes - need.recogniser_bytes, need)
    both_stay = beside_both >= min(wanted_count, alone) and beside_both > 0
    return Residence(both_stay=both_stay, row_count=beside_both if both_stay else alone)


def row_count(free_bytes: int, need: Need) -> int:
    """Answers at once that fit into memory which the weights leave free."""
    return max(0, min(_MOST_CLIPS_OF_GPU, (free_bytes - need.work_bytes) // need.row_bytes))


def published_need(models: Iterable[Model], dtype: torch.dtype) -> Need:
    """What models of the catalog take on a GPU, whether they are on this machine or not."""
    weight_bytes = {"recogniser": 0, "aligner": 0}
    for model in models:
        weight_bytes[model.role] += model.parameter_count * dtype.itemsize
    return Need(
        recogniser_bytes=weight_bytes["recogniser"],
        aligner_bytes=weight_bytes["aligner"],
        row_bytes=_row_bytes({}, dtype),
        work_bytes=_work_bytes(dtype),
    )


def need_of(recogniser: Path, aligner: Path | None, dtype: torch.dtype) -> Need:
    """What checkpoints take on a GPU in a number format."""
    return Need(
        recogniser_bytes=held_bytes(recogniser, "recogniser", dtype),
        aligner_bytes=0 if aligner is None else held_bytes(aligner, "aligner", dtype),
        row_bytes=_row_bytes(_text_config(recogniser), dtype),
        work_bytes=_work_bytes(dtype),
    )


def _row_bytes(text_config: dict[str, Any], dtype: torch.dtype) -> int:
    """Keys and values of a row, of the published shape where the configuration leaves it out."""
    layer_count = int(text_config.get("num_hidden_layers", _LAYER_COUNT))
    head_count = int(text_config.get("num_key_value_heads", _KEY_HEAD_COUNT))
    head_dim = int(text_config.get("head_dim", _HEAD_DIM))
    return _POSITIONS_OF_ROW * 2 * layer_count * head_count * head_dim * dtype.itemsize


def _work_bytes(dtype: torch.dtype) -> int:
    return _WORKSPACE_BYTES * dtype.itemsize // torch.bfloat16.itemsize


def held_bytes(checkpoint: Path, role: Role, dtype: torch.dtype) -> int:
    """What the weights of a checkpoint take on a GPU in a number format.

    Embeddings keep the format of the file; a head that shares them is a second copy in any other.
    """
    stored = list(_stored(checkpoint))
    is_tied = role == "recogniser" and (
        bool(_text_config(checkpoint).get("tie_word_embeddings"))
        or not any(name.endswith(_HEAD) for name, _ in stored)
    )
    total_bytes = 0
    for name, tensor in stored:
        worked_bytes = prod(tensor["shape"]) * dtype.itemsize
        if name.endswith(_EMBEDDINGS):
            first, after = tensor["data_offsets"]
            total_bytes += after - first
            if is_tied and _DTYPES.get(tensor["dtype"]) != dtype:
                total_bytes += worked_bytes
        elif not (is_tied and name.endswith(_HEAD)):
            total_bytes += worked_bytes
    return total_bytes


def _stored(checkpoint: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name of every weight in a folder's files, and what their headers say of it."""
    for shard in layout.shards_of(checkpoint):
        for name, tensor in json.loads(read_header(shard)).items():
            if name != "__metadata__":
                yield name, tensor


def _text_config(checkpoint: Path) -> dict[str, Any]:
    """The text model's part of a configuration of either layout."""
    config = layout.read_config(checkpoint)
    text: dict[str, Any] = config.get("thinker_config", config).get("text_config", {})
    if "tie_word_embeddings" in config:  # which counts, in the native layout
        text = {**text, "tie_word_embeddings": config["tie_word_embeddings"]}
    return text


def fit_together(checkpoints: Sequence[Path], place: Placement) -> bool:
    """Whether models fit side by side into main memory; True where free memory is unknown."""
    free_bytes = _free_bytes(place.device)
    if free_bytes is None:
        return True
    stored_bytes = sum(
        shard.stat().st_size for path in checkpoints for shard in layout.shards_of(path)
    )
    return stored_bytes + _WORKSPACE_BYTES <= free_bytes


def batch_count_for(place: Placement, need: Need | None = None) -> int:
    """The batch size that is fast at a placement, and fits beside models that are loaded.

    Args:
        need: of the models, on a GPU.
    """
    if need is not None:
        most = _MOST_INVARIANT_CLIPS if place.is_batch_invariant else _MOST_CLIPS_OF_GPU
        return max(1, min(most, row_count(free_bytes_on(place.device), need)))
    free_bytes = _free_bytes(place.device)
    if place.dtype != torch.bfloat16 or free_bytes is None:
        return _CLIPS_OF_CPU
    fitting_count = free_bytes // _FREE_SHARE // _CLIP_BYTES
    return max(_CLIPS_OF_CPU, min(_MOST_CLIPS_OF_CPU, fitting_count))


def _free_bytes(device: torch.device) -> int | None:
    return free_bytes_on(device) if device.type == "cuda" else available_bytes()
