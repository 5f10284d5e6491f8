"""The best token, whichever way it is looked for."""

import pytest
import torch

from qasr_cli.engines.qwen.device import has_fbgemm, placement
from qasr_cli.engines.qwen.model.head import head_for

needs_fbgemm = pytest.mark.skipif(not has_fbgemm(), reason="no kernels for this processor")


def random(*shape: int, seed: int) -> torch.Tensor:
    """Normal numbers."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@needs_fbgemm
@pytest.mark.parametrize("token_count", [5, 5000])
@pytest.mark.parametrize("quantize", ["none", "int8"])
def test_the_best_token_is_found(quantize: str, token_count: int) -> None:
    """It and its score are those of all scores in full, also where 8 bits make a shortlist."""
    weight, states = random(token_count, 64, seed=0).bfloat16(), random(50, 64, seed=1)

    scores, tokens = head_for(placement("cpu", "float32", quantize), weight)(states)

    expected, best = (states @ weight.float().T).max(dim=-1)
    assert torch.equal(tokens, best)
    torch.testing.assert_close(scores, expected)


@needs_fbgemm
@pytest.mark.parametrize("quantize", ["none", "int8"])
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
