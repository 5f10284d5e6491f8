"""How a weight matrix multiplies: which kernel, for which device and number format."""

import warnings
from collections.abc import Callable
from typing import Protocol

import torch
from torch import nn
from torch.nn import functional

from qasr_cli.engines.qwen.device import Placement, has_fbgemm

Linear = Callable[[torch.Tensor], torch.Tensor]
# From rows in [-1, 1], shape (rows, inputs), and what they were divided by, shape (rows, 1).
ScaledLinear = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


class Pack(Protocol):
    """Makes a linear layer of its weight and bias."""

    def __call__(self, weight: torch.Tensor, bias: torch.Tensor | None = None) -> Linear:
        """The layer; the weight may be freed afterwards."""
        ...


# The largest of float16. Every weight of the published models is far below.
_HALF_MAX = torch.finfo(torch.float16).max
# Two products of an 8-bit activation and a 7-bit weight always fit the 16 bits in which AVX2 adds
# them up; with 8-bit weights they would be cut off, silently.
_WEIGHT_STEPS = 63
# 256 steps from -1 to 1.
_ACTIVATION_STEP = 2 / 255
_ACTIVATION_ZERO = 128


def pack_for(placement: Placement) -> Pack:
    """The way of packing that computes exactly and costs least at a placement."""

    def pack(weight: torch.Tensor, bias: torch.Tensor | None = None) -> Linear:
        works_in_float32 = placement.device.type == "cpu" and placement.dtype == torch.float32
        if works_in_float32 and _fits_half(weight):
            return _half_stored(weight, bias)
        return _plain(
            weight.to(placement.device, placement.dtype),
            None if bias is None else bias.to(placement.device, placement.dtype),
        )

    return pack


def pack_layers_for(placement: Placement) -> Pack:
    """The way of packing the many layers of a model: in 8 bits where those are asked for."""
    return pack_int8 if placement.is_int8 else pack_for(placement)


def pack_int8(weight: torch.Tensor, bias: torch.Tensor | None = None) -> Linear:
    """A layer with 7-bit weights, one scale an output, and 8-bit activations, one scale a row."""
    scaled = pack_int8_scaled(weight, bias)

    def linear(x: torch.Tensor) -> torch.Tensor:
        rows = x.flatten(0, -2)
        row_scales = scales_from(rows.abs().amax(dim=1, keepdim=True))
        return scaled(rows / row_scales, row_scales).view(*x.shape[:-1], -1)

    return linear


def scales_from(greatest: torch.Tensor) -> torch.Tensor:
    """What to divide rows by that have these greatest absolute values. Overwrites them."""
    return greatest.clamp_(min=torch.finfo(greatest.dtype).tiny)


def pack_int8_scaled(weight: torch.Tensor, bias: torch.Tensor | None = None) -> ScaledLinear:
    """The same for rows that are divided by their scales already.

    The kernel has one scale for all rows; so it is one a row, which no other row changes. Where a
    row overflowed, its scale still does.
    """
    weight = weight.float()
    scales = scales_from(weight.abs().amax(dim=1) / _WEIGHT_STEPS)
    steps = (weight / scales[:, None]).round().to(torch.int8)
    zeros = torch.zeros(len(scales), dtype=torch.int)
    with warnings.catch_warnings():
        # torch announces that another package will hold this tensor type; the kernels stay.
        warnings.simplefilter("ignore", UserWarning)
        quantized = torch._make_per_channel_quantized_tensor(steps, scales, zeros, 0)  # noqa: SLF001  # quantize_per_channel rounds to 8 bits
        packed = torch.ops.quantized.linear_prepack(quantized, None)

    def linear(rows: torch.Tensor, row_scales: torch.Tensor) -> torch.Tensor:
        y: torch.Tensor = torch.ops.quantized.linear_with_input_q_dq_qweight_dq_output_fp32(
            rows, _ACTIVATION_STEP, _ACTIVATION_ZERO, packed
        )
        y = y.mul_(row_scales)
        return y if bias is None else y.add_(bias)

    return linear


def joined(pack: Pack, *layers: nn.Linear) -> Linear:
    """One layer whose output is the outputs of several, one after the other."""
    has_bias = all(layer.bias is not None for layer in layers)
    return pack(
        torch.cat(tuple(layer.weight for layer in layers)),
        torch.cat(tuple(layer.bias for layer in layers)) if has_bias else None,
    )


def _plain(weight: torch.Tensor, bias: torch.Tensor | None) -> Linear:
    return lambda x: functional.linear(x, weight, bias)


def _fits_half(weight: torch.Tensor) -> bool:
    """True where float16 holds the numbers of a file: bfloat16 has fewer digits, and more range.

    Below 6e-5 digits go missing, none of them above 3e-8.
    """
    return (
        has_fbgemm()
        and weight.dtype in {torch.bfloat16, torch.float16}
        and bool(weight.abs().max() < _HALF_MAX)
    )


def _half_stored(weight: torch.Tensor, bias: torch.Tensor | None) -> Linear:
    """Weights in float16, everything else in float32.

    Half the bytes to read: at 8 rows 3 times as fast as float32 weights, and as fast at many
    (1024 x 6144, one thread of an AMD EPYC with AVX2: 2.1 against 6.1 ms).
    """
    packed = torch.ops.quantized.linear_prepack_fp16(
        weight.float(), None if bias is None else bias.float()
    )
    return lambda x: torch.ops.quantized.linear_dynamic_fp16(x, packed)
