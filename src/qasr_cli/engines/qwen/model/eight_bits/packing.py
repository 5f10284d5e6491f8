"""The packing of layers whose weights have 8 bits, and which layers those are."""

import torch

from qasr_cli.engines.qwen.device import Placement
from qasr_cli.engines.qwen.model.eight_bits.quantized import scales_from
from qasr_cli.engines.qwen.model.eight_bits.scaled import are_onednns, scaled_linear
from qasr_cli.engines.qwen.model.products.choice import packing_for
from qasr_cli.engines.qwen.model.products.linear import Packing, Product, Weight, shape_of, whole


class Int8(Packing):
    """8-bit weights, one scale an output, and 8-bit activations, one scale a row."""

    def __init__(self) -> None:
        # Kept weights are asked for in one order.
        self.packs_alone = not are_onednns()

    def product(self, weight: Weight, bias: torch.Tensor | None = None) -> Product:
        """Multiplies in 8 bits."""
        scaled = scaled_linear(shape_of(weight), lambda: whole(weight), bias)

        def product(x: torch.Tensor) -> torch.Tensor:
            rows = x.flatten(0, -2)
            row_scales = scales_from(rows.abs().amax(dim=1, keepdim=True))
            return scaled(rows / row_scales, row_scales).view(*x.shape[:-1], -1)

        return product


def layer_packing_for(placement: Placement, *, for_reads: bool = False) -> Packing:
    """The packing of the many layers of a model: in 8 bits where those are asked for.

    Args:
        for_reads: as of `packing_for`.
    """
    return Int8() if placement.is_int8 else packing_for(placement, for_reads=for_reads)
