"""Linear layers: which kernel multiplies, for which device and number format."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Protocol

import torch
from torch import nn
from torch.nn import functional

from qasr_cli.engines.qwen.device import Placement, has_fbgemm
from qasr_cli.engines.qwen.model import opaque, shelf

# From rows to rows, shape (..., inputs) to (..., outputs).
Product = Callable[[torch.Tensor], torch.Tensor]
# A matrix, shape (outputs, inputs), or some that become one, the one's outputs after the other's:
# who finds them packed already has no need to put them together.
Weight = torch.Tensor | tuple[torch.Tensor, ...]
Activation = Callable[[torch.Tensor], torch.Tensor]

# The largest of float16. Every weight of the published models is far below.
_HALF_MAX = torch.finfo(torch.float16).max
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


class Linear(Protocol):
    """A linear layer, perhaps with an activation."""

    def __call__(self, x: torch.Tensor, *, plus: torch.Tensor | None = None) -> torch.Tensor:
        """The layer's output, plus other numbers of its shape, which it may overwrite."""
        ...


class Packing(ABC):
    """A way of keeping weights, and of multiplying with them.

    Attributes:
        packs_alone: packing takes one core and long, so that others can pack beside it.
    """

    packs_alone = False

    @abstractmethod
    def product(self, weight: Weight, bias: torch.Tensor | None = None) -> Product:
        """Multiplies; gives fresh memory each time. The weight may be freed afterwards."""

    def linear(
        self,
        weight: Weight,
        bias: torch.Tensor | None = None,
        *,
        activation: Activation | None = None,
    ) -> Linear:
        """A layer, and what is done to its output."""
        product = self.product(weight, bias)

        def linear(x: torch.Tensor, *, plus: torch.Tensor | None = None) -> torch.Tensor:
            y = product(x)
            if activation is not None:
                y = activation(y)
            return y if plus is None else y.add_(plus)

        return linear

    def gated(self, gate: torch.Tensor, up: torch.Tensor, activation: Activation) -> Product:
        """A gated layer: `up` times the activation of `gate`."""
        product = self.product((gate, up))

        def gated(x: torch.Tensor) -> torch.Tensor:
            opening, y = product(x).chunk(2, dim=-1)
            return activation(opening).mul_(y)

        return gated


def packing_for(placement: Placement) -> Packing:
    """The packing that computes exactly and costs least at a placement."""
    if placement.device.type == "cpu" and placement.dtype == torch.float32:
        return _HalfStored()
    if placement.device.type == "cuda":
        return _OnGpu(placement)
    return _OneDnn() if placement.has_onednn else _Plain(placement)


def joined(packing: Packing, *layers: nn.Linear, activation: Activation | None = None) -> Linear:
    """One layer whose output is the outputs of several, one after the other."""
    has_bias = all(layer.bias is not None for layer in layers)
    return packing.linear(
        tuple(layer.weight for layer in layers),
        torch.cat(tuple(layer.bias for layer in layers)) if has_bias else None,
        activation=activation,
    )


def shape_of(weight: Weight) -> tuple[int, int]:
    """Outputs and inputs of the matrix."""
    parts = (weight,) if isinstance(weight, torch.Tensor) else weight
    return sum(len(part) for part in parts), parts[0].shape[1]


def whole(weight: Weight) -> torch.Tensor:
    """The matrix, put together."""
    return weight if isinstance(weight, torch.Tensor) else torch.cat(weight)


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


class _HalfStored(Packing):
    """Weights in float16 where it holds them, everything else in float32.

    Half the bytes to read: at 8 rows 3 times as fast as float32 weights, and as fast at many
    (1024 x 6144, one thread of an AMD EPYC with AVX2: 2.1 against 6.1 ms).
    """

    packs_alone = True

    def product(self, weight: Weight, bias: torch.Tensor | None = None) -> Product:
        """Multiplies in float32."""
        stored = whole(weight)
        full, full_bias = stored.float(), None if bias is None else bias.float()
        if not _fits_half(stored):
            return lambda x: functional.linear(x, full, full_bias)
        packed = torch.ops.quantized.linear_prepack_fp16(full, full_bias)
        return lambda x: torch.ops.quantized.linear_dynamic_fp16(x, packed)


def _fits_half(weight: torch.Tensor) -> bool:
    """True where float16 holds the numbers of a file: bfloat16 has fewer digits, and more range.

    Below 6e-5 digits go missing, none of them above 3e-8.
    """
    return (
        has_fbgemm()
        and weight.dtype in {torch.bfloat16, torch.float16}
        and bool(weight.abs().max() < _HALF_MAX)
    )


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
        return lambda x: opaque.multiplied_with(x, opening(x), packed, None, "mul")


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
