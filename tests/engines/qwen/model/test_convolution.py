"""Convolutions in 8 bits are near those in full."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from qasr_cli.engines.qwen.device import has_fbgemm, placement
from qasr_cli.engines.qwen.model.convolution import convolution_for
from qasr_cli.engines.qwen.model.eight_bits import scaled


@pytest.mark.skipif(not has_fbgemm(), reason="no kernels for this processor")
@pytest.mark.parametrize("is_onednn", [True, False], ids=["oneDNN", "FBGEMM"])
@pytest.mark.parametrize(("height", "width"), [(64, 50), (32, 25), (3, 4)])
def test_eight_bits_are_near(
    height: int, width: int, is_onednn: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every output sees its own patch: the error is a few percent of the outputs' size."""
    if is_onednn and not scaled.are_onednns():
        pytest.skip("this processor cuts off sums of 8-bit products (no VNNI)")
    monkeypatch.setattr(scaled, "are_onednns", lambda: is_onednn)
    torch.manual_seed(0)
    layer = nn.Conv2d(12, 24, kernel_size=3, stride=2, padding=1).requires_grad_(False)
    x = torch.randn(2, 12, height, width).contiguous(memory_format=torch.channels_last)

    found = convolution_for(placement("cpu", "float32", "int8"), layer)(x)

    expected = functional.gelu(layer(x))
    assert found.shape == expected.shape
    assert found.is_contiguous(memory_format=torch.channels_last)
    assert (found - expected).norm() < 0.03 * expected.norm()
