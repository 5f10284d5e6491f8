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

    Attributes:
        numbers: shape (rows, key heads, positions, dim).
        scales: what numbers are multiples of; None = of 1.
    """

    def __init__(self, numbers: torch.Tensor) -> None:
        self.numbers = numbers
        self.scales: torch.Tensor | None = None

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
    """The same in int8: whole numbers from -127 to 127, with a scale for each channel of each head.

    Keys have channels that are many times as great as all others.

    Attributes:
        scales: float32, shape (key heads * dim,).
    """

    def __init__(self, numbers: torch.Tensor) -> None:
        super().__init__(numbers)
        _, head_count, _, dim = numbers.shape
        self.scales = torch.full((head_count * dim,), _LEAST_SCALE)
        # Of the shape of positions, (key heads, 1, dim); the same memory.
        self._scales = self.scales.view(head_count, 1, dim)

    def take(self, exact: torch.Tensor, firsts: Sequence[int], lengths: Sequence[int]) -> None:
        """Take over what rows hold: all of it where one is new whose numbers are too great."""
        if not any(firsts):  # what the scales were made for is gone
            self._scales.fill_(_LEAST_SCALE)
        greatest = torch.zeros_like(self._scales)
        for row, (first, end) in enumerate(zip(firsts, lengths, strict=True)):
            if first == 0 < end:
                of_row = _side_by_side(exact[row, :, :end]).abs().amax(dim=1, keepdim=True)
                # A channel that overflowed counts for nothing.
                torch.maximum(greatest, of_row.float().nan_to_num_(0, 0), out=greatest)
        is_beyond = greatest > _GREATEST * self._scales
        if is_beyond.any():
            wider = torch.where(is_beyond, greatest * (_MARGIN / _GREATEST), self._scales)
            self._scales.copy_(wider)
            firsts = [0] * len(lengths)
        super().take(exact, firsts, lengths)

    def _rounded(self, x: torch.Tensor) -> torch.Tensor:
        # What is no number becomes some.
        steps = (x.float() / self._scales).nan_to_num_()
        return steps.round_().clamp_(-_GREATEST, _GREATEST)


def held_for(
    layer_count: int, row_count: int, position_count: int, heads: HeadShape
) -> list[tuple[Held, Held]]:
    """Memory for keys and values of all layers, in which nothing is a number yet.

    Raises:
        MemoryError, RuntimeError: there is none.
    """
    kind, dtype = (HeldInEightBits, torch.int8) if holds_eight_bits() else (Held, torch.float32)
    shape = (row_count, heads.key_count, position_count, heads.dim)
    # In one piece, which goes back to the system at once. Large pages are not asked for: steps are
    # no faster, and a virtual machine's host often has to find one first, which took a second and
    # more where small ones took .17.
    all_numbers = torch.empty(layer_count, 2, *shape, dtype=dtype)
    return [(kind(keys), kind(values)) for keys, values in all_numbers]


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
