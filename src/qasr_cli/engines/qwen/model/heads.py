"""Queries, keys and values of some positions, as they go to attention and into a cache."""

from dataclasses import dataclass

import torch


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Heads:
    """Queries, keys and values, normalised, rotated, and the queries scaled.

    Attributes:
        q: shape (positions, heads, dim).
        k, v: the same with as many or fewer heads.
        kv: both of them, shape (positions, 2, key heads, dim), where they lie side by side; there
            one write takes them. None where they do not.
    """

    q: torch.Tensor
    k: torch.Tensor
    v: torch.Tensor
    kv: torch.Tensor | None = None
