"""Weights in 4 bits: groups of neighbours share a scale and a zero point."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
import torch

# With fewer the error falls by a tenth for each halving, and a product of one row takes a third
# longer each time.
GROUP_SIZE = 128
# In how many steps the range of a group is cut. Its 16 numbers span 15; where they span less than
# all, the outermost weights are cut off and all others lie closer. The better of the two is taken:
# the error of normal numbers is 9.7 % of their size, 10.0 without the second, 9.5 with six.
_RANGE_STEPS = (15.0, 17.0)
_GREATEST = 15
# Rows at once: what is made of them stays in the processor's cache.
_ROWS = 128
_HALVES = 2  # numbers in a byte, the first in the lower half
_SCALE_BYTES = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FourBits:
    """A matrix of 4-bit weights, as onnxruntime's operator MatMulNBits takes it.

    A weight is its group's scale times what its number is above the group's zero point.

    Attributes:
        shape: outputs and inputs.
        data: all bytes: of the numbers, the scales and the zero points.
    """

    shape: tuple[int, int]
    data: npt.NDArray[np.uint8]

    @classmethod
    def empty(cls, shape: tuple[int, int]) -> Self:
        """One whose numbers are still to be written."""
        return cls(shape=shape, data=np.empty(size_bytes_of(shape), np.uint8))

    @property
    def numbers(self) -> npt.NDArray[np.uint8]:
        """Two in a byte, shape (outputs, groups, bytes)."""
        output_count, group_count = self.shape[0], _group_count(self.shape)
        end = output_count * group_count * GROUP_SIZE // _HALVES
        return self.data[:end].reshape(output_count, group_count, -1)

    @property
    def scales(self) -> npt.NDArray[np.float32]:
        """Shape (outputs, groups)."""
        first, size = self.numbers.size, self.shape[0] * _group_count(self.shape) * _SCALE_BYTES
        return self.data[first : first + size].view(np.float32).reshape(self.shape[0], -1)

    @property
    def zeros(self) -> npt.NDArray[np.uint8]:
        """Two in a byte, each output's from a byte of its own on, shape (outputs, bytes)."""
        return self.data[self.numbers.size + self.scales.nbytes :].reshape(self.shape[0], -1)

    def dequantized(self) -> torch.Tensor:
        """The weights that are multiplied with, shape (outputs, inputs), float32."""
        numbers, scales, zeros = map(torch.tensor, (self.numbers, self.scales, self.zeros))
        above = _halves(numbers).float() - _halves(zeros)[:, : scales.shape[1], None]
        return (above * scales[..., None]).flatten(1)[:, : self.shape[1]]


def size_bytes_of(shape: tuple[int, int]) -> int:
    """Bytes of a matrix of 4-bit weights."""
    group_count = _group_count(shape)
    group_bytes = group_count * (GROUP_SIZE // _HALVES + _SCALE_BYTES)
    return shape[0] * (group_bytes + -(-group_count // _HALVES))


def quantized(weight: torch.Tensor) -> FourBits:
    """The nearest 4-bit weights, of a matrix of shape (outputs, inputs)."""
    output_count, input_count = weight.shape
    done = FourBits.empty((output_count, input_count))
    numbers, scales, zeros = map(torch.from_numpy, (done.numbers, done.scales, done.zeros))
    for first in range(0, output_count, _ROWS):
        rows = slice(first, first + _ROWS)
        found, scales[rows], middles = _best_of(_groups_of(weight[rows], scales.shape[1]))
        numbers[rows] = _in_bytes(found)
        zeros[rows] = _in_bytes(_even(middles))
    return done


def _group_count(shape: tuple[int, int]) -> int:
    return -(-shape[1] // GROUP_SIZE)


def _groups_of(rows: torch.Tensor, group_count: int) -> torch.Tensor:
    """Shape (rows, groups, group size), float32; the last group is filled up with zeros."""
    missing_count = group_count * GROUP_SIZE - rows.shape[1]
    padded = torch.nn.functional.pad(rows.float(), (0, missing_count))
    return padded.view(len(rows), group_count, GROUP_SIZE)


def _best_of(groups: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The numbers, scales and zero points with the least error."""
    # Zero is in every range: what is nothing stays so.
    low = groups.amin(-1, keepdim=True).clamp_(max=0)
    high = groups.amax(-1, keepdim=True).clamp_(min=0)
    width = (high - low).clamp_(min=torch.finfo(torch.float32).tiny)
    middle = (low + high) / 2
    first, second = (_rounded(groups, width / steps, middle) for steps in _RANGE_STEPS)
    is_better = second[0] > first[0]
    _, numbers, scales, zeros = (
        torch.where(is_better, new, old) for new, old in zip(second, first, strict=True)
    )
    return numbers.to(torch.uint8), scales[..., 0], zeros[..., 0].to(torch.uint8)


def _rounded(
    groups: torch.Tensor, scales: torch.Tensor, middle: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """How much a choice of scales explains; numbers, the best scales for them, and zero points."""
    zeros = (_GREATEST / 2 - middle / scales).round_().clamp_(0, _GREATEST)
    numbers = groups.div(scales).add_(zeros).round_().clamp_(0, _GREATEST)
    above = numbers - zeros
    # The scale that fits these numbers best, by least squares.
    along = torch.linalg.vecdot(groups, above)[..., None]
    square = torch.linalg.vecdot(above, above)[..., None].clamp_(min=1)
    return along * along / square, numbers, along / square, zeros


def _in_bytes(numbers: torch.Tensor) -> torch.Tensor:
    """Two neighbours in a byte each."""
    return numbers[..., ::2] | (numbers[..., 1::2] << 4)


def _halves(packed: torch.Tensor) -> torch.Tensor:
    """The numbers that lie two in a byte."""
    return torch.stack((packed & _GREATEST, packed >> 4), dim=-1).flatten(-2)


def _even(numbers: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.pad(numbers, (0, numbers.shape[-1] % _HALVES))
