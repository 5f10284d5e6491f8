"""Attention within sequences, and to answers in the making."""

import pytest
import torch

from qasr_cli.engines.qwen import device
from qasr_cli.engines.qwen.device import placement
from qasr_cli.engines.qwen.model.attention import cached, few_rows
from qasr_cli.engines.qwen.model.attention.cached import (
    AS_FIRST_OPERANDS,
    AS_SECOND_OPERANDS,
    OF_FEW_ROWS,
    CacheProducts,
    attend_ahead,
    attend_to_rows,
    products_for,
)
from qasr_cli.engines.qwen.model.attention.sequences import Sequences, attend
from qasr_cli.engines.qwen.model.rows import slots_ahead


@pytest.mark.parametrize("products", [AS_FIRST_OPERANDS, AS_SECOND_OPERANDS, OF_FEW_ROWS])
def test_several_positions_of_a_row_attend_as_each_would_alone(products: CacheProducts) -> None:
    """Rows of unlike lengths; each position sees what lies before it, and itself."""
    chance = torch.Generator().manual_seed(0)
    lengths, ahead, held, head_count, key_heads, dim = [3, 7], 3, 12, 4, 2, 8
    keys, values = (torch.randn(2, key_heads, held, dim, generator=chance) for _ in range(2))
    q = torch.randn(len(lengths) * ahead, head_count, dim, generator=chance)
    slots = slots_ahead(lengths, ahead, held_count=held)

    together = attend_ahead(q, keys, values, slots.is_hidden, products)

    assert slots.places.tolist() == [3, 4, 5, 7, 8, 9]
    for number, (row, place) in enumerate(
        zip(slots.rows.tolist(), slots.places.tolist(), strict=True)
    ):
        seen = slice(row, row + 1), slice(None), slice(place + 1)
        alone = attend_to_rows(q[number : number + 1], keys[seen], values[seen], None, products)
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


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("row_count", [1, 3])
def test_products_of_few_rows_are_what_matrix_products_are(
    dtype: torch.dtype, row_count: int
) -> None:
    """Also of second operands that lie in pieces; with sums in float32."""
    chance = torch.Generator().manual_seed(0)
    x = torch.randn(2, 3, row_count, 50, generator=chance).to(dtype)
    held = torch.randn(2, 3, 50, 70, generator=chance).to(dtype)

    for y in (held, held[..., :33], held.transpose(2, 3)[..., :50].contiguous().transpose(2, 3)):
        found = few_rows.multiply(x[..., : y.shape[2]], y)
        assert found.dtype == dtype
        expected = x.double() @ y.double()
        torch.testing.assert_close(
            found.double(), expected, rtol=2e-5 if dtype == torch.float32 else 2**-8, atol=1e-5
        )


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_row_of_such_products_is_the_same_in_any_company(dtype: torch.dtype) -> None:
    """To the bit: among other matrices and other rows, and with any number of threads."""
    chance = torch.Generator().manual_seed(0)
    x = torch.randn(40, 2, 300, generator=chance).to(dtype)
    y = torch.randn(40, 300, 96, generator=chance).to(dtype)
    together = few_rows.multiply(x, y)
    count = torch.get_num_threads()
    torch.set_num_threads(2 if count == 1 else 1)
    try:
        assert torch.equal(few_rows.multiply(x, y), together)
    finally:
        torch.set_num_threads(count)

    assert torch.equal(few_rows.multiply(x[7:9, :1], y[7:9]), together[7:9, :1])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_what_overflows_among_few_rows_is_seen(dtype: torch.dtype) -> None:
    """A number that is none makes none of all that it is added to, and of nothing else."""
    x, y = torch.ones(2, 2, 5, dtype=dtype), torch.ones(2, 5, 3, dtype=dtype)
    x[0, 1, 2] = torch.nan
    y[1, 4, 0] = torch.inf

    found = few_rows.multiply(x, y)

    assert found.isnan().tolist() == [[[False] * 3, [True] * 3], [[False] * 3] * 2]
    assert found[1].tolist() == [[torch.inf, 5, 5]] * 2


def test_kinds_of_processors_have_the_products_that_they_are_fast_with(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With tiles, with FBGEMM, and with neither; a cache lies as they read it."""
    place = placement("cpu", "bfloat16")
    monkeypatch.setattr(device, "has_amx", lambda: True)
    assert products_for(place) is AS_FIRST_OPERANDS
    monkeypatch.setattr(device, "has_amx", lambda: False)
    monkeypatch.setattr(cached, "has_fbgemm", lambda: True)
    assert products_for(place) is OF_FEW_ROWS
    monkeypatch.setattr(cached, "has_fbgemm", lambda: False)
    assert products_for(place) is AS_SECOND_OPERANDS
