"""Normalised vectors have the root mean square 1, in every number format."""

import pytest
import torch
from torch.nn import functional

from qasr_cli.engines.qwen.device import placement
from qasr_cli.engines.qwen.model.norm import rms_norm_for

EPSILON = 1e-6


@pytest.mark.parametrize("of_heads", [False, True])
@pytest.mark.parametrize("size", [0.001, 1.0, 300.0, 9000.0])
@pytest.mark.parametrize(
    ("dtype", "near"), [("float32", 1e-6), ("float16", 0.002), ("bfloat16", 0.012)]
)
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


@pytest.mark.parametrize("of_heads", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_vector_is_normalised_alike_in_any_company(dtype: str, of_heads: bool) -> None:
    """To the bit, beside as many others as there may be: kernels take several at once."""
    place = placement("cpu", dtype)
    x = torch.randn(70, 128, generator=torch.Generator().manual_seed(0)).to(place.dtype)
    norm = rms_norm_for(place, of_heads=of_heads)

    alone = torch.cat([norm(vector[None], EPSILON) for vector in x])

    for count in range(1, len(x) + 1):
        assert torch.equal(norm(x[:count], EPSILON), alone[:count])
