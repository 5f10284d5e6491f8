"""The memory of a cache on a GPU: keys and values of a layer in one tensor, which one write fills.

Whatever a row does not hold is zeros, or finite numbers of rows that were there before.
"""

from collections.abc import Sequence

import torch

from qasr_cli.engines.qwen.device import Placement
from qasr_cli.engines.qwen.model.attention.cached import AS_SECOND_OPERANDS
from qasr_cli.engines.qwen.model.heads import Heads
from qasr_cli.engines.qwen.model.rows import FreshRows, RaggedRows, held_count_for


class JointMemory:
    """Keys and values of every layer, for as many positions as the longest row needs.

    Args:
        shape: layers, key heads, dim.
        row_count, capacity: most rows, and most positions of a row.
        bucket, takes_any_lengths: as in `Cache`.

    Attributes:
        products: what multiplies with it.
        is_fixed: it never moves.
        held_count: positions of a row that it is laid out for.
    """

    products = AS_SECOND_OPERANDS

    def __init__(
        self,
        placement: Placement,
        shape: tuple[int, int, int],
        *,
        row_count: int,
        capacity: int,
        bucket: int | None,
        takes_any_lengths: bool,
    ) -> None:
        self.is_fixed = bucket is None
        self.held_count = capacity if bucket is None else 0
        self._capacity = capacity
        self._bucket = bucket
        self._placement = placement
        layer_count, self._head_count, self._dim = shape
        self._row_count = row_count
        self._layers = [self._allocated() for _ in range(layer_count)]
        self._ones: torch.Tensor | None = None
        if takes_any_lengths:
            self._ones = torch.ones(self._head_count, dtype=torch.long, device=placement.device)
        self._numbers = torch.arange(
            row_count * self._head_count + 1, dtype=torch.int32, device=placement.device
        )
        self._starts = self._numbers * self.held_count

    def layer(self, number: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Keys and values of a layer, shape (rows, key heads, held positions, dim)."""
        keys, values = self._layers[number].unbind()
        return keys, values

    def ragged_rows(self, places: torch.Tensor) -> RaggedRows | None:
        """The first rows, whose last positions these are; None where nobody takes them so."""
        if self._ones is None:
            return None
        used_counts = (places[:, None] + self._ones).to(torch.int32).flatten()
        after = len(used_counts) + 1
        return RaggedRows(
            query_ends=self._numbers[:after],
            key_ends=self._starts[:after],
            used_counts=used_counts,
        )

    def write_sequences(
        self, layer: int, fresh: FreshRows, places: torch.Tensor, heads: Heads
    ) -> None:
        """Write whole sequences, one a row."""
        self.write(layer, fresh.of_positions, places, heads)

    def write(self, layer: int, rows: torch.Tensor, places: torch.Tensor, heads: Heads) -> None:
        """Write positions, each at its place in its row."""
        kv = torch.stack([heads.k, heads.v], dim=1) if heads.kv is None else heads.kv
        self._layers[layer][:, rows, :, places] = kv

    def wipe_row(self, row: int) -> None:
        """Zero a row in every layer."""
        for layer in self._layers:
            layer[:, row] = 0

    def copy_row(self, source: int, target: int, length: int) -> None:
        """Copy the first positions of a row to another one, in every layer."""
        for layer in self._layers:
            layer[:, target, :, :length] = layer[:, source, :, :length]

    def fit(self, lengths: Sequence[int], *, moved_count: int) -> None:
        """Take memory for the longest row, or give it back.

        Args:
            lengths: of the rows, in positions.
            moved_count: rows, the first ones, in which something is written.
        """
        if self._bucket is None:
            return
        held_count = held_count_for(lengths, bucket=self._bucket, capacity=self._capacity)
        if held_count == self.held_count:
            return
        kept_count = min(held_count, self.held_count)
        self.held_count = held_count
        for number, old in enumerate(self._layers):
            self._layers[number] = self._allocated()
            kept = old[:, :moved_count, :, :kept_count]
            self._layers[number][:, :moved_count, :, :kept_count] = kept
        self._starts = self._numbers * held_count

    def _allocated(self) -> torch.Tensor:
        return torch.zeros(
            (2, self._row_count, self._head_count, self.held_count, self._dim),
            device=self._placement.device,
            dtype=self._placement.dtype,
        )
