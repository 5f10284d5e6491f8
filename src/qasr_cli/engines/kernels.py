"""What multiplies on this machine, for reports."""

from typing import TYPE_CHECKING, Literal

import numpy as np
import torch

from qasr_cli.engines.qwen.device import has_amx, has_fbgemm, multiplies_bfloat16
from qasr_cli.engines.qwen.model.eight_bits.packing import Int8
from qasr_cli.engines.qwen.model.four_bits.packing import Int4

if TYPE_CHECKING:
    from qasr_cli.engines.qwen.model.products.linear import Packing


def kernels_of_cpu() -> str:
    """How the models multiply on this processor, in a few words."""
    if not multiplies_bfloat16():
        exact = "float32"
    elif has_amx():
        exact = "bfloat16 (AMX; attention takes keys as first operands)"
    else:
        exact = "bfloat16 (AVX512-BF16; attention takes keys as second operands)"
    return f"{exact}, 8 bits, 4 bits" if has_fbgemm() else exact


def product_errors() -> dict[Literal["int8", "int4"], float]:
    """How far a product is off, as a share of its size, by way of `--quantize`.

    Empty without kernels for them.
    """
    if not has_fbgemm():
        return {}
    chance = np.random.default_rng(0)
    weight, rows = (
        torch.from_numpy(chance.standard_normal((count, 1024), np.float32)) for count in (1024, 16)
    )
    exact = rows @ weight.T
    packings: dict[Literal["int8", "int4"], Packing] = {"int8": Int8(), "int4": Int4()}
    return {
        name: float((packing.product(weight)(rows) - exact).norm() / exact.norm())
        for name, packing in packings.items()
    }
