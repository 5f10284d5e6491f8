"""The packing of layers whose weights have 4 bits."""

import torch

from qasr_cli.engines.qwen.model import shelf
from qasr_cli.engines.qwen.model.four_bits.matmul import Matrices
from qasr_cli.engines.qwen.model.four_bits.quantized import quantized
from qasr_cli.engines.qwen.model.linear import Packing, Product, Weight, shape_of, whole


class Int4(Packing):
    """4-bit weights and 8-bit activations, a scale for each group of neighbours.

    Fast for few rows, which are float32. Weights that are kept take memory once one of a packing
    is multiplied with; then all of that packing do.

    Args:
        knows_no_neighbours: a row's result does not depend on which others it is multiplied with;
            otherwise one row takes an eighth less time, and may be off in the last digit.
    """

    def __init__(self, *, knows_no_neighbours: bool = True) -> None:
        self._pairs = knows_no_neighbours
        self._matrices = self._new()

    def product(self, weight: Weight, bias: torch.Tensor | None = None) -> Product:
        """Multiplies in 4 and 8 bits."""
        fours = shelf.four_bits(shape_of(weight), lambda: quantized(whole(weight)))
        if not self._matrices.takes_more:
            self._matrices = self._new()
        multiply = self._matrices.add(fours)
        added, pairs = None if bias is None else bias.float(), self._pairs

        def product(x: torch.Tensor) -> torch.Tensor:
            rows = x.reshape(-1, x.shape[-1])
            row_count = len(rows)
            # The kernels take rows in pairs, and add up in another order what is left alone.
            if pairs and row_count % 2:
                rows = torch.cat((rows, rows[-1:]))
            y = multiply(rows)[:row_count]
            if pairs:
                # In 8 bits one NaN among activations is a number: an overflow would not be seen.
                y += rows[:row_count].sum(-1, keepdim=True) * 0
            y = y if added is None else y.add_(added)
            return y.view(*x.shape[:-1], -1)

        return product

    def _new(self) -> Matrices:
        # Who may know neighbours proposes to few answers; others step with any number.
        return Matrices(for_few_rows=not self._pairs)
