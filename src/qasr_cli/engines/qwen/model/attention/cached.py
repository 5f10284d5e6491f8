"""Attention of single positions to a key-value cache."""

from collections.abc import Callable
from dataclasses import dataclass

import torch

from qasr_cli.engines.qwen.device import Placement, has_fbgemm
from qasr_cli.engines.qwen.model.attention import few_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheProducts:
    """How queries are multiplied with the keys of a cache, and weights with its values.

    Attributes:
        come_first: keys and values are the first operands of matrix products. These read them best
            where a key's numbers lie side by side, and of all values the first numbers, then the
            second ones; all others read them best where it is the other way round.
        scores: from queries, shape (rows, key heads, queries, dim), and keys, shape (rows, key
            heads, positions, dim), to shape (rows, key heads, queries, positions).
        sums: from weights, shaped like scores, and values, shaped like keys, to a shape like
            queries.
    """

    come_first: bool
    scores: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
    sums: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


AS_FIRST_OPERANDS = CacheProducts(
    come_first=True,
    scores=lambda queries, keys: _turned(keys @ _turned(queries)),
    sums=lambda weights, values: (values.transpose(2, 3) @ _turned(weights)).transpose(2, 3),
)
AS_SECOND_OPERANDS = CacheProducts(
    come_first=False,
    scores=lambda queries, keys: queries @ keys.transpose(2, 3),
    sums=torch.matmul,
)
OF_FEW_ROWS = CacheProducts(
    come_first=False,
    scores=lambda queries, keys: few_rows.multiply(queries, keys.transpose(2, 3)),
    sums=few_rows.multiply,
)


def products_for(placement: Placement) -> CacheProducts:
    """Those that are fastest on a CPU of this kind.

    Tiles (AMX) are fed by rows of a first operand at the speed of memory, while a second one is
    laid out beforehand (32 rows of 448 positions, two threads of a Xeon with AMX: 3.1 ms a layer in
    place of 4.5). Without them it is the other way round, and best by a kernel for few rows. By the
    kind of processor, not by a trial: another order gives other last digits, so what is heard would
    depend on how busy a machine was.
    """
    if placement.has_tiles:
        return AS_FIRST_OPERANDS
    return OF_FEW_ROWS if has_fbgemm() else AS_SECOND_OPERANDS


def attend_to_rows(
    q: torch.Tensor,
    keys: torch.Tensor,
    values: torch.Tensor,
    is_hidden: torch.Tensor | None,
    products: CacheProducts,
) -> torch.Tensor:
    """Attention of one position of every row to that row's cache; shape (rows, heads * dim).

    Args:
        q: scaled, shape (rows, heads, dim).
        keys, values: shape (rows, key heads, positions, dim), perhaps in another number format.
        is_hidden: positions that are not there, shape (rows, 1, 1, positions), or None.
    """
    # The query heads that share a key head are its queries: nothing is repeated.
    queries = q.to(keys.dtype).view(len(q), keys.shape[1], -1, q.shape[-1])
    scores = products.scores(queries, keys)
    if is_hidden is not None:
        scores = scores.masked_fill_(is_hidden, -torch.inf)
    weights = scores.softmax(dim=-1)  # its sums are float32
    return products.sums(weights, values).flatten(1).to(q.dtype)


def attend_ahead(
    q: torch.Tensor,
    keys: torch.Tensor,
    values: torch.Tensor,
    is_hidden: torch.Tensor | None,
    products: CacheProducts,
) -> torch.Tensor:
    """Attention of several positions of every row to that row's cache.

    Args:
        q: scaled, shape (rows * positions, heads, dim), one row's positions after the other's.
        keys, values: as in `attend_to_rows`.
        is_hidden: positions that are not there, shape (rows * positions, 1, 1, held positions), or
            None.

    Returns:
        Shape (rows * positions, heads * dim).
    """
    row_count, head_count, held_count, dim = keys.shape
    # All queries of a key head side by side, as if more heads shared it: it is read once.
    grouped = q.view(row_count, -1, head_count, q.shape[1] // head_count, dim).transpose(1, 2)
    _, _, position_count, group_size, _ = grouped.shape
    if is_hidden is not None:
        is_hidden = is_hidden.expand(-1, -1, group_size, -1).reshape(row_count, 1, -1, held_count)
    out = attend_to_rows(grouped.reshape(row_count, -1, dim), keys, values, is_hidden, products)
    return (
        out.view(row_count, head_count, position_count, group_size, dim)
        .transpose(1, 2)
        .reshape(row_count * position_count, -1)
    )


def _turned(x: torch.Tensor) -> torch.Tensor:
    return x.transpose(2, 3).contiguous()
