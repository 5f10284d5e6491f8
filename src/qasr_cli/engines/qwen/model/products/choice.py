"""Which kernel multiplies, for which device and number format."""

import torch
from torch.nn import functional

from qasr_cli.engines.qwen.device import Placement, has_fbgemm
from qasr_cli.engines.qwen.model import opaque, shelf
from qasr_cli.engines.qwen.model.products.float32 import (
    AsStored,
    HalfStored,
    multiplies_alike,
    rows_in_one_pass,
)
from qasr_cli.engines.qwen.model.products.linear import (
    Activation,
    Linear,
    Packing,
    Product,
    Weight,
    shape_of,
    whole,
)

# Rows for which oneDNN lays weights out. It chose the same layout for 8 and for 512.
_ONEDNN_ROWS = 32
# What oneDNN can do to a product before it leaves the registers: its name, and the variant. By the
# names of torch's classes and of the library's, whose import would take two seconds.
_FUSED = {
    "SiLU": ("swish", ""),
    "SiLUActivation": ("swish", ""),
    "GELU": ("gelu", "none"),
    "GELUActivation": ("gelu", "none"),
}


def packing_for(placement: Placement, *, for_reads: bool = False) -> Packing:
    """The packing that computes exactly and costs least at a placement.

    Args:
        for_reads: rows are those of whole sequences, many at a time.
    """
    if placement.device.type == "cpu" and placement.dtype == torch.float32:
        return AsStored() if for_reads and reads_in_place(placement) else HalfStored()
    if placement.device.type == "cuda":
        return _OnGpu(placement)
    return _OneDnn() if placement.has_onednn else _Plain(placement)


def reads_in_place(placement: Placement) -> bool:
    """Whether what only reads multiplies with weights where they lie, so that their file stays."""
    return _is_plain_float32(placement) and multiplies_alike()


def rows_in_one_read(placement: Placement) -> int | None:
    """How many rows cost little more than one, as all weights are read once; None = not known."""
    return rows_in_one_pass() if _is_plain_float32(placement) and has_fbgemm() else None


def _is_plain_float32(placement: Placement) -> bool:
    is_float32 = placement.device.type == "cpu" and placement.dtype == torch.float32
    return is_float32 and not placement.is_int8


class _Plain(Packing):
    """Weights as they are, multiplied by torch's own kernel."""

    def __init__(self, placement: Placement) -> None:
        self._placement = placement

    def product(self, weight: Weight, bias: torch.Tensor | None = None) -> Product:
        """Multiplies with torch's own kernel."""
        device, dtype = self._placement.device, self._placement.dtype
        placed = whole(weight).to(device, dtype)
        placed_bias = None if bias is None else bias.to(device, dtype)
        return lambda x: functional.linear(x, placed, placed_bias)


class _OnGpu(_Plain):
    """Weights as they are; what is added to a product is added in the same kernel."""

    def linear(
        self,
        weight: Weight,
        bias: torch.Tensor | None = None,
        *,
        activation: Activation | None = None,
    ) -> Linear:
        """A layer whose sums begin with what is added to them, where it has no bias."""
        if bias is not None or activation is not None:
            return super().linear(weight, bias, activation=activation)
        placed = whole(weight).to(self._placement.device, self._placement.dtype)

        def linear(x: torch.Tensor, *, plus: torch.Tensor | None = None) -> torch.Tensor:
            return functional.linear(x, placed) if plus is None else plus.addmm_(x, placed.t())

        return linear


class _OneDnn(Packing):
    """bfloat16 weights in the layout of oneDNN's kernels, which also do what comes next.

    1024 x 6144, one thread of an Intel Xeon with AMX: 1.0 ms at 8 rows, 6.7 at 512; torch's own
    kernel, which lays the weights out at each call, 1.4 and 7.6.
    """

    def product(self, weight: Weight, bias: torch.Tensor | None = None) -> Product:
        """Multiplies on the processor's units for bfloat16, and adds up in float32."""
        packed, placed_bias = _laid_out(weight, bias)
        return lambda x: opaque.multiplied(x, packed, placed_bias, "none", [], "")

    def linear(
        self,
        weight: Weight,
        bias: torch.Tensor | None = None,
        *,
        activation: Activation | None = None,
    ) -> Linear:
        """A layer with its activation, or with what is added to it, in one kernel."""
        fused = _FUSED.get(type(activation).__name__)
        if activation is not None and fused is None:
            return super().linear(weight, bias, activation=activation)
        packed, placed_bias = _laid_out(weight, bias)
        name, variant = fused or ("none", "")

        def linear(x: torch.Tensor, *, plus: torch.Tensor | None = None) -> torch.Tensor:
            if plus is None or name != "none":
                y = opaque.multiplied(x, packed, placed_bias, name, [], variant)
                return y if plus is None else y.add_(plus)
            return opaque.multiplied_with(x, plus, packed, placed_bias, "add")

        return linear

    def gated(self, gate: torch.Tensor, up: torch.Tensor, activation: Activation) -> Product:
        """A gated layer of two kernels; the second one multiplies by the result of the first."""
        opening = self.linear(gate, activation=activation)
        packed, _ = _laid_out(up, None)

        def gated(x: torch.Tensor) -> torch.Tensor:
            filled = opaque.filled_up(x)  # once for both
            return opaque.multiplied_with(filled, opening(filled), packed, None, "mul")[: len(x)]

        return gated


def _laid_out(
    weight: Weight, bias: torch.Tensor | None
) -> tuple[torch.Tensor, torch.Tensor | None]:
    def lay_out() -> torch.Tensor:
        packed: torch.Tensor = torch.ops.mkldnn._reorder_linear_weight(  # noqa: SLF001  # it has no public name
            whole(weight).bfloat16().contiguous(), _ONEDNN_ROWS
        )
        return packed

    packed = shelf.laid_out(shape_of(weight), lay_out)
    return packed, None if bias is None else bias.bfloat16()
