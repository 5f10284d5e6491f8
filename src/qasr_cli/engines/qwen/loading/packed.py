"""A checkpoint's packed weights: taken from what is kept beside it, or made, and kept.

Those in bfloat16 or of 8 bits as oneDNN lays them out, and those of 4 bits.
"""

import hashlib
import itertools
import logging
import os
import platform
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch

from qasr_cli.checkpoints import kept_weights, layout
from qasr_cli.checkpoints.kept_weights import KeptWeights, Part
from qasr_cli.engines.qwen.device import Placement, has_fbgemm, is_out_of_memory
from qasr_cli.engines.qwen.loading.keeper import Keeper
from qasr_cli.engines.qwen.model import opaque, shelf
from qasr_cli.engines.qwen.model.convolution import stem_placement
from qasr_cli.engines.qwen.model.eight_bits import scaled
from qasr_cli.engines.qwen.model.eight_bits.quantized import EightBits
from qasr_cli.engines.qwen.model.four_bits.quantized import FourBits, size_bytes_of

# Raised whenever a model asks for other weights, or in another order.
_VERSION = _FOURS_VERSION = 1
# Below this they are laid out in no time.
_LEAST_BYTES = 256 << 20
_CPUINFO = "/proc/cpuinfo"
# Of all that Linux lists, what kernels multiply with: a newer Linux has more words for the rest.
_INSTRUCTIONS = re.compile(r"(?:avx|amx|fma|f16c|sse)\w*")
_HELD_TO = ("ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA")
_DIGITS = 12

_Model = TypeVar("_Model")
_log = logging.getLogger(__name__)


class _Mismatch(Exception):
    """Other weights are kept than the model asks for."""


class _Row:
    """Weights of one kind, in the order in which a model asks for them: those of a file, or new."""

    def __init__(self, checkpoint: Path, kind: str, name: str) -> None:
        self._checkpoint, self._kind, self._name = checkpoint, kind, kind + name
        self.kept: KeptWeights | None = kept_weights.find(checkpoint, self._name)
        self._asked_count = 0
        self._is_stale = False
        self._made: list[tuple[Part, memoryview]] = []
        self._alive: list[object] = []

    @property
    def can_be_kept(self) -> bool:
        """Whether there is a place for as much as the checkpoint itself takes."""
        return kept_weights.can_keep(self._checkpoint, _stored_bytes(self._checkpoint))

    def clear(self) -> None:
        """Have all weights made anew, and kept in place of those that do not do."""
        self._is_stale = self.kept is not None
        self.kept, self._asked_count = None, 0
        self._made.clear()
        self._alive.clear()

    def next_kept(self, kept: KeptWeights, shape: tuple[int, int]) -> tuple[Part, int]:
        """What is kept of the next one, and where it begins.

        Raises:
            _Mismatch: it has another shape, or there is none.
        """
        number, self._asked_count = self._asked_count, self._asked_count + 1
        if number >= len(kept.parts) or kept.parts[number].shape != shape:
            raise _Mismatch
        return kept.parts[number], kept.offsets[number]

    def remember(self, part: Part, numbers: memoryview, weight: object) -> None:
        """Have a new weight kept later on; its numbers lie there as long as it lives."""
        self._made.append((part, numbers))
        self._alive.append(weight)

    def keep(self, goes_on: Callable[[], bool]) -> None:
        """Keep what was made, if anything was; holds it until then."""
        if not self._made:
            return
        is_kept = kept_weights.keep(
            *(self._checkpoint, self._name, self._made),
            replaces=self._kind,
            anew=self._is_stale,
            goes_on=goes_on,
        )
        told = "kept" if is_kept else "not kept"
        _log.debug("%s: packed weights (%s) are %s", self._checkpoint, self._kind, told)


