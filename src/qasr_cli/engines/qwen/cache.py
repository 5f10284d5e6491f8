"""Keys and values of answers in the making, in memory that is taken once."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from qasr_cli.engines.qwen.device import Placement


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Slots:
    """Where one more position of each of a cache's first rows goes, and what it attends to.

    Attributes:
        rows, places: shape (rows,).
        longest: positions of every row that are looked at.
        is_hidden: which of these are hidden from each row, shape (rows, 1, 1, longest); None
            where none is.
    """

    rows: torch.Tensor
    places: torch.Tensor
    longest: int
    is_hidden: torch.Tensor | None


class Cache:
    """One row an answer; rows are of different lengths, and the living ones come first.

    Args:
        shape: layers, key heads, dim.
        row_count, capacity: most rows, and most positions of a row.
    """

    def __init__(
        self, placement: Placement, shape: tuple[int, int, int], *, row_count: int, capacity: int
    ) -> None:
        self.row_count = row_count
        self.capacity = capacity
        layer_count, head_count, dim = shape
        zeros = functools.partial(torch.zeros, device=placement.device, dtype=placement.dtype)
        # Zeros, because a weight of 0 on what lies beyond a row's length must give 0. On a CPU
        # pages that are never written are never taken. Keys lie across (dim, positions), because
        # so a few queries are compared with all keys at the speed of memory.
        self._layers = [
            (
                zeros(row_count, head_count, dim, capacity),
                zeros(row_count, head_count, capacity, dim),
            )
            for _ in range(layer_count)
        ]
        self._numbers = torch.arange(max(row_count, capacity), device=placement.device)
        self._lengths: list[int] = []

    def __len__(self) -> int:
        return len(self._lengths)

    @property
    def device(self) -> torch.device:
        """Where it lies."""
        return self._numbers.device

    def has_room(self, row_count: int, capacity: int) -> bool:
        """Whether it is at least so large."""
        return row_count <= self.row_count and capacity <= self.capacity

    @property
    def lengths(self) -> tuple[int, ...]:
        """Positions that every row holds."""
        return tuple(self._lengths)

    def add_rows(self, lengths: Sequence[int]) -> range:
        """The numbers of new rows behind the others; `fill` them."""
        first = len(self._lengths)
        self._lengths.extend(lengths)
        return range(first, len(self._lengths))

    def fill(
        self, layer: int, rows: range, k: torch.Tensor, v: torch.Tensor, lengths: Sequence[int]
    ) -> None:
        """Write whole sequences, one a row; k and v have shape (positions, key heads, dim)."""
        keys, values = self._layers[layer]
        first = 0
        for row, length in zip(rows, lengths, strict=True):
            after = first + length
            keys[row, :, :, :length] = k[first:after].permute(1, 2, 0)
            values[row, :, :length] = v[first:after].transpose(0, 1)
            first = after

    def wipe_row(self, row: int) -> None:
        """Zero a row whose numbers overflowed, so that no later row of its place meets them."""
        length = self._lengths[row]
        for keys, values in self._layers:
            keys[row, :, :, :length] = 0
            values[row, :, :length] = 0

    def drop_row(self, row: int) -> None:
        """Give a row up; the last one takes its place."""
        last = len(self._lengths) - 1
        length = self._lengths.pop()
        if row != last:
            for keys, values in self._layers:
                keys[row, :, :, :length] = keys[last, :, :, :length]
                values[row, :, :length] = values[last, :, :length]
            self._lengths[row] = length

    def lengthen(self, position_count: int) -> None:
        """Count positions that were written in every row."""
        self._lengths = [length + position_count for length in self._lengths]

    def advance(self) -> Slots:
        """Make room for one more position in every row."""
        lengths = torch.tensor(self._lengths).to(self.device, non_blocking=True)
        is_ragged = min(self._lengths) != max(self._lengths)
        self.lengthen(1)
        return self.slots(lengths, max(self._lengths), is_ragged=is_ragged)

    def slots(self, places: torch.Tensor, longest: int, *, is_ragged: bool = True) -> Slots:
        """One position each for the first rows, at any place below `longest`."""
        is_hidden = None
        if is_ragged:
            is_hidden = (self._numbers[:longest] > places[:, None])[:, None, None]
        rows = self._numbers[: len(places)]
        return Slots(rows=rows, places=places, longest=longest, is_hidden=is_hidden)

    def append(
        self, layer: int, slots: Slots, k: torch.Tensor, v: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Write one position in every row.

        Returns:
            All keys, shape (rows, key heads, dim, longest), and all values, shape (rows, key
            heads, longest, dim).
        """
        keys, values = self._layers[layer]
        keys[slots.rows, :, :, slots.places] = k
        values[slots.rows, :, slots.places] = v
        row_count = len(slots.rows)
        return keys[:row_count, :, :, : slots.longest], values[:row_count, :, : slots.longest]
