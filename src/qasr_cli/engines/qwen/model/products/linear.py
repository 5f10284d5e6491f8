"""Linear layers: what they do, and what packs their weights."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Protocol

import torch
from torch import nn

# From rows to rows, shape (..., inputs) to (..., outputs).
Product = Callable[[torch.Tensor], torch.Tensor]
# A matrix, shape (outputs, inputs), or some that become one, the one's outputs after the other's:
# who finds them packed already has no need to put them together.
Weight = torch.Tensor | tuple[torch.Tensor, ...]
Activation = Callable[[torch.Tensor], torch.Tensor]


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


def joined(packing: Packing, *layers: nn.Linear, activation: Activation | None = None) -> Linear:
    """One layer whose output is the outputs of several, one after the other."""
    has_bias = all(layer.bias is not None for layer in layers)
    return packing.linear(
        tuple(layer.weight for layer in layers),
        torch.cat(tuple(layer.bias for layer in layers)) if has_bias else None,
        activation=activation,
    )


def parts_of(weight: Weight) -> tuple[torch.Tensor, ...]:
    """The matrices that become one."""
    return (weight,) if isinstance(weight, torch.Tensor) else weight


def shape_of(weight: Weight) -> tuple[int, int]:
    """Outputs and inputs of the matrix."""
    parts = parts_of(weight)
    return sum(len(part) for part in parts), parts[0].shape[1]


def whole(weight: Weight) -> torch.Tensor:
    """The matrix, put together."""
    return weight if isinstance(weight, torch.Tensor) else torch.cat(weight)
