"""What a rough model attends to: keys and values, in 8 bits where onnxruntime takes them so."""

from collections.abc import Sequence

import torch

from qasr_cli.engines.qwen.model.four_bits.matmul import version
from qasr_cli.engines.qwen.model.ragged_trial import HeadShape

# Source: https://github.com/microsoft/onnxruntime/pull/28576; tried with 1.27 to 1.30 and 1.32.
_EIGHT_BITS_SINCE = (1, 27)
_GREATEST = 127
# How much greater than those it was begun with numbers of a channel may be, before they are cut.
# Of 1,200 proposals of the demo pair 90.9 % held with 1, 93.1 with 1.2, 95.3 to 96.1 with 1.5 to 3;
# 95.9 with float32.
_MARGIN = 2.0
_LEAST_SCALE = 1e-12  # numbers are divided by it
# Keys and values of a layer.
_Both = tuple[torch.Tensor, torch.Tensor]


def holds_eight_bits() -> bool:
    """Whether keys and values have 8 bits.

    A quarter is read then: 28 layers at 420 positions take 1.4 ms in place of 2.8, with four rows
    5.8 in place of 11.3 (0.6B shape, two threads of an EPYC with AVX512-BF16).
    """
    return version() >= _EIGHT_BITS_SINCE


class RoughMemory:
    """Keys and values of all layers, for so many rows and positions; nothing is a number yet.

    Attributes:
        numbers: shape (layers, 2, rows, key heads, positions, dim), keys before values; float32, or
            int8 from -127 to 127.
        scales: what numbers are multiples of, float32, shape (layers, 2, key heads, dim): keys have
            channels that are many times as great as all others; None = of 1.

    Raises:
        MemoryError, RuntimeError: there is no memory.
    """

    def __init__(
        self, layer_count: int, row_count: int, position_count: int, heads: HeadShape
    ) -> None:
        is_small = holds_eight_bits()
        shape = (row_count, heads.key_count, position_count, heads.dim)
        # In one piece, which goes back to the system at once. Large pages are not asked for: steps
        # are no faster, and a virtual machine's host often has to find one first, which took a
        # second and more where small ones took .17.
        self.numbers = torch.empty(
            layer_count, 2, *shape, dtype=torch.int8 if is_small else torch.float32
        )
        self.scales: torch.Tensor | None = None
        if is_small:
            self.scales = torch.full((layer_count, 2, heads.key_count, heads.dim), _LEAST_SCALE)

    def take(self, exact: Sequence[_Both], firsts: Sequence[int], lengths: Sequence[int]) -> None:
        """Take over what the rows of a cache hold.

        Of a layer that is all, where a new row has numbers that are too great for its scales.

        Args:
            exact: keys and values of each layer, shape (rows, key heads, positions, dim).
            firsts: positions of each row that are here already; 0 where it is new.
            lengths: positions that it has.
        """
        if all(firsts):
            self._write(slice(None), exact, firsts, lengths)
            return
        if self.scales is not None and not any(firsts):  # what the scales were made for is gone
            self.scales.fill_(_LEAST_SCALE)
        new = [row for row, first in enumerate(firsts) if first == 0]
        for number, both in enumerate(exact):
            is_whole = self.scales is not None and _widened(
                self.scales[number], _greatest(both, new, lengths)
            )
            since = [0] * len(lengths) if is_whole else firsts
            self._write(slice(number, number + 1), [both], since, lengths)

    def _write(
        self,
        layers: slice,
        exact: Sequence[_Both],
        firsts: Sequence[int],
        lengths: Sequence[int],
    ) -> None:
        """Write what came since; few positions of many layers in few operations."""
        for row, (first, end) in enumerate(zip(firsts, lengths, strict=True)):
            if first == end:
                continue
            parts = [_side_by_side(each[row, :, first:end]) for both in exact for each in both]
            x = torch.stack(parts).view(-1, 2, *parts[0].shape)
            if self.scales is not None:
                # What is no number becomes some.
                x = (x.float() / self.scales[layers, :, :, None]).nan_to_num_()
                x = x.round_().clamp_(-_GREATEST, _GREATEST)
            self.numbers[layers, :, row, :, first:end] = x


def _greatest(both: _Both, rows: Sequence[int], lengths: Sequence[int]) -> torch.Tensor:
    """Of each channel of some rows, shape (2, key heads, dim); what overflowed counts as 0."""
    _, head_count, _, dim = both[0].shape
    greatest = torch.zeros(2, head_count, dim)
    for row in rows:
        for each, found in zip(both, greatest, strict=True):
            if lengths[row]:
                of_row = _side_by_side(each[row, :, : lengths[row]]).abs().amax(dim=1)
                torch.maximum(found, of_row.float().nan_to_num_(0, 0), out=found)
    return greatest


def _widened(scales: torch.Tensor, greatest: torch.Tensor) -> bool:
    """Make scales that are too small larger; whether some were."""
    is_beyond = greatest > _GREATEST * scales
    scales.copy_(torch.where(is_beyond, greatest * (_MARGIN / _GREATEST), scales))
    return bool(is_beyond.any())


def _side_by_side(held: torch.Tensor) -> torch.Tensor:
    """Numbers of a row, shape (key heads, positions, dim), so that they can be copied fast.

    Where they lie across they are turned before: torch turns a matrix in blocks, if its number
    format stays, and all else number by number.
    """
    head_count, _, dim = held.shape
    if held.stride(-1) == 1:
        return held
    turned = held.transpose(1, 2).flatten(0, 1).t().contiguous()
    return turned.view(-1, head_count, dim).transpose(0, 1)
