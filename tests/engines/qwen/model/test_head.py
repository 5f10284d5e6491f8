"""The best token, whichever way it is looked for."""

import pytest
import torch

from qasr_cli.engines.qwen.device import has_fbgemm, placement
from qasr_cli.engines.qwen.model.head import head_for
from qasr_cli.engines.qwen.model.packed_choice import choice_in, choices_in, probability_in

needs_fbgemm = pytest.mark.skipif(not has_fbgemm(), reason="no kernels for this processor")


def random(*shape: int, seed: int) -> torch.Tensor:
    """Normal numbers."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@needs_fbgemm
@pytest.mark.parametrize("token_count", [5, 5000])
@pytest.mark.parametrize("quantize", ["none", "int8", "int4"])
def test_the_best_token_is_found(quantize: str, token_count: int) -> None:
    """It and its score are those of all scores in full, also where few bits make a shortlist."""
    weight, states = random(token_count, 64, seed=0).bfloat16(), random(50, 64, seed=1)

    scores, tokens = head_for(placement("cpu", "float32", quantize), weight)(states)

    expected, best = (states @ weight.float().T).max(dim=-1)
    assert torch.equal(tokens, best)
    torch.testing.assert_close(scores, expected)


@needs_fbgemm
@pytest.mark.parametrize("quantize", ["none", "int8", "int4"])
def test_no_number_has_no_score(quantize: str) -> None:
    """A row that overflowed is told by its score; its neighbour is not."""
    states = random(2, 64, seed=1)
    states[0, 3] = torch.nan

    scores, tokens = head_for(
        placement("cpu", "float32", quantize), random(100, 64, seed=0).bfloat16()
    )(states)

    assert scores[0].isnan()
    assert scores[1].isfinite()
    assert 0 <= tokens.min() <= tokens.max() < 100


@needs_fbgemm
@pytest.mark.parametrize("quantize", ["none", "int8", "int4"])
def test_the_best_token_knows_its_share(quantize: str) -> None:
    """Of the softmax of all scores in full; fewer bits are off by little."""
    weight, states = random(5000, 64, seed=0).bfloat16(), random(50, 64, seed=1)

    head = head_for(placement("cpu", "float32", quantize), weight, with_probability=True)
    scores, packed = head(states)

    expected, best = (states @ weight.float().T).softmax(dim=-1).max(dim=-1)
    assert torch.equal(choices_in(packed), best)
    assert scores.isfinite().all()
    shares = torch.tensor([probability_in(number) for number in packed.tolist()])
    torch.testing.assert_close(shares, expected, atol=1e-5 if quantize == "none" else 0.05, rtol=0)
    assert [choice_in(number) for number in packed.tolist()] == best.tolist()


@needs_fbgemm
@pytest.mark.parametrize("quantize", ["int8", "int4"])
@pytest.mark.parametrize("hidden_size", [1024, 2048])
def test_a_row_alone_has_the_digits_it_has_in_company(quantize: str, hidden_size: int) -> None:
    """Score, token and probability are equal to the bit: a check of several tokens is one step."""
    weight = random(3000, hidden_size, seed=0).bfloat16()
    states = random(48, hidden_size, seed=1)
    head = head_for(placement("cpu", "float32", quantize), weight, with_probability=True)

    in_company, alone = head(states), [head(state[None]) for state in states]

    for number, found in enumerate(in_company):
        assert torch.equal(found, torch.cat([each[number] for each in alone]))


def test_what_was_never_packed_stays() -> None:
    """A token as it came, and the mark of one that there is not."""
    assert [choice_in(number) for number in (-1, 0, 151_935)] == [-1, 0, 151_935]
