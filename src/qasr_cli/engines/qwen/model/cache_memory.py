"""The memory of a cache on a CPU: keys and values of every layer, laid out anew as rows grow."""

from collections.abc import Sequence

import torch

from qasr_cli.engines.qwen.device import Placement
from qasr_cli.engines.qwen.model.attention.cached import products_for
from qasr_cli.engines.qwen.model.heads import Heads, across
from qasr_cli.engines.qwen.model.rows import FreshRows, held_count_for


class _Block:
    """Keys or values of one layer, at the start of memory that could hold more positions.

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

    def begin_row(self, row: int, x: torch.Tensor) -> None:
        """Write the first positions of a row, shape (positions, heads, dim)."""
        begun = self.array[row, :, : len(x)]
        if self._lies_across:
            begun.transpose(1, 2).copy_(across(x.to(begun.dtype)))
        else:
            begun.copy_(x.transpose(0, 1))

    def _laid_out(self, memory: torch.Tensor, shape: tuple[int, int, int, int]) -> torch.Tensor:
        row_count, head_count, position_count, dim = shape
        used = memory[: row_count * head_count * position_count * dim]
        if self._lies_across:
            return used.view(row_count, head_count, dim, position_count).transpose(2, 3)
        return used.view(shape)


class CacheMemory:
    """Keys and values of every layer, for as many positions as the longest row needs.

    Args:
        shape: layers, key heads, dim.
        row_count, capacity: most rows, and most positions of a row.
        bucket: as in `Cache`.

    Attributes:
        products: what multiplies with it; it lies as these read it.
        is_fixed: all of it begins as zeros and never moves.
        held_count: positions of a row that it is laid out for.
    """

    def __init__(
        self,
        placement: Placement,
        shape: tuple[int, int, int],
        *,
        row_count: int,
        capacity: int,
        bucket: int | None,
    ) -> None:
        self.is_fixed = bucket is None
        self.held_count = capacity if bucket is None else 0
        self._capacity = capacity
        self._bucket = bucket
        self._placement = placement
        layer_count, head_count, dim = shape
        self._position_size = row_count * head_count * dim
        self.products = products_for(placement)
        held_shape = (row_count, head_count, self.held_count, dim)
        self._layers = [
            (
                _Block(self._allocated(), held_shape, lies_across=not self.products.come_first),
                _Block(self._allocated(), held_shape, lies_across=self.products.come_first),
            )
            for _ in range(layer_count)
        ]
        self._spare = self._allocated()

    def layer(self, number: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Keys and values of a layer, shape (rows, key heads, held positions, dim)."""
        keys, values = self._layers[number]
        return keys.array, values.array

    def ragged_rows(self, _: torch.Tensor) -> None:
        """Nobody takes rows of any lengths here."""

    def write_sequences(self, layer: int, fresh: FreshRows, _: torch.Tensor, heads: Heads) -> None:
        """Write whole sequences, one a row."""
        _, values = self.layer(layer)
        first = 0
        for row, length in zip(fresh.numbers, fresh.lengths, strict=True):
            after = first + length
            for block, each in zip(self._layers[layer], (heads.k, heads.v), strict=True):
                block.begin_row(row, each[first:after])
            if not self.is_fixed:  # else they are zeros from the start
                values[row, :, length:] = 0
            first = after

    def write(self, layer: int, rows: torch.Tensor, places: torch.Tensor, heads: Heads) -> None:
        """Write positions, each at its place in its row."""
        keys, values = self.layer(layer)
        keys[rows, :, places] = heads.k.to(keys.dtype)
        values[rows, :, places] = heads.v.to(keys.dtype)

    def wipe_row(self, row: int) -> None:
        """Zero a row in every layer."""
        for layer in self._layers:
            for block in layer:
                block.array[row] = 0

    def copy_row(self, source: int, target: int, length: int) -> None:
        """Copy the first positions of a row to another one, in every layer."""
        for layer in self._layers:
            for block in layer:
                block.array[target, :, :length] = block.array[source, :, :length]

    def fit(self, lengths: Sequence[int], *, moved_count: int) -> None:
        """Lay rows out for the longest one, and for little more: all of it is looked at.

        Args:
            lengths: of the rows, in positions.
            moved_count: rows, the first ones, in which something is written.
        """
        if self._bucket is None:
            return
        held_count = held_count_for(lengths, bucket=self._bucket, capacity=self._capacity)
        if held_count == self.held_count:
            return
        self.held_count = held_count
        for layer in self._layers:
            for block in layer:
                self._spare = block.resize(held_count, row_count=moved_count, spare=self._spare)

    def _allocated(self) -> torch.Tensor:
        """What the keys, or the values, of one layer may take, without a shape."""
        # A weight of 0 on what lies beyond a row's length must give 0, so nothing there may be NaN:
        # see also `write_sequences` and `_Block.resize`. Pages that are never written are never
        # taken, so it has all from the start.
        make = torch.zeros if self._bucket is None else torch.empty
        return make(
            self._position_size * self._capacity,
            device=self._placement.device,
            dtype=self._placement.attention_dtype,
        )