class _Shelf:
    """Kept weights, each kind in a file of its own: who needs no 4-bit weights makes none."""

    def __init__(self, layouts: _Row, fours: _Row) -> None:
        self._layouts, self._fours = layouts, fours

    @property
    def is_filled(self) -> bool:
        """Whether nothing is laid out; 4-bit weights may still have to be made."""
        return self._layouts.kept is not None

    @property
    def has_four_bits(self) -> bool:
        """Whether those of 4 bits are kept, or can be, together with what is not kept yet."""
        return self._fours.kept is not None or self._fours.can_be_kept

    def laid_out(self, shape: tuple[int, int], lay_out: Callable[[], torch.Tensor]) -> torch.Tensor:
        """The next one as oneDNN lays it out."""
        kept = self._layouts.kept
        if kept is not None:
            return _over(kept, *self._layouts.next_kept(kept, shape), torch.bfloat16)
        packed = lay_out()
        self._remember_laid_out(shape, packed)
        return packed

    def eight_bits(self, shape: tuple[int, int], lay_out: Callable[[], EightBits]) -> EightBits:
        """The next one of 8 bits; its scales stand behind it."""
        kept, across, scales_shape = self._layouts.kept, shape[::-1], (shape[0], 1)
        if kept is not None:
            packed = _over(kept, *self._layouts.next_kept(kept, across), torch.int8)
            part, offset = self._layouts.next_kept(kept, scales_shape)
            if part.size_bytes != shape[0] * np.dtype(np.float32).itemsize:
                raise _Mismatch
            scales = np.frombuffer(kept.memory, np.float32, shape[0], offset)
            return EightBits(packed=packed, scales=torch.tensor(scales))
        made = lay_out()
        self._remember_laid_out(across, made.packed)
        written_scales = made.scales.numpy().data.cast("B")
        part = Part(shape=scales_shape, layout=b"", size_bytes=len(written_scales))
        self._layouts.remember(part, written_scales, made.scales)
        return made

    def four_bits(self, shape: tuple[int, int], quantize: Callable[[], FourBits]) -> FourBits:
        """The next one of 4 bits."""
        kept, size_bytes = self._fours.kept, size_bytes_of(shape)
        if kept is not None:
            part, offset = self._fours.next_kept(kept, shape)
            if part.size_bytes != size_bytes:
                raise _Mismatch
            data = np.frombuffer(kept.memory, np.uint8, size_bytes, offset)
            return FourBits(shape=shape, data=data)
        made = quantize()
        part = Part(shape=shape, layout=b"", size_bytes=size_bytes)
        self._fours.remember(part, made.data.data, made)
        return made

    def _remember_laid_out(self, shape: tuple[int, int], packed: torch.Tensor) -> None:
        written, numbers = opaque.bytes_of(packed)
        part = Part(shape=shape, layout=written, size_bytes=len(numbers))
        self._layouts.remember(part, numbers, packed)


def _over(kept: KeptWeights, part: Part, offset: int, dtype: torch.dtype) -> torch.Tensor:
    """A kept weight as oneDNN lays it out.

    Raises:
        _Mismatch: its layout has more or fewer numbers than are kept.
    """
    rows, columns = part.shape
    weight = opaque.over(
        kept.memory, offset, shape=(rows, columns), layout=part.layout, dtype=dtype
    )
    if opaque.size_bytes_of(weight) != part.size_bytes:
        raise _Mismatch
    return weight


def with_kept_weights(
    make: Callable[[], _Model],
    *,
    checkpoint: Path,
    fingerprint: str,
    place: Placement,
    keeper: Keeper,
    stamps: Sequence[str] | None = None,
) -> _Model:
    """A model whose weights are taken from what is kept, or kept from now on where that can be.

    Args:
        make: reads the checkpoint and makes the model.
        fingerprint: of the checkpoint.
        keeper: keeps them.
        stamps: of the checkpoint's files, if these are read already: as they were before that.
    """
    if not _is_worth_it(checkpoint, place):
        return make()
    stamps = fingerprint, *(stamps or stamps_of(checkpoint))
    numbers = "int8" if place.is_int8 else str(place.dtype).removeprefix("torch.")
    kind = f"{numbers}-{_processor_kind()}-"
    version = str(_VERSION) if stem_placement(place) == place else f"{_VERSION} bfloat16 stem"
    layouts = _Row(checkpoint, kind, _digest(*stamps, torch.__version__, version))
    fours = _Row(checkpoint, "int4-", _digest(*stamps, str(_FOURS_VERSION)))
    rows, stand = (layouts, fours), _Shelf(layouts, fours)
    try:
        with shelf.taking_from(stand):
            model = make()
    except (_Mismatch, RuntimeError) as error:
        if all(row.kept is None for row in rows) or is_out_of_memory(error):
            raise
        _log.debug("%s: packed weights are made anew: %r", checkpoint, error)
        for row in rows:
            row.clear()
        with shelf.taking_from(stand):
            model = make()
    for row in rows:
        keeper.add(row.keep)
    return model


def _is_worth_it(checkpoint: Path, place: Placement) -> bool:
    if _stored_bytes(checkpoint) < _LEAST_BYTES or place.device.type != "cpu":
        return False
    if place.has_onednn:
        return opaque.is_possible()
    if place.is_int8 and scaled.are_onednns():
        is_mixed = stem_placement(place) != place
        return scaled.can_be_kept() and (opaque.is_possible() or not is_mixed)
    # FBGEMM's weights are packed at each start; those of 4 bits, with which its steps are proposed,
    # can be kept.
    return place.dtype == torch.float32 and has_fbgemm()


def _stored_bytes(checkpoint: Path) -> int:
    return sum(shard.stat().st_size for shard in layout.shards_of(checkpoint))


def stamps_of(checkpoint: Path) -> list[str]:
    """Size and last change of each weight file: a fingerprint reads only a part of them.

    The time of the change of its entry, which nobody can set back: who brings another file may
    keep the old one's time of writing.
    """
    files = [shard.stat() for shard in layout.shards_of(checkpoint)]
    return [f"{found.st_size} {found.st_ctime_ns}" for found in files]


def _processor_kind() -> str:
    """Stands for what decides how weights are best laid out: the instructions that are used."""
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
    # What holds oneDNN to older instructions, by its newer and its older name.
    held_to = (f"{name}={os.environ[name]}" for name in _HELD_TO if os.environ.get(name))
    capability = torch.backends.cpu.get_cpu_capability()
    return _digest(platform.machine(), capability, *known, *held_to)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:_DIGITS]
