"""Keys and values of answers in the making, in memory that is taken once."""

from collections.abc import Sequence

import torch

from qasr_cli.engines.qwen.device import Placement


class Cache:
    """One row an answer; rows are of different lengths, and the living ones come first.

    Args:
        shape: layers, key heads, dim.
        row_count, capacity: most rows, and most positions of a row.
    """

    def __init__(
        self, placement: Placement, shape: tuple[int, int, int], *, row_count: int, capacity: int
    ) -> None:
        layer_count, head_count, dim = shape
        # Zeros, because a weight of 0 on what lies beyond a row's length must give 0. On a CPU
        # pages that are never written are never taken.
        self._layers = [
            torch.zeros(
                2,
                row_count,
                head_count,
                capacity,
                dim,
                device=placement.device,
                dtype=placement.dtype,
            ).unbind()
            for _ in range(layer_count)
        ]
        self._numbers = torch.arange(max(row_count, capacity), device=placement.device)
        self._lengths: list[int] = []

    def __len__(self) -> int:
        return len(self._lengths)

    def add_rows(self, lengths: Sequence[int]) -> range:
        """The numbers of new rows behind the others; `fill` them."""
        first = len(self._lengths)
        self._lengths.extend(lengths)
        return range(first, len(self._lengths))

    def fill(
        self, layer: int, rows: range, k: torch.Tensor, v: torch.Tensor, lengths: Sequence[int]
    ) -> None:
        """Write whole sequences, one a row; k and v have shape (positions, key heads, dim)."""
        for half, tensor in zip(self._layers[layer], (k, v), strict=True):
            for row, part in zip(rows, tensor.split_with_sizes(list(lengths)), strict=True):
                half[row, :, : len(part)] = part.transpose(0, 1)

    def wipe_row(self, row: int) -> None:
        """Zero a row whose numbers overflowed, so that no later row of its place meets them."""
        for layer in self._layers:
            for half in layer:
                half[row, :, : self._lengths[row]] = 0

    def drop_row(self, row: int) -> None:
        """Give a row up; the last one takes its place."""
        last = len(self._lengths) - 1
        length = self._lengths.pop()
        if row != last:
            for layer in self._layers:
                for half in layer:
                    half[row, :, :length] = half[last, :, :length]
            self._lengths[row] = length

    def advance(self) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Make room for one more position in every row.

        Returns:
            The new positions, shape (rows,), and which positions each row sees, shape
            (rows, 1, 1, longest row); None where all rows see all.
        """
        lengths = torch.tensor(self._lengths).to(self._numbers.device, non_blocking=True)
        self._lengths = [length + 1 for length in self._lengths]
        if min(self._lengths) == max(self._lengths):
            return lengths, None
        is_visible = self._numbers[: max(self._lengths)] <= lengths[:, None]
        return lengths, is_visible[:, None, None]

    def append(
        self, layer: int, places: torch.Tensor, k: torch.Tensor, v: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Write one position in every row; all keys and values, (rows, key heads, longest, dim)."""
        row_count, longest = len(self._lengths), max(self._lengths)
        rows = self._numbers[:row_count]
        keys, values = self._layers[layer]
        keys[rows, :, places] = k
        values[rows, :, places] = v
        return keys[:row_count, :, :longest], values[:row_count, :, :longest]
