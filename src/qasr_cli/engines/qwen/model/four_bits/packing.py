"""The packing of layers whose weights have 4 bits."""

import torch

from qasr_cli.engines.qwen.model import shelf
from qasr_cli.engines.qwen.model.four_bits.matmul import Matrices
from qasr_cli.engines.qwen.model.four_bits.quantized import FourBits, quantized
from qasr_cli.engines.qwen.model.products.linear import Packing, Product, Weight, shape_of, whole


def four_bits_of(weight: Weight) -> FourBits:
    """A matrix in 4 bits: as it was kept, or made."""
    return shelf.four_bits(shape_of(weight), lambda: quantized(whole(weight)))


class Int4(Packing):
    """4-bit weights and 8-bit activations, a scale for each group of neighbours.

    Fast for few rows, which are float32. Weights that are kept take memory once one of a packing
    is multiplied with; then all of that packing do. A row's result does not depend on which others
    it is multiplied with.
    """

    def __init__(self) -> None:
        self._matrices = Matrices()

    def product(self, weight: Weight, bias: torch.Tensor | None = None) -> Product:
        """Multiplies in 4 and 8 bits."""
        fours = four_bits_of(weight)
        if not self._matrices.takes_more:
            self._matrices = Matrices()
        multiply = self._matrices.add(fours)
        added = None if bias is None else bias.float()

        def product(x: torch.Tensor) -> torch.Tensor:
            rows = x.reshape(-1, x.shape[-1])
            row_count = len(rows)
            # The kernels take rows in pairs, and add up in another order what is left alone.
            if row_count % 2:
                rows = torch.cat((rows, rows[-1:]))
            y = multiply(rows)[:row_count]
            # In 8 bits one NaN among activations is a number: an overflow would not be seen.
            y += rows[:row_count].sum(-1, keepdim=True) * 0
            y = y if added is None else y.add_(added)
            return y.view(*x.shape[:-1], -1)

        return product
