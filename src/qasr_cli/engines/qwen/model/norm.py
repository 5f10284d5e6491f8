"""RMS norm: normalisation by the root of the mean square."""

import functools
from collections.abc import Callable

import torch
from torch.nn import functional

from qasr_cli.engines.qwen.device import Placement

# From vectors, shape (..., size), and what is added to their mean square, to vectors whose
# mean square is 1.
RmsNorm = Callable[[torch.Tensor, float], torch.Tensor]
# The same with the weight of each of their numbers, shape (size,), in between.
WeightedNorm = Callable[[torch.Tensor, torch.Tensor, float], torch.Tensor]


def weighted_norm_for(placement: Placement, *, is_exact: bool = False) -> WeightedNorm:
    """The RMS norm with weights that costs least at a placement.

    Args:
        is_exact: only the result is rounded.
    """
    if placement.device.type == "cuda":
        return _in_one_kernel
    norm = rms_norm if is_exact else rms_norm_for(placement)
    return lambda x, weight, epsilon: norm(x, epsilon).mul_(weight)


def rms_norm_for(placement: Placement, *, of_heads: bool = False) -> RmsNorm:
    """The RMS norm that costs least at a placement.

    Args:
        of_heads: for vectors that are many and short.
    """
    # The square of a length is soon more than float16 holds.
    if placement.dtype == torch.float16:
        return rms_norm
    return _by_rounded_length if of_heads else _by_length


def rms_norm(x: torch.Tensor, epsilon: float) -> torch.Tensor:
    """Torch's own RMS norm, in which only the result is rounded."""
    return functional.rms_norm(x, x.shape[-1:], eps=epsilon)


def _in_one_kernel(x: torch.Tensor, weight: torch.Tensor, epsilon: float) -> torch.Tensor:
    return functional.rms_norm(x, x.shape[-1:], weight, epsilon)


def _by_length(x: torch.Tensor, epsilon: float) -> torch.Tensor:
    """RMS norm in two thirds of the time of torch's, which makes several passes in float32.

    In bfloat16 a vector's one factor is rounded, as each of its numbers is afterwards. Scores are
    then as near to those of float32 as the library's in bfloat16.
    """
    return _divided(
        x, torch.linalg.vector_norm(x, dim=-1, keepdim=True, dtype=torch.float32), epsilon
    )


def _by_rounded_length(x: torch.Tensor, epsilon: float) -> torch.Tensor:
    """RMS norm of many short vectors in half the time of torch's.

    In bfloat16 the length is rounded, too; its sum is float32.
    """
    return _divided(x, torch.linalg.vector_norm(x, dim=-1, keepdim=True).float(), epsilon)


def _divided(x: torch.Tensor, length: torch.Tensor, epsilon: float) -> torch.Tensor:
    # Of few vectors every operation takes as long, so there are as few as possible.
    mean_square = torch.addcmul(_scalar(epsilon), length, length, value=1 / x.shape[-1])
    return x * mean_square.rsqrt_().to(x.dtype)


@functools.cache
def _scalar(number: float) -> torch.Tensor:
    return torch.tensor(number, dtype=torch.float32)
