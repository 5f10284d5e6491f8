"""A checkpoint's packed weights: taken from what is kept beside it, or made, and kept.

Only bfloat16 ones for oneDNN: 8-bit kernels keep theirs where nobody else can get at them.
"""

import hashlib
import itertools
import logging
import platform
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import torch

from qasr_cli.checkpoints import kept_weights, layout
from qasr_cli.checkpoints.kept_weights import KeptWeights, Part
from qasr_cli.engines.qwen.device import Placement
from qasr_cli.engines.qwen.model import opaque, shelf

# Raised whenever a model asks for other weights, or in another order.
_VERSION = 1
# Below this they are laid out in no time.
_LEAST_BYTES = 256 << 20
_CPUINFO = "/proc/cpuinfo"
# Of all that Linux lists, what kernels multiply with: a newer Linux has more words for the rest.
_INSTRUCTIONS = re.compile(r"(?:avx|amx|fma|f16c|sse)\w*")
_DIGITS = 12

_Model = TypeVar("_Model")
_log = logging.getLogger(__name__)


class _Mismatch(Exception):
    """Other weights are kept than the model asks for."""


class _Filled:
    """Weights that are kept."""

    is_filled = True

    def __init__(self, kept: KeptWeights) -> None:
        self._kept = kept
        self._next = 0

    def laid_out(self, shape: tuple[int, int], _: Callable[[], torch.Tensor]) -> torch.Tensor:
        number, self._next = self._next, self._next + 1
        kept = self._kept
        if number >= len(kept.parts) or kept.parts[number].shape != shape:
            raise _Mismatch
        return opaque.over(
            kept.memory, kept.offsets[number], shape=shape, layout=kept.parts[number].layout
        )


class _Empty:
    """Weights that are made now, and remembered until they are kept."""

    is_filled = False

    def __init__(self) -> None:
        self._made: list[tuple[tuple[int, int], torch.Tensor]] = []

    def laid_out(self, shape: tuple[int, int], lay_out: Callable[[], torch.Tensor]) -> torch.Tensor:
        packed = lay_out()
        self._made.append((shape, packed))
        return packed

    def keep(self, checkpoint: Path, name: str, *, replaces: str) -> bool:
        parts = []
        for shape, packed in self._made:
            written, numbers = opaque.bytes_of(packed)
            part = Part(shape=shape, layout=written, size_bytes=len(numbers))
            parts.append((part, numbers))
        return kept_weights.keep(checkpoint, name, parts, replaces=replaces)


def with_kept_weights(
    make: Callable[[], _Model], *, checkpoint: Path, fingerprint: str, place: Placement
) -> _Model:
    """A model whose weights are taken from what is kept, or kept from now on where that can be.

    Args:
        make: reads the checkpoint and makes the model.
        fingerprint: of the checkpoint.
    """
    if not _is_worth_it(checkpoint, place):
        return make()
    kind = f"bfloat16-{_processor_kind()}-"
    name = kind + _digest(fingerprint, *_stamps(checkpoint), torch.__version__, str(_VERSION))
    kept = kept_weights.find(checkpoint, name)
    if kept is not None:
        try:
            with shelf.taking_from(_Filled(kept)):
                return make()
        except (_Mismatch, RuntimeError) as error:
            _log.debug("%s: packed weights are made anew: %r", checkpoint, error)
    empty = _Empty()
    with shelf.taking_from(empty):
        model = make()
    is_kept = empty.keep(checkpoint, name, replaces=kind)
    _log.debug("%s: packed weights are %s", checkpoint, "kept" if is_kept else "not kept")
    return model


def _is_worth_it(checkpoint: Path, place: Placement) -> bool:
    stored_bytes = sum(shard.stat().st_size for shard in layout.shards_of(checkpoint))
    return place.has_onednn and stored_bytes >= _LEAST_BYTES and opaque.is_possible()


def _stamps(checkpoint: Path) -> Iterator[str]:
    """Size and last change of each weight file: a fingerprint reads only a part of them.

    The time of the change of its entry, which nobody can set back: who brings another file may
    keep the old one's time of writing.
    """
    for shard in layout.shards_of(checkpoint):
        found = shard.stat()
        yield f"{found.st_size} {found.st_ctime_ns}"


def _processor_kind() -> str:
    """Stands for what decides how weights are best laid out: the processor's instructions."""
    try:
        with open(_CPUINFO, encoding="utf-8", errors="replace") as file:
            first = itertools.takewhile(str.strip, file)  # all are alike
            lines = [line for line in first if line.startswith(("flags", "model name"))]
    except OSError:
        lines = [platform.processor()]
    known = (
        " ".join(sorted(_INSTRUCTIONS.findall(line))) if line.startswith("flags") else line
        for line in lines
    )
    return _digest(platform.machine(), torch.backends.cpu.get_cpu_capability(), *known)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:_DIGITS]
