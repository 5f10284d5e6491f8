"""Rotary position embedding of queries and keys, joined with their norms and attention's scale."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch

from qasr_cli.engines.qwen.device import Placement


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rotation:
    """Norm weight, rotation and scale of queries or keys at their positions, in one step.

    Attributes:
        own, other: factors of a number and of its partner half the dim away, shape
            (positions, 1, dim).
    """

    own: torch.Tensor
    other: torch.Tensor

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """Rotated vectors, from vectors of mean square 1, shape (positions, heads, dim)."""
        half = x.shape[-1] // 2
        y = x * self.own
        y[..., :half].addcmul_(x[..., half:], self.other[..., :half])
        y[..., half:].addcmul_(x[..., :half], self.other[..., half:])
        return y


class Rotary:
    """Makes the rotations of every layer.

    Args:
        model: a `Qwen3Model` with all its layers.
        placement: where they shall work, and in which number format.
    """

    def __init__(self, model: Any, placement: Placement) -> None:  # noqa: ANN401  # see Checkpoint
        self._dtype = placement.dtype
        self._embedding = model.rotary_emb.to(placement.device)
        self._own_norms = _query_key_norms(model).to(placement.device)
        # The partner of a number in the first half comes in with the opposite sign.
        first, second = self._own_norms.chunk(2, dim=-1)
        self._other_norms = torch.cat([-second, first], dim=-1)

    def at(self, places: torch.Tensor) -> Iterator[tuple[Rotation, Rotation]]:
        """For each layer, how queries and how keys are rotated at these positions."""
        # Of float32 tensors the library makes float32 tables.
        cos, sin = (table[0][:, None] for table in self._embedding(self._own_norms, places[None]))
        for own, other in zip(self._own_norms, self._other_norms, strict=True):
            of_both = zip(
                (own * cos).to(self._dtype),
                (other * sin).to(self._dtype),
                strict=True,
            )
            queries, keys = (Rotation(own=mine, other=partners) for mine, partners in of_both)
            yield queries, keys


def _query_key_norms(model: Any) -> torch.Tensor:  # noqa: ANN401  # see Checkpoint
    """Weights of the norms of queries and keys, float32, shape (layers, 2, 1, 1, dim).

    Those of queries hold the scale of attention, too.
    """
    scale = model.config.head_dim**-0.5
    norms = [
        torch.stack(
            [
                layer.self_attn.q_norm.weight.float() * scale,
                layer.self_attn.k_norm.weight.float(),
            ]
        )
        for layer in model.layers
    ]
    return torch.stack(norms)[:, :, None, None]
