"""Packed layers multiply as plain ones do, within the numbers they keep."""

import pytest
import torch
from torch.nn import functional

from qasr_cli.engines.qwen.device import has_fbgemm, placement
from qasr_cli.engines.qwen.linear import joined, pack_for, pack_int8

CPU = placement("cpu", "float32")
needs_fbgemm = pytest.mark.skipif(not has_fbgemm(), reason="no kernels for this processor")


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    """Numbers of the size of weights."""
    return 0.02 * torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("biased", [False, True])
@pytest.mark.parametrize("stored", [torch.float32, torch.float16, torch.bfloat16])
def test_what_is_stored_counts_in_full(stored: torch.dtype, biased: bool) -> None:
    """Weights of any number format multiply as they would in float32."""
    weight, x = random(48, 64).to(stored), random(3, 5, 64, seed=1)
    bias = random(48, seed=2).to(stored) if biased else None

    y = pack_for(CPU)(weight, bias)(x)

    expected = functional.linear(x, weight.float(), None if bias is None else bias.float())
    torch.testing.assert_close(y, expected, atol=1e-7, rtol=1e-6)


def test_weights_beyond_half_precision_are_not_cut() -> None:
    """What float16 cannot hold stays in float32."""
    weight = torch.full((4, 4), 1e6, dtype=torch.bfloat16)

    assert torch.equal(pack_for(CPU)(weight)(torch.eye(4)), weight.float())


def test_joined_layers_give_their_outputs_in_order() -> None:
    """One product in place of several."""
    layers = [torch.nn.Linear(8, size).requires_grad_(False) for size in (3, 5)]
    x = random(2, 8)

    expected = torch.cat([layer(x) for layer in layers], dim=-1)
    torch.testing.assert_close(joined(pack_for(CPU), *layers)(x), expected)


@needs_fbgemm
def test_eight_bits_are_near() -> None:
    """The error of 8 bits is a few percent of the outputs' size."""
    weight, bias, x = random(256, 512), random(256, seed=1), random(16, 512, seed=2)

    y = pack_int8(weight, bias)(x)

    expected = functional.linear(x, weight, bias)
    assert (y - expected).norm() < 0.03 * expected.norm()


@needs_fbgemm
def test_eight_bits_know_no_neighbours() -> None:
    """A row has the same result beside rows of any size, and the extremes are not cut off."""
    layer = pack_int8(torch.ones(16, 64), None)
    x = torch.cat([random(3, 64), torch.ones(1, 64), -1000 * torch.ones(1, 64)])

    together = layer(x)

    for row, alone in zip(together, x, strict=True):
        assert torch.equal(row, layer(alone[None])[0])
    expected = torch.tensor([[64.0], [-64_000.0]]).expand(2, 16)
    torch.testing.assert_close(together[3:], expected, rtol=0.01, atol=0)


@needs_fbgemm
@pytest.mark.parametrize("row", range(3))
@pytest.mark.parametrize("number", [torch.nan, torch.inf])
def test_eight_bits_of_nothing_are_nothing(number: float, row: int) -> None:
    """Zeros stay zeros, and what is no number stays so in its own row."""
    x = torch.zeros(3, 64)
    x[row, 5] = number

    y = pack_int8(random(4, 64))(x)

    assert not y[row].isfinite().any()
    assert torch.equal(torch.cat([y[:row], y[row + 1 :]]), torch.zeros(2, 4))
