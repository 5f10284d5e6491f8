"""The convolutions of the encoder with their GELU, one implementation for each number format."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch.nn import functional

from qasr_cli.engines.qwen.device import Placement, multiplies_bfloat16
from qasr_cli.engines.qwen.model.eight_bits.quantized import scales_from
from qasr_cli.engines.qwen.model.eight_bits.scaled import ScaledLinear, are_onednns, scaled_linear

# Both of shape (count, channels, height, width), channels last in memory.
Convolution = Callable[[torch.Tensor], torch.Tensor]

_SIZE, _STRIDE, _PADDING = 3, 2, 1


def stem_placement(placement: Placement) -> Placement:
    """Where convolutions work, and the layer behind them; a placement of 8 bits may have two.

    Where the processor multiplies bfloat16, that takes 0.8 of the time of 8 bits, whose patches are
    copied first, and is more exact.
    """
    if placement.is_int8 and are_onednns() and multiplies_bfloat16():
        return replace(placement, dtype=torch.bfloat16, is_int8=False, is_int4=False)
    return placement


def convolution_for(placement: Placement, layer: Any) -> Convolution:  # noqa: ANN401  # mypy knows no memory format of nn.Conv2d
    """An `nn.Conv2d` of 3 x 3 with stride 2; in 8 bits where those are asked for and save time.

    Args:
        placement: of the stem.
    """
    if placement.is_int8 and layer.in_channels > 1:
        shape = layer.out_channels, layer.in_channels * _SIZE**2
        # Rows of (height, width, channel), as a patch lies in memory.
        return _over_patches(
            scaled_linear(
                shape, lambda: layer.weight.permute(0, 2, 3, 1).flatten(1), layer.bias.float()
            )
        )
    placed = layer.to(placement.device, placement.dtype, memory_format=torch.channels_last)
    if placement.has_onednn:
        return _fused(placed.weight, placed.bias)
    return lambda x: functional.gelu(placed(x))


def _fused(weight: torch.Tensor, bias: torch.Tensor) -> Convolution:
    """The fused convolution of oneDNN, which does the GELU before a number leaves the registers."""

    def convolve(x: torch.Tensor) -> torch.Tensor:
        y: torch.Tensor = torch.ops.mkldnn._convolution_pointwise(  # noqa: SLF001  # it has no public name
            x, weight, bias, [_PADDING] * 2, [_STRIDE] * 2, [1, 1], 1, "gelu", [], "none"
        )
        return y

    return convolve


def _over_patches(linear: ScaledLinear) -> Convolution:
    def convolve(x: torch.Tensor) -> torch.Tensor:
        # One at a time, so that its patches, nine times its size, stay in the processor's cache.
        done = []
        for chunk in x.permute(0, 2, 3, 1):
            padded = functional.pad(chunk, (0, 0, _PADDING, _PADDING, _PADDING, _PADDING))
            patches = _patches(padded)
            # The greatest of a patch, from the greatest of each pixel: a ninth of the numbers.
            pixels = padded.abs().amax(dim=-1)
            scales = scales_from(functional.max_pool2d(pixels[None], _SIZE, _STRIDE)[0])
            rows = patches / scales[..., None, None]
            y = linear(rows.flatten(2).flatten(0, 1), scales.view(-1, 1))
            done.append(y.view(*scales.shape, -1))
        return functional.gelu(torch.stack(done)).permute(0, 3, 1, 2)

    return convolve


def _patches(x: torch.Tensor) -> torch.Tensor:
    """What each output sees of (height, width, channel): (height, width, 3, 3 * channel)."""
    height, width, channel_count = x.shape
    a_line, a_column, a_channel = x.stride()
    return x.as_strided(
        (
            (height - _SIZE) // _STRIDE + 1,
            (width - _SIZE) // _STRIDE + 1,
            _SIZE,
            _SIZE * channel_count,
        ),
        (_STRIDE * a_line, _STRIDE * a_column, a_line, a_channel),
    )
