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


def holds_eight_bits() -> bool:
    """Whether keys and values have 8 bits.

    A rough step of one row then takes 3 ms less of 15, those of four rows 8 of 25, as a quarter is
    read (0.6B shape, 420 positions, two threads of an EPYC with AVX512-BF16).
    """
    return version() >= _EIGHT_BITS_SINCE


class Held:
    """Keys or values of a layer in float32, of as many rows and positions as there is room for.

    Args:
        shape: rows, key heads, positions, dim.

    Attributes:
        numbers: of that shape.
        scales: what numbers are multiples of; None = of 1.
    """

    scales: torch.Tensor | None = None

    def __init__(self, shape: tuple[int, int, int, int]) -> None:
        # Large pages are not asked for: steps are no faster, and a virtual machine's host often has
        # to find one first, which took a second and more where small ones took .17.
        self.numbers = torch.empty(shape)

    def take(self, exact: torch.Tensor, firsts: Sequence[int], lengths: Sequence[int]) -> None:
        """Take over what the rows of a cache hold.

        Args:
            exact: shape (rows, key heads, positions, dim).
            firsts: positions of each row that are here already; 0 where it is new.
            lengths: positions that it has.
        """
        for row, (first, end) in enumerate(zip(firsts, lengths, strict=True)):
            self.numbers[row, :, first:end] = self._rounded(_side_by_side(exact[row, :, first:end]))

    def _rounded(self, x: torch.Tensor) -> torch.Tensor:
        """As it is held."""
        return x


class HeldInEightBits(Held):
    """The same as whole numbers from -127 to 127, with a scale for each channel of each head.

    Keys have channels that are many times as great as all others.

    Attributes:
        scales: float32, shape (key heads * dim,).
    """

    scales: torch.Tensor

    def __init__(self, shape: tuple[int, int, int, int]) -> None:
        _, head_count, _, dim = shape
        self.numbers = torch.empty(shape, dtype=torch.int8)
        self.scales = torch.ones(head_count * dim)
        # Of the shape of positions, (key heads, 1, dim); the same memory.
        self._scales = self.scales.view(head_count, 1, dim)

    def take(self, exact: torch.Tensor, firsts: Sequence[int], lengths: Sequence[int]) -> None:
        """Take over what rows hold: all of it where one is new, whose numbers may be greater."""
        if not all(firsts):
            firsts = [0] * len(lengths)
            self._find_scales(exact, lengths)
        super().take(exact, firsts, lengths)

    def _find_scales(self, exact: torch.Tensor, lengths: Sequence[int]) -> None:
        self._scales.zero_()
        for row, length in enumerate(lengths):
            if length:
                x = _side_by_side(exact[row, :, :length])
                # What is no number counts for nothing.
                greatest = x.abs().amax(dim=1, keepdim=True).float()
                torch.fmax(self._scales, greatest, out=self._scales)
        self._scales.mul_(_MARGIN / _GREATEST).clamp_(min=_LEAST_SCALE)

    def _rounded(self, x: torch.Tensor) -> torch.Tensor:
        # What is no number becomes some.
        steps = (x.float() / self._scales).nan_to_num_()
        return steps.round_().clamp_(-_GREATEST, _GREATEST)


def held_for(row_count: int, position_count: int, heads: HeadShape) -> Held:
    """Memory for keys, or values, of a layer, in which nothing is a number yet."""
    kind = HeldInEightBits if holds_eight_bits() else Held
    return kind((row_count, heads.key_count, position_count, heads.dim))


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
