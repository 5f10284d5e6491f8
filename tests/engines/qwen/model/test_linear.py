"""Packed layers multiply as plain ones do, within the numbers they keep."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import nn
from torch.nn import functional
from transformers.activations import ACT2FN

from qasr_cli.engines.qwen.device import Placement, has_fbgemm, placement
from qasr_cli.engines.qwen.model.company import pieces
from qasr_cli.engines.qwen.model.products.choice import packing_for
from qasr_cli.engines.qwen.model.products.linear import joined

CPU = placement("cpu", "float32")


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    """Numbers of the size of weights."""
    return 0.02 * torch.randn(shape, generator=torch.Generator().manual_seed(seed))


for_reads_or_not = pytest.mark.parametrize("for_reads", [False, True])


@for_reads_or_not
@pytest.mark.parametrize("biased", [False, True])
@pytest.mark.parametrize("stored", [torch.float32, torch.float16, torch.bfloat16])
def test_what_is_stored_counts_in_full(stored: torch.dtype, biased: bool, for_reads: bool) -> None:
    """Weights of any number format multiply as they would in float32."""
    weight, x = random(48, 64).to(stored), random(3, 5, 64, seed=1)
    bias = random(48, seed=2).to(stored) if biased else None

    y = packing_for(CPU, for_reads=for_reads).product(weight, bias)(x)

    expected = functional.linear(x, weight.float(), None if bias is None else bias.float())
    torch.testing.assert_close(y, expected, atol=1e-7, rtol=1e-6)


@for_reads_or_not
def test_weights_beyond_half_precision_are_not_cut(for_reads: bool) -> None:
    """What float16 cannot hold stays in float32."""
    weight = torch.full((4, 4), 1e6, dtype=torch.bfloat16)
    packing = packing_for(CPU, for_reads=for_reads)

    assert torch.equal(packing.product(weight)(torch.eye(4)), weight.float())


@for_reads_or_not
def test_joined_layers_give_their_outputs_in_order(for_reads: bool) -> None:
    """One product in place of several."""
    layers = [torch.nn.Linear(8, size).bfloat16().requires_grad_(False) for size in (3, 5)]
    x = random(2, 8)

    y = joined(packing_for(CPU, for_reads=for_reads), *layers)(x)

    torch.testing.assert_close(y, torch.cat([layer.float()(x) for layer in layers], dim=-1))


@pytest.mark.skipif(not has_fbgemm(), reason="only x86 has these kernels")
@for_reads_or_not
@pytest.mark.parametrize("row_count", [1, 2, 3, 5, 33, 200])
def test_float32_knows_no_neighbours(row_count: int, for_reads: bool) -> None:
    """As wide as the layers of the published models, one row is what it is among many."""
    weight = random(512, 3072).bfloat16()
    x = random(400, 3072, seed=1)
    product = packing_for(CPU, for_reads=for_reads).product(weight)

    assert torch.equal(product(x[:row_count]), product(x)[:row_count])


@pytest.mark.skipif(not has_fbgemm(), reason="only x86 has these kernels")
def test_many_outputs_are_those_of_some_and_of_the_others() -> None:
    """As many as a language has tokens are packed piece by piece, which changes no digit."""
    weight, bias, x = random(20_000, 64).bfloat16(), random(20_000, seed=1), random(3, 64, seed=2)
    packing = packing_for(CPU)

    y = packing.product((weight[:9_000], weight[9_000:]), bias)(x)

    outputs = [slice(0, 50), slice(8_150, 8_250), slice(16_300, 20_000)]
    for some in outputs:
        assert torch.equal(y[:, some], packing.product(weight[some], bias[some])(x))


@pytest.mark.skipif(not has_fbgemm(), reason="only x86 has these kernels")
def test_threads_do_not_share_what_weights_are_made_float32_in() -> None:
    """Two models that read at once keep their numbers apart."""
    shapes = [(700, 300), (300, 700)]
    weights = [random(*shape, seed=seed).bfloat16() for seed, shape in enumerate(shapes)]
    rows = [random(40, shape[1], seed=9) for shape in shapes]
    products = [packing_for(CPU, for_reads=True).product(weight) for weight in weights]
    alone = [product(x) for product, x in zip(products, rows, strict=True)]

    def again(number: int) -> bool:
        return all(torch.equal(products[number](rows[number]), alone[number]) for _ in range(100))

    with ThreadPoolExecutor(2) as threads:
        assert all(threads.map(again, (0, 1)))


BFLOAT16 = placement("cpu", "bfloat16")
ACTIVATIONS = [None, ACT2FN["silu"], ACT2FN["gelu"], ACT2FN["relu"]]


def near(y: torch.Tensor, expected: torch.Tensor) -> bool:
    """Whether they differ by what bfloat16 rounds, once or twice."""
    return y.dtype == torch.bfloat16 and (y - expected).norm() < 0.006 * expected.norm()


@pytest.mark.parametrize("is_added_to", [False, True])
@pytest.mark.parametrize("biased", [False, True])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("rows", [1, 7, 33])
def test_bfloat16_does_in_one_go_what_others_do_in_steps(
    rows: int, activation: nn.Module | None, biased: bool, is_added_to: bool
) -> None:
    """Product, bias, activation and what is added are near those in full."""
    weight, x = (20 * random(48, 64)).bfloat16(), (50 * random(rows, 64, seed=1)).bfloat16()
    bias = (50 * random(48, seed=2)).bfloat16() if biased else None
    plus = (50 * random(rows, 48, seed=3)).bfloat16() if is_added_to else None

    y = packing_for(BFLOAT16).linear(weight, bias, activation=activation)(x, plus=plus)

    expected = functional.linear(
        x.double(), weight.double(), bias if bias is None else bias.double()
    )
    expected = expected if activation is None else activation(expected)
    assert near(y, expected if plus is None else expected + plus)


@pytest.mark.parametrize("activation", ACTIVATIONS[1:])
@pytest.mark.parametrize(("place", "most"), [(CPU, 1e-6), (BFLOAT16, 0.008)])
def test_a_gate_opens_what_another_layer_gives(
    place: Placement, most: float, activation: nn.Module
) -> None:
    """Whether both products are one or two."""
    gate, up = ((20 * random(48, 64, seed=seed)).bfloat16() for seed in (0, 1))
    x = (50 * random(5, 64, seed=2)).bfloat16()

    y = packing_for(place).gated(gate, up, activation)(x.to(place.dtype))

    opening, other = (functional.linear(x.double(), weight.double()) for weight in (gate, up))
    expected = activation(opening) * other
    assert (y - expected).norm() < most * expected.norm()


@pytest.mark.parametrize("row_count", [1, 2, 3, 4, 5, 8, 31])
def test_bfloat16_knows_no_neighbours(row_count: int) -> None:
    """As wide as the layers of the published models, one row is what it is among many.

    With AMX among as many as are a piece of work.
    """
    place = placement("cpu", "bfloat16")
    if not place.has_onednn:
        pytest.skip("this processor has no units for bfloat16")
    weight, up = (random(512, 2048, seed=seed).bfloat16() / 45 for seed in (1, 2))
    (many, *_) = pieces(64, place)
    x, plus = random(64, 2048).bfloat16()[many], random(64, 512, seed=3).bfloat16()[many]
    packing = packing_for(place)
    linear, gated = packing.linear(weight), packing.gated(weight, up, nn.SiLU())
    some = slice(row_count)

    for layer in (packing.product(weight), linear, gated):
        assert torch.equal(layer(x[some]), layer(x)[some])
    assert torch.equal(linear(x[some], plus=plus[some].clone()), linear(x, plus=plus.clone())[some])
