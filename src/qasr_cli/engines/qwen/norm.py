"""Normalisation by the root of the mean square."""

from collections.abc import Callable

import torch
from torch.nn import functional

from qasr_cli.engines.qwen.device import Placement

# From vectors, shape (..., size), and what is added to their mean square, to vectors of length 1.
RmsNorm = Callable[[torch.Tensor, float], torch.Tensor]


def rms_norm_for(placement: Placement) -> RmsNorm:
    """The way that costs least at a placement."""
    if placement.device.type == "cpu" and placement.dtype == torch.bfloat16:
        return _by_length
    return _plain


def _plain(x: torch.Tensor, epsilon: float) -> torch.Tensor:
    return functional.rms_norm(x, x.shape[-1:], eps=epsilon)


def _by_length(x: torch.Tensor, epsilon: float) -> torch.Tensor:
    """Half the time of torch's, which goes over all numbers in float32 several times.

    Sums are float32 here, too; a vector's one factor is rounded to bfloat16, as each of its
    numbers is afterwards.
    """
    length: torch.Tensor = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
    mean_square = length.float().square_().mul_(1 / x.shape[-1])
    return x * mean_square.add_(epsilon).rsqrt_().to(x.dtype)
