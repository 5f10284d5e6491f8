"""Normalised vectors have the root mean square 1, in every number format."""

import pytest
import torch
from torch.nn import functional

from qasr_cli.engines.qwen.device import placement
from qasr_cli.engines.qwen.model.norm import rms_norm_for

EPSILON = 1e-6


@pytest.mark.parametrize("of_heads", [False, True])
@pytest.mark.parametrize("size", [0.001, 1.0, 300.0])
@pytest.mark.parametrize(("dtype", "near"), [("float32", 1e-6), ("bfloat16", 0.012)])
def test_the_root_mean_square_is_one(dtype: str, near: float, size: float, of_heads: bool) -> None:
    """Of large vectors as of small ones, beside others; what is off is what the format rounds."""
    place = placement("cpu", dtype)
    sizes = torch.tensor([size, 1.0, 5.0])[:, None, None]
    x = (torch.randn(3, 4, 192, generator=torch.Generator().manual_seed(0)) * sizes).to(place.dtype)

    y = rms_norm_for(place, of_heads=of_heads)(x, EPSILON)

    expected = functional.rms_norm(x.double(), (192,), eps=EPSILON)
    assert y.dtype == place.dtype
    torch.testing.assert_close(y.double(), expected, rtol=near, atol=0)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_zeros_stay_zeros(dtype: str) -> None:
    """A vector without length is no division by zero."""
    place = placement("cpu", dtype)

    y = rms_norm_for(place)(torch.zeros(2, 8, dtype=place.dtype), EPSILON)

    assert torch.equal(y, torch.zeros_like(y))
