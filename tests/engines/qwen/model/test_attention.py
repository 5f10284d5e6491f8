"""Attention within sequences, and to answers in the making."""

import pytest
import torch

from qasr_cli.engines.qwen.model.attention import (
    Sequences,
    attend,
    attend_ahead,
    attend_to_rows,
)
from qasr_cli.engines.qwen.model.rows import slots_ahead


@pytest.mark.parametrize("come_first", [False, True])
def test_several_positions_of_a_row_attend_as_each_would_alone(come_first: bool) -> None:
    """Rows of unlike lengths; each position sees what lies before it, and itself."""
    chance = torch.Generator().manual_seed(0)
    lengths, ahead, held, head_count, key_heads, dim = [3, 7], 3, 12, 4, 2, 8
    keys, values = (torch.randn(2, key_heads, held, dim, generator=chance) for _ in range(2))
    q = torch.randn(len(lengths) * ahead, head_count, dim, generator=chance)
    slots = slots_ahead(lengths, ahead, held_count=held)

    together = attend_ahead(q, keys, values, slots.is_hidden, come_first=come_first)

    assert slots.places.tolist() == [3, 4, 5, 7, 8, 9]
    for number, (row, place) in enumerate(
        zip(slots.rows.tolist(), slots.places.tolist(), strict=True)
    ):
        seen = slice(row, row + 1), slice(None), slice(place + 1)
        alone = attend_to_rows(
            q[number : number + 1], keys[seen], values[seen], None, come_first=come_first
        )
        torch.testing.assert_close(together[number], alone[0], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("is_causal", [False, True])
def test_a_block_of_queries_after_the_other_is_the_attention_of_all(is_causal: bool) -> None:
    """Sequences that end within a block, with one, and in the first; each as it is alone."""
    chance = torch.Generator().manual_seed(0)
    lengths, head_count, key_heads, dim = [250, 192, 5], 4, 2, 64
    q = torch.randn(sum(lengths), head_count, dim, generator=chance).bfloat16()
    k, v = (torch.randn(len(q), key_heads, dim, generator=chance).bfloat16() for _ in range(2))

    def attended(part: slice, lengths: list[int]) -> torch.Tensor:
        sequences = Sequences(lengths=lengths, in_blocks=True)
        return attend(q[part], k[part], v[part], sequences, is_causal=is_causal, scale=dim**-0.5)

    expected = attend(
        *(q.float(), k.float(), v.float(), Sequences(lengths=lengths)),
        is_causal=is_causal,
        scale=dim**-0.5,
    )
    together = attended(slice(None), lengths)

    torch.testing.assert_close(together.float(), expected, rtol=0.02, atol=0.02)
    first = 0
    for length in lengths:
        part = slice(first, first := first + length)
        assert torch.equal(attended(part, [length]), together[part])


@pytest.mark.parametrize("in_blocks", [False, True])
def test_float32_may_be_attended_to_in_bfloat16(in_blocks: bool) -> None:
    """As beside 8 bits: it is the attention of the rounded numbers, in the format of the given."""
    chance = torch.Generator().manual_seed(0)
    lengths, dim = [70, 70, 9], 32
    q, k, v = (torch.randn(sum(lengths), 4, dim, generator=chance) for _ in range(3))

    def attended(given: torch.dtype, dtype: torch.dtype | None) -> torch.Tensor:
        sequences = Sequences(lengths=lengths, in_blocks=in_blocks, dtype=dtype)
        part = [t.to(given) for t in (q, k, v)]
        return attend(part[0], part[1], part[2], sequences, is_causal=True, scale=dim**-0.5)

    found, expected = attended(torch.float32, torch.bfloat16), attended(torch.bfloat16, None)

    assert found.dtype == torch.float32
    assert torch.equal(found, expected.float())
