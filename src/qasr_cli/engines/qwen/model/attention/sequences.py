"""Attention within whole sequences."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, zip_longest

import torch
from torch.nn import functional

from qasr_cli.engines.qwen.device import Placement, multiplies_bfloat16
from qasr_cli.engines.qwen.model.heads import across
from qasr_cli.engines.qwen.model.ragged import RaggedAttention

# With bfloat16 torch's CPU kernel takes 3.4 ms for 408 positions and 1.9 for 416 (16 heads of 128,
# two threads of an Intel Xeon with AMX); so it does beside any other multiple of this. oneDNN's
# products keep code for every length (see `model/opaque.py`), of which there are fewer this way.
_LENGTH_MULTIPLE = 32
# Queries whose scores are worked on at once, without AMX: enough for full speed, and few enough
# that what comes after them is hardly computed (408 positions: 64 to 160 take the same time).
_BLOCK = 96


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sequences:
    """Whole sequences, one after the other.

    Attributes:
        lengths: of each, in positions.
        ragged: what attends to all of them at once; None where it is done length by length.
        ends: where they begin and end, as `ragged` takes it.
        in_blocks: each is worked on by itself, a block of queries after the other.
        dtype: in which number format; None = that of the queries.
    """

    lengths: Sequence[int]
    ragged: RaggedAttention | None = None
    ends: torch.Tensor | None = None
    in_blocks: bool = False
    dtype: torch.dtype | None = None


def sequences_of(
    lengths: Sequence[int], ragged: RaggedAttention | None, placement: Placement
) -> Sequences:
    """Sequences of these lengths, made once for all layers."""
    ends = None if ragged is None else ragged.ends(lengths, placement.device)
    return Sequences(
        lengths=lengths,
        ragged=ragged,
        ends=ends,
        in_blocks=_is_in_blocks(placement),
        dtype=placement.attention_dtype,
    )


def length_ahead(length: int, placement: Placement) -> int:
    """How many first positions, at most so many, can be read before others with the same result."""
    return length - length % _BLOCK if _is_in_blocks(placement) else 0


def _is_in_blocks(placement: Placement) -> bool:
    is_bfloat16 = placement.attention_dtype == torch.bfloat16 and placement.device.type == "cpu"
    return is_bfloat16 and multiplies_bfloat16() and not placement.has_tiles


def attend(
    q: torch.Tensor,
    k: torch.Tensor,
    v: torch.Tensor,
    sequences: Sequences,
    *,
    is_causal: bool,
    scale: float,
    befores: Sequence[tuple[torch.Tensor, torch.Tensor] | None] | None = None,
) -> torch.Tensor:
    """Attention of every position to its own sequence; shape (positions, heads * dim).

    Without an attention for any lengths, neighbours of equal length are worked on as one batch, or
    all one by one.

    Args:
        q: shape (positions, heads, dim).
        k, v: the same with as many or fewer heads, each serving as many query heads.
        befores: keys and values of positions before those of each sequence, in the number format of
            attention; only where sequences are worked on in blocks.
    """
    ragged, ends = sequences.ragged, sequences.ends
    if ragged is not None and ends is not None:
        longest = max(sequences.lengths)
        return ragged.over_sequences(q, k, v, ends, longest, is_causal=is_causal, scale=scale)
    given = q.dtype
    q, k, v = (t.to(sequences.dtype or given) for t in (q, k, v))
    if sequences.in_blocks:
        parts = [
            _attend_in_blocks(*each, is_causal=is_causal, scale=scale)
            for each in _one_by_one(q, k, v, sequences.lengths, befores or ())
        ]
    else:
        parts = [
            _attend_in_batch(*batch, is_causal=is_causal, scale=scale)
            for batch in _by_length(q, k, v, sequences.lengths)
        ]
    return torch.cat(parts).to(given)


def _by_length(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, lengths: Sequence[int]
) -> Iterator[tuple[torch.Tensor, ...]]:
    """Queries, keys and values of neighbours of equal length, (count, length, heads, dim) each."""
    first = 0
    for length, same in groupby(lengths):
        count = len(list(same))
        after = first + count * length
        yield tuple(t[first:after].view(count, length, *t.shape[1:]) for t in (q, k, v))
        first = after


def _attend_in_batch(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, *, is_causal: bool, scale: float
) -> torch.Tensor:
    """The same for sequences of one length; q, k and v have shape (count, length, heads, dim)."""
    length = q.shape[1]
    can_pad = is_causal and q.device.type == "cpu" and q.dtype == torch.bfloat16
    # Behind all others: no position sees what comes after it.
    padding = -length % _LENGTH_MULTIPLE if can_pad else 0
    queries, keys, values = (_lengthened(t, padding).transpose(1, 2) for t in (q, k, v))
    out = functional.scaled_dot_product_attention(
        queries,
        keys,
        values,
        is_causal=is_causal,
        scale=scale,
        enable_gqa=q.shape[2] != k.shape[2],
    )
    return out[:, :, :length].transpose(1, 2).flatten(2).flatten(0, 1)


def _one_by_one(
    q: torch.Tensor,
    k: torch.Tensor,
    v: torch.Tensor,
    lengths: Sequence[int],
    befores: Sequence[tuple[torch.Tensor, torch.Tensor] | None],
) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
    """Queries, keys and values of each sequence, with what lies before."""
    each = zip(*(t.split_with_sizes(list(lengths)) for t in (q, k, v)), strict=True)
    for (queries, keys, values), before in zip_longest(each, befores):
        if before is None:
            yield queries, keys, values
        else:
            yield queries, torch.cat((before[0], keys)), torch.cat((before[1], values))


def _attend_in_blocks(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, *, is_causal: bool, scale: float
) -> torch.Tensor:
    """The same for one sequence, by oneDNN's matrix products; its scores are bfloat16, as in steps.

    Where there are more keys than queries, these are its last positions, from a whole block on.
    Without AMX torch's fused kernel multiplies as slowly as with float32: 408 positions take
    18.2 ms with it and 7.1 so, 650 take 39 and 16 (16 heads of 128, one thread of an AMD EPYC with
    AVX512-BF16).
    """
    given_length = len(q)
    if is_causal:
        # Behind all others: no position sees what comes after it.
        missing_count = -given_length % _LENGTH_MULTIPLE
        q, k, v = (_lengthened(t, missing_count) for t in (q, k, v))
    length, head_count, dim = q.shape
    key_count, key_head_count = k.shape[:2]
    # The query heads that share a key head are its queries: nothing is repeated.
    scaled = q if scale == 1 else q * scale
    queries = scaled.view(length, key_head_count, -1, dim).permute(1, 2, 0, 3)
    keys, values = across(k), v.transpose(0, 1).contiguous()
    out = q.new_empty(queries.permute(2, 0, 1, 3).shape)
    filled = out.permute(1, 2, 0, 3)
    for first in range(0, length, _BLOCK):
        block = queries[:, :, first : first + _BLOCK]
        block_place = key_count - length + first
        seen_count = block_place + block.shape[2] if is_causal else key_count
        scores = block.flatten(1, 2) @ keys[..., :seen_count]
        if is_causal:
            comes_later = torch.ones(block.shape[2], block.shape[2], dtype=torch.bool).triu_(1)
            latest = scores.view(*block.shape[:3], seen_count)[..., block_place:]
            latest.masked_fill_(comes_later, -torch.inf)
        weights = scores.softmax(dim=-1)  # its sums are float32
        filled[:, :, first : first + _BLOCK] = (weights @ values[:, :seen_count]).view(block.shape)
    return out.view(length, head_count * dim)[:given_length]


def _lengthened(x: torch.Tensor, position_count: int) -> torch.Tensor:
    """Sequences, shape (..., positions, heads, dim), with so many positions of zeros appended."""
    return functional.pad(x, (0, 0, 0, 0, 0, position_count)) if position_count else x
