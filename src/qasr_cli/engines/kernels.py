"""What multiplies on this machine, for reports."""

import torch

from qasr_cli.engines.qwen.device import has_amx, has_fbgemm, multiplies_bfloat16
from qasr_cli.engines.qwen.model.linear import Int8


def kernels_of_cpu() -> str:
    """How the models multiply on this processor, in a few words."""
    if not multiplies_bfloat16():
        exact = "float32"
    elif has_amx():
        exact = "bfloat16 (AMX; attention takes keys as first operands)"
    else:
        exact = "bfloat16 (AVX512-BF16; attention takes keys as second operands)"
    return f"{exact}, 8 bits" if has_fbgemm() else exact


def product_error() -> float | None:
    """How far a product in 8 bits is off, as a share of its size; None without kernels for it."""
    if not has_fbgemm():
        return None
    chance = torch.Generator().manual_seed(0)
    weight, rows = (torch.randn(count, 1024, generator=chance) for count in (1024, 16))
    exact = rows @ weight.T
    return float((Int8().product(weight)(rows) - exact).norm() / exact.norm())
