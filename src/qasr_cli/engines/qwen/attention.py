"""Attention within each of many sequences that lie one after the other, without padding."""

from collections.abc import Sequence
from itertools import groupby

import torch
from torch.nn import functional


def attend(
    q: torch.Tensor,
    k: torch.Tensor,
    v: torch.Tensor,
    lengths: Sequence[int],
    *,
    is_causal: bool,
    scale: float,
) -> torch.Tensor:
    """What every position takes from its own sequence; shape (positions, heads * dim).

    Neighbours of equal length are worked on as one batch.

    Args:
        q: shape (positions, heads, dim).
        k, v: the same with as many or fewer heads, each serving as many query heads.
        lengths: of the sequences, in positions.
    """
    parts = []
    first = 0
    for length, same in groupby(lengths):
        count = len(list(same))
        after = first + count * length
        queries, keys, values = (
            t[first:after].view(count, length, *t.shape[1:]).transpose(1, 2) for t in (q, k, v)
        )
        out = functional.scaled_dot_product_attention(
            queries,
            keys,
            values,
            is_causal=is_causal,
            scale=scale,
            enable_gqa=q.shape[1] != k.shape[1],
        )
        parts.append(out.transpose(1, 2).flatten(2).flatten(0, 1))
        first = after
    return torch.cat(parts)
