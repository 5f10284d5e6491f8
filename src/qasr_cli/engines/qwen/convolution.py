"""How the convolutions of the encoder are computed, for which number format."""

from collections.abc import Callable
from typing import Any

import torch
from torch.nn import functional

from qasr_cli.engines.qwen.device import Placement
from qasr_cli.engines.qwen.linear import Linear, pack_int8

# Both of shape (count, channels, height, width), channels last in memory.
Convolution = Callable[[torch.Tensor], torch.Tensor]

_SIZE, _STRIDE, _PADDING = 3, 2, 1


def convolution_for(placement: Placement, layer: Any) -> Convolution:  # noqa: ANN401  # mypy knows no memory format of nn.Conv2d
    """An `nn.Conv2d` of 3 x 3 with stride 2; in 8 bits where those are asked for and save time."""
    if placement.is_int8 and layer.in_channels > 1:
        # Rows of (height, width, channel), as a patch lies in memory.
        weight = layer.weight.permute(0, 2, 3, 1).flatten(1)
        return _over_patches(pack_int8(weight, layer.bias.float()))
    placed: Convolution = layer.to(
        placement.device, placement.dtype, memory_format=torch.channels_last
    )
    return placed


def _over_patches(linear: Linear) -> Convolution:
    def convolve(x: torch.Tensor) -> torch.Tensor:
        # One at a time, so that its patches, nine times its size, stay in the processor's cache.
        chunks = x.permute(0, 2, 3, 1)[:, None]
        return torch.cat([linear(_patches(chunk)) for chunk in chunks]).permute(0, 3, 1, 2)

    return convolve


def _patches(x: torch.Tensor) -> torch.Tensor:
    """What each output sees, shape (count, height out, width out, 3 * 3 * channels)."""
    x = functional.pad(x, (0, 0, _PADDING, _PADDING, _PADDING, _PADDING))
    count, height, width, channel_count = x.shape
    a_count, a_line, a_column, a_channel = x.stride()
    return x.as_strided(
        (
            count,
            (height - _SIZE) // _STRIDE + 1,
            (width - _SIZE) // _STRIDE + 1,
            _SIZE,
            _SIZE * channel_count,
        ),
        (a_count, _STRIDE * a_line, _STRIDE * a_column, a_line, a_channel),
    ).flatten(3)
