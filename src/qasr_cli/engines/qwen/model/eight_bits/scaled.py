"""Rows times a matrix in whole numbers of 8 bits, with a scale for each row and each output.

A row's scale is its own, so that no other row changes its result. Where a row overflowed, its scale
still does.
"""

import dataclasses
import functools
import warnings
from collections.abc import Callable

import torch

from qasr_cli.engines.qwen.device import has_amx
from qasr_cli.engines.qwen.model import opaque, shelf
from qasr_cli.engines.qwen.model.eight_bits.quantized import EightBits, in_steps, laid_out
from qasr_cli.engines.qwen.model.products.linear import Product

# From rows in [-1, 1], shape (rows, inputs), which it may overwrite, and what they were divided by,
# shape (rows, 1).
ScaledLinear = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]

_ROW_STEPS = 127
_ZERO = 128
# Without VNNI two products of an 8-bit number of a row and a 7-bit weight always fit the 16 bits in
# which AVX2 adds them up; with 8-bit weights they would be cut off, silently.
_STEPS_OF_7_BITS = 63
_ROW_STEP_OF_FBGEMM = 2 / 255  # 256 steps from -1 to 1
_TRIAL_SHAPE = (96, 64)
_TRIAL_ROWS = 32


@functools.cache
def are_onednns() -> bool:
    """Whether this processor adds up products of 8 bits in full (VNNI, AMX), as oneDNN has it do.

    It is tried as well: where oneDNN is held to fewer instructions (`ONEDNN_MAX_CPU_ISA`), it cuts
    sums off, silently. Torch has no public word for VNNI.
    """
    is_built_in = bool(torch.backends.mkldnn.is_available())  # type: ignore[no-untyped-call]
    has_units = bool(torch.cpu._is_vnni_supported()) or has_amx()  # noqa: SLF001
    return is_built_in and has_units and _adds_up_in_full()


def can_be_kept() -> bool:
    """Whether such weights can be had out of torch, and be given back to it."""
    return are_onednns() and _are_given_back()


def scaled_linear(
    shape: tuple[int, int],
    weight: Callable[[], torch.Tensor],
    bias: torch.Tensor | None = None,
) -> ScaledLinear:
    """A layer for rows that are divided by their scales already.

    By oneDNN where that adds up in full: weights then have all 8 bits, and can be kept, and AMX
    multiplies them tile by tile. Else by FBGEMM, with 7 bits.

    Args:
        shape: outputs and inputs.
        weight: gives the matrix, where it is not kept.
    """
    if are_onednns():
        product = _by_onednn(shelf.eight_bits(shape, lambda: laid_out(weight())))
    else:
        product = _by_fbgemm(weight())

    def linear(rows: torch.Tensor, row_scales: torch.Tensor) -> torch.Tensor:
        y = product(rows).mul_(row_scales)
        return y if bias is None else y.add_(bias)

    return linear


def _by_onednn(weight: EightBits) -> Product:
    packed, scales = weight.packed, weight.scales
    no_zeros = torch.zeros(len(scales), dtype=torch.int)

    def product(rows: torch.Tensor) -> torch.Tensor:
        # Made whole by cutting off what is behind the point: to the nearest, since all are above 0.
        numbers = rows.mul_(_ROW_STEPS).add_(_ZERO + 0.5).to(torch.uint8)
        y: torch.Tensor = torch.ops.onednn.qlinear_pointwise(
            *(opaque.filled_up(numbers), 1 / _ROW_STEPS, _ZERO, packed, scales, no_zeros, None),
            *(1.0, 0, torch.float32, "none", [], ""),
        )
        return y[: len(rows)]

    return product


def _adds_up_in_full() -> bool:
    """Whether the greatest rows times the greatest weights are what they are."""
    rows = torch.ones(_TRIAL_ROWS, _TRIAL_SHAPE[1])
    try:
        found = _by_onednn(laid_out(torch.ones(_TRIAL_SHAPE)))(rows)
    except (AttributeError, RuntimeError, TypeError):  # a torch without these operators
        return False
    return torch.allclose(found, torch.tensor(float(_TRIAL_SHAPE[1])))


@functools.cache
def _are_given_back() -> bool:
    weight = laid_out(torch.linspace(-1, 1, _TRIAL_SHAPE[0] * _TRIAL_SHAPE[1]).view(_TRIAL_SHAPE))
    rows = torch.linspace(-1, 1, _TRIAL_SHAPE[1])[None]

    def multiplied(packed: torch.Tensor) -> torch.Tensor:
        return _by_onednn(dataclasses.replace(weight, packed=packed))(rows.clone())

    return opaque.is_given_back(weight.packed, multiplied)


def _by_fbgemm(weight: torch.Tensor) -> Product:
    steps, scales = in_steps(weight, _STEPS_OF_7_BITS)
    zeros = torch.zeros(len(scales), dtype=torch.int)
    with warnings.catch_warnings():
        # torch announces that another package will hold this tensor type; the kernels stay.
        warnings.simplefilter("ignore", UserWarning)
        quantized = torch._make_per_channel_quantized_tensor(steps, scales, zeros, 0)  # noqa: SLF001  # quantize_per_channel rounds to 8 bits
        packed = torch.ops.quantized.linear_prepack(quantized, None)

    def product(rows: torch.Tensor) -> torch.Tensor:
        y: torch.Tensor = torch.ops.quantized.linear_with_input_q_dq_qweight_dq_output_fp32(
            rows, _ROW_STEP_OF_FBGEMM, _ZERO, packed
        )
        return y

    return product
