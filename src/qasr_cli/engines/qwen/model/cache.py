"""Key-value cache: keys and values of the answers being generated.

Its memory is taken once.
"""

import functools
import itertools
from collections.abc import Callable, Sequence

import torch

from qasr_cli.engines.qwen.device import Placement, sent
from qasr_cli.engines.qwen.model.cache_memory import CacheMemory
from qasr_cli.engines.qwen.model.heads import Heads
from qasr_cli.engines.qwen.model.joint_memory import JointMemory
from qasr_cli.engines.qwen.model.rows import FreshRows, Slots, slots_ahead

_NEW_NAMES = itertools.count()


class Cache:
    """Keys and values of answers in the making, one row an answer, each of its own length.

    Args:
        shape: layers, key heads, dim.
        row_count, capacity: most rows, and most positions of a row.
        bucket: rows are laid out for as many positions as the longest one needs, rounded up to a
            multiple of this, so that all of them lie in one piece; None = for all positions from
            the start, at addresses that never change. A GPU's memory is taken as it is needed.
        takes_any_lengths: what attends to it takes rows of any lengths, on a GPU.

    Attributes:
        products: what multiplies with it; it lies as these read it.
    """

    def __init__(
        self,
        placement: Placement,
        shape: tuple[int, int, int],
        *,
        row_count: int,
        capacity: int,
        bucket: int | None = None,
        takes_any_lengths: bool = False,
    ) -> None:
        self.row_count = row_count
        self.capacity = capacity
        make: Callable[..., JointMemory | CacheMemory] = CacheMemory
        if placement.device.type == "cuda":
            make = functools.partial(JointMemory, takes_any_lengths=takes_any_lengths)
        self._memory = make(placement, shape, row_count=row_count, capacity=capacity, bucket=bucket)
        self.products = self._memory.products
        self._numbers = torch.arange(max(row_count, capacity), device=placement.device)
        self._lengths: list[int] = []
        self._names: list[int] = []

    def __len__(self) -> int:
        return len(self._lengths)

    @property
    def device(self) -> torch.device:
        """The device that holds it."""
        return self._numbers.device

    def has_room(self, row_count: int, capacity: int) -> bool:
        """Whether it is at least so large."""
        return row_count <= self.row_count and capacity <= self.capacity

    @property
    def lengths(self) -> tuple[int, ...]:
        """Positions that every row holds."""
        return tuple(self._lengths)

    @property
    def names(self) -> tuple[int, ...]:
        """Of every row a number that no other one of any cache has had, wherever it moves."""
        return tuple(self._names)

    def add_rows(self, lengths: Sequence[int]) -> FreshRows:
        """New rows behind the others; `fill` them."""
        first = len(self._lengths)
        self._lengths.extend(lengths)
        self._names.extend(next(_NEW_NAMES) for _ in lengths)
        self._memory.fit(self._lengths, moved_count=first)
        numbers = range(first, len(self._lengths))
        of_positions = torch.tensor(numbers).repeat_interleave(torch.tensor(lengths))
        return FreshRows(
            numbers=numbers, lengths=lengths, of_positions=sent(of_positions, self.device)
        )

    def fill(self, layer: int, fresh: FreshRows, places: torch.Tensor, heads: Heads) -> None:
        """Write whole sequences, one a row.

        Args:
            places: of all their positions.
            heads: at these.
        """
        self._memory.write_sequences(layer, fresh, places, heads)

    def wipe_row(self, row: int) -> None:
        """Zero a row whose numbers overflowed, so that no later row of its place meets them."""
        self._memory.wipe_row(row)

    def truncate(self, row: int, length: int) -> None:
        """Let a row hold its first positions only; the others are hidden by its length."""
        self._lengths[row] = length

    def drop_row(self, row: int) -> None:
        """Give a row up; the last one takes its place."""
        last = len(self._lengths) - 1
        length, name = self._lengths.pop(), self._names.pop()
        if row != last:
            self._memory.copy_row(last, row, length)
            self._lengths[row], self._names[row] = length, name

    def lengthen(self, position_count: int) -> None:
        """Count positions that were written in every row."""
        self._lengths = [length + position_count for length in self._lengths]

    def lengthen_row(self, row: int, position_count: int) -> None:
        """Count positions that were written in one row."""
        self._lengths[row] += position_count

    def advance(self) -> Slots:
        """Make room for one more position in every row."""
        places = sent(torch.tensor(self._lengths), self.device)
        self.lengthen(1)
        self._memory.fit(self._lengths, moved_count=len(self._lengths))
        longest = max(self._lengths) if self._memory.is_fixed else self._memory.held_count
        return self.slots(places, longest, is_ragged=min(self._lengths) != longest)

    def room_ahead(self, position_count: int) -> Slots:
        """Make room for so many more positions of every row, one row's after the other's.

        They are not counted; `lengthen_row` says afterwards how many a row keeps.
        """
        afters = [length + position_count for length in self._lengths]
        self._memory.fit(afters, moved_count=len(self._lengths))
        return slots_ahead(self._lengths, position_count, held_count=self._memory.held_count)

    def slots(self, places: torch.Tensor, longest: int, *, is_ragged: bool = True) -> Slots:
        """One position each for the first rows, at any place below `longest`."""
        ragged = self._memory.ragged_rows(places)
        is_hidden = None
        if is_ragged and ragged is None:
            is_hidden = (self._numbers[:longest] > places[:, None])[:, None, None]
        return Slots(
            rows=self._numbers[: len(places)],
            places=places,
            longest=longest,
            is_hidden=is_hidden,
            ragged=ragged,
        )

    def append(self, layer: int, slots: Slots, heads: Heads) -> None:
        """Write one position in every row."""
        self._memory.write(layer, slots.rows, slots.places, heads)

    def held(self, layer: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Keys and values of a layer as they lie, shape (rows, key heads, positions, dim)."""
        return self._memory.layer(layer)

    def looked_at(self, layer: int, slots: Slots) -> tuple[torch.Tensor, torch.Tensor]:
        """Keys and values of the rows of some slots, shape (rows, key heads, longest, dim)."""
        keys, values = self.held(layer)
        rows = slice(slots.first_row, slots.first_row + len(slots.rows))
        return keys[rows, :, : slots.longest], values[rows, :, : slots.longest]
