"""Keys and values of answers in the making, in memory that is taken once."""

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


class _Block:
    """Keys or values of one layer, at the beginning of memory that could hold more positions.

    On a CPU pages that are never written are never taken.

    Args:
        memory: without a shape.
        shape: rows, heads, positions, dim.
        lies_across: dim and positions change places in memory.
    """

    def __init__(
        self, memory: torch.Tensor, shape: tuple[int, int, int, int], *, lies_across: bool
    ) -> None:
        self._memory = memory
        self._lies_across = lies_across
        self.array = self._laid_out(memory, shape)

    def resize(self, position_count: int, *, row_count: int, spare: torch.Tensor) -> torch.Tensor:
        """Move the first rows to `spare`, cut or with zeros at their end.

        Returns:
            The memory that it gave up.
        """
        row_limit, head_count, old_count, dim = self.array.shape
        old = self.array[:row_count]
        self.array = self._laid_out(spare, (row_limit, head_count, position_count, dim))
        kept_count = min(old_count, position_count)
        self.array[:row_count, :, :kept_count] = old[:, :, :kept_count]
        self.array[:row_count, :, kept_count:] = 0
        spare, self._memory = self._memory, spare
        return spare

    def _laid_out(self, memory: torch.Tensor, shape: tuple[int, int, int, int]) -> torch.Tensor:
        row_count, head_count, position_count, dim = shape
        used = memory[: row_count * head_count * position_count * dim]
        if self._lies_across:
            return used.view(row_count, head_count, dim, position_count).transpose(2, 3)
        return used.view(shape)


class Cache:
    """One row an answer; rows are of different lengths, and the living ones come first.

    Args:
        shape: layers, key heads, dim.
        row_count, capacity: most rows, and most positions of a row.
        bucket: rows are laid out for as many positions as the longest one needs, rounded up to a
            multiple of this, so that all of them lie in one piece; None = for all positions from
            the start, at addresses that never change.

    Attributes:
        comes_first: keys and values are the first operands of products, and lie as those should.
    """

    def __init__(
        self,
        placement: Placement,
        shape: tuple[int, int, int],
        *,
        row_count: int,
        capacity: int,
        bucket: int | None = None,
    ) -> None:
        self.row_count = row_count
        self.capacity = capacity
        self._bucket = bucket
        self._held_count = capacity if bucket is None else 0
        self._placement = placement
        layer_count, head_count, dim = shape
        self._size = row_count * head_count * dim * capacity
        # A weight of 0 on what lies beyond a row's length must give 0: see `_memory` and `fill`.
        # Kernels read a first operand by rows at the speed of memory, and lay a second one out for
        # themselves beforehand (oneDNN, 32 rows, two threads: 3.1 ms a layer in place of 4.5). But
        # those for float32 want few rows in the first and many columns in the second (MKL, 8 rows,
        # one thread: 2.3 ms in place of 4.7).
        self.comes_first = placement.is_bfloat16_on_cpu
        held_shape = (row_count, head_count, self._held_count, dim)
        self._layers = [
            (
                _Block(self._memory(), held_shape, lies_across=not self.comes_first),
                _Block(self._memory(), held_shape, lies_across=self.comes_first),
            )
            for _ in range(layer_count)
        ]
        self._spare = None if bucket is None else self._memory()
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
        self._fit(moved_count=first)
        return range(first, len(self._lengths))

    def fill(
        self, layer: int, rows: range, k: torch.Tensor, v: torch.Tensor, lengths: Sequence[int]
    ) -> None:
        """Write whole sequences, one a row; k and v have shape (positions, key heads, dim)."""
        keys, values = self._arrays(layer)
        first = 0
        for row, length in zip(rows, lengths, strict=True):
            after = first + length
            keys[row, :, :length] = k[first:after].transpose(0, 1)
            values[row, :, :length] = v[first:after].transpose(0, 1)
            if self._bucket is not None:  # else they are zeros from the start
                values[row, :, length:] = 0
            first = after

    def wipe_row(self, row: int) -> None:
        """Zero a row whose numbers overflowed, so that no later row of its place meets them."""
        for layer in self._layers:
            for block in layer:
                block.array[row] = 0

    def drop_row(self, row: int) -> None:
        """Give a row up; the last one takes its place."""
        last = len(self._lengths) - 1
        length = self._lengths.pop()
        if row != last:
            for layer in self._layers:
                for block in layer:
                    block.array[row, :, :length] = block.array[last, :, :length]
            self._lengths[row] = length

    def lengthen(self, position_count: int) -> None:
        """Count positions that were written in every row."""
        self._lengths = [length + position_count for length in self._lengths]

    def advance(self) -> Slots:
        """Make room for one more position in every row."""
        places = torch.tensor(self._lengths).to(self.device, non_blocking=True)
        self.lengthen(1)
        self._fit(moved_count=len(self._lengths))
        longest = max(self._lengths) if self._bucket is None else self._held_count
        return self.slots(places, longest, is_ragged=min(self._lengths) != longest)

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
            All keys and all values, shape (rows, key heads, longest, dim).
        """
        keys, values = self._arrays(layer)
        keys[slots.rows, :, slots.places] = k
        values[slots.rows, :, slots.places] = v
        row_count = len(slots.rows)
        return keys[:row_count, :, : slots.longest], values[:row_count, :, : slots.longest]

    def _arrays(self, layer: int) -> tuple[torch.Tensor, torch.Tensor]:
        keys, values = self._layers[layer]
        return keys.array, values.array

    def _memory(self) -> torch.Tensor:
        """What the keys, or the values, of one layer may take."""
        make = torch.zeros if self._bucket is None else torch.empty
        return make(self._size, device=self._placement.device, dtype=self._placement.dtype)

    def _fit(self, *, moved_count: int) -> None:
        """Lay rows out for the longest one, and for little more: all of it is looked at.

        Args:
            moved_count: rows, the first ones, in which something is written.
        """
        if self._bucket is None or self._spare is None:
            return
        longest = max(self._lengths)
        held_count = min(longest + -longest % self._bucket, self.capacity)
        if held_count == self._held_count:
            return
        self._held_count = held_count
        for layer in self._layers:
            for block in layer:
                self._spare = block.resize(held_count, row_count=moved_count, spare=self._spare)
