"""Weights in 8 bits: whole numbers, with a scale for each output."""

from dataclasses import dataclass

import torch

_STEPS = 127
# Rows for which oneDNN lays weights out; it lays them out alike for any other number.
_ONEDNN_ROWS = 32


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EightBits:
    """A matrix of 8-bit weights, as oneDNN takes it.

    Attributes:
        packed: as oneDNN lays it out; its shape is (inputs, outputs).
        scales: of the outputs, shape (outputs,), float32.
    """

    packed: torch.Tensor
    scales: torch.Tensor


def laid_out(weight: torch.Tensor) -> EightBits:
    """The nearest 8-bit weights, of a matrix of shape (outputs, inputs)."""
    steps, scales = in_steps(weight, _STEPS)
    packed: torch.Tensor = torch.ops.onednn.qlinear_prepack(steps, [_ONEDNN_ROWS, weight.shape[1]])
    return EightBits(packed=packed, scales=scales)


def in_steps(weight: torch.Tensor, step_count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Weights in so many steps on either side of 0, int8, and the size of each output's steps."""
    scales = scales_from(weight.abs().amax(dim=1).float() / step_count)
    # In place: fresh memory three times over took as long as all else.
    steps = weight.to(torch.float32, copy=True).div_(scales[:, None]).round_().to(torch.int8)
    return steps, scales


def scales_from(greatest: torch.Tensor) -> torch.Tensor:
    """What to divide rows by that have these greatest absolute values. Overwrites them."""
    return greatest.clamp_(min=torch.finfo(greatest.dtype).tiny)
