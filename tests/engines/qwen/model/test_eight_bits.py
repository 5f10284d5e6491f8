"""Layers in 8 bits are near those in full, row by row, with either library's kernels."""

import mmap
import os
import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from torch.nn import functional

from qasr_cli.engines.qwen.device import has_fbgemm, placement
from qasr_cli.engines.qwen.model import opaque, shelf
from qasr_cli.engines.qwen.model.company import pieces
from qasr_cli.engines.qwen.model.eight_bits import scaled
from qasr_cli.engines.qwen.model.eight_bits.packing import Int8
from qasr_cli.engines.qwen.model.eight_bits.quantized import EightBits, laid_out
from qasr_cli.engines.qwen.model.four_bits.quantized import FourBits

pytestmark = pytest.mark.skipif(not has_fbgemm(), reason="no kernels for this processor")
needs_onednn = pytest.mark.skipif(
    not scaled.are_onednns(), reason="this processor cuts off sums of 8-bit products (no VNNI)"
)
# How far a product of normal numbers may be off, as a share of its size.
ONEDNN_ERROR, FBGEMM_ERROR = 0.012, 0.02


@pytest.fixture(
    params=[
        pytest.param(ONEDNN_ERROR, marks=needs_onednn, id="oneDNN"),
        pytest.param(FBGEMM_ERROR, id="FBGEMM"),
    ]
)
def most(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> float:
    """The largest error of the kernels that multiply in a test."""
    error: float = request.param
    monkeypatch.setattr(scaled, "are_onednns", lambda: error == ONEDNN_ERROR)
    return error


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    """Numbers of the size of weights."""
    return 0.02 * torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("biased", [False, True])
@pytest.mark.parametrize("shape", [(256, 512), (1024, 1024), (1, 64), (3, 17), (33, 1023)])
def test_products_are_near(shape: tuple[int, int], biased: bool, most: float) -> None:
    """The error is a percent or two of the outputs' size, also where the matrix is of odd sizes."""
    weight, x = random(*shape).bfloat16(), random(2, 150, shape[1], seed=1)
    bias = random(shape[0], seed=2) if biased else None

    y = Int8().product(weight, bias)(x)

    expected = functional.linear(x, weight.float(), bias)
    assert (y.shape, y.dtype) == (expected.shape, torch.float32)
    assert (y - expected).norm() < most * expected.norm()


@needs_onednn
def test_8_bits_are_nearer_than_7(monkeypatch: pytest.MonkeyPatch) -> None:
    """OneDNN's weights have a step where FBGEMM's have two."""
    weight, x = random(256, 1024), random(64, 1024, seed=1)
    expected = functional.linear(x, weight)
    errors = []
    for are_onednns in (True, False):
        monkeypatch.setattr(scaled, "are_onednns", lambda are=are_onednns: are)
        errors.append(float((Int8().product(weight)(x) - expected).norm()))

    assert errors[0] < 0.75 * errors[1]


@pytest.mark.usefixtures("most")
@pytest.mark.parametrize("row_count", [1, 2, 5, 33])
def test_the_greatest_sums_are_not_cut_off(row_count: int) -> None:
    """Nothing but the largest numbers, of either sign, on both sides."""
    signs = torch.ones(1024).index_fill_(0, torch.arange(1, 1024, 2), -1)
    weight = torch.stack([torch.ones(1024), -torch.ones(1024), signs])
    x = 1000 * torch.stack([torch.ones(1024), -torch.ones(1024), signs]).repeat(row_count, 1)

    y = Int8().product(weight)(x)

    torch.testing.assert_close(y, x @ weight.T, rtol=0.005, atol=0.005 * 1000 * 1024)


@needs_onednn
def test_onednn_with_fewer_instructions_is_not_taken() -> None:
    """Held to AVX2 it cuts sums off and says nothing, whatever the processor has."""
    program = (
        "from qasr_cli.engines.qwen.model.eight_bits.scaled import are_onednns\n"
        "print(are_onednns())"
    )
    environment = os.environ | {"ONEDNN_MAX_CPU_ISA": "AVX2"}

    found = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )

    assert found.stdout == "False\n"


@pytest.mark.usefixtures("most")
@pytest.mark.parametrize("shape", [(96, 640), (512, 2048), (3, 17)])
def test_rows_know_no_neighbours(shape: tuple[int, int]) -> None:
    """A row has the same result, to the last bit, beside any number of rows of any size.

    With AMX and so few inputs beside as many as are a piece of work.
    """
    layer = Int8().product(random(*shape))
    (some, *_) = pieces(33, placement("cpu", "auto", "int8"))
    x = torch.cat([random(7, shape[1]), 1000 * torch.ones(1, shape[1]), random(25, shape[1])])[some]

    together = layer(x)

    for count in range(1, len(x) + 1):
        assert torch.equal(layer(x[:count]), together[:count])
    assert all(torch.equal(layer(row[None])[0], y) for row, y in zip(x, together, strict=True))


@pytest.mark.usefixtures("most")
@pytest.mark.parametrize("row", range(3))
@pytest.mark.parametrize("number", [torch.nan, torch.inf, -torch.inf])
def test_what_is_no_number_stays_so_in_its_row(number: float, row: int) -> None:
    """And zeros stay zeros."""
    x = torch.zeros(3, 64)
    x[row, 5] = number

    y = Int8().product(random(4, 64))(x)

    assert not y[row].isfinite().any()
    assert torch.equal(torch.cat([y[:row], y[row + 1 :]]), torch.zeros(2, 4))


@pytest.mark.usefixtures("most")
def test_weights_of_nothing_give_nothing() -> None:
    """An output without weights has no scale of its own, and is zero."""
    weight = random(4, 64)
    weight[2] = 0

    y = Int8().product(weight)(random(5, 64, seed=1))

    assert torch.equal(y[:, 2], torch.zeros(5))
    assert y.isfinite().all()


class _Given:
    """A shelf on which one weight of 8 bits stands, which nobody lays out."""

    is_filled, has_four_bits = True, False

    def __init__(self, weight: EightBits) -> None:
        self._weight = weight

    def laid_out(self, _: tuple[int, int], __: object) -> torch.Tensor:
        raise AssertionError

    def eight_bits(self, _: tuple[int, int], __: object) -> EightBits:
        return self._weight

    def four_bits(self, _: tuple[int, int], __: object) -> FourBits:
        raise AssertionError


@needs_onednn
@pytest.mark.parametrize("shape", [(256, 512), (1, 64), (3, 17), (1000, 1024)])
def test_a_weight_is_the_same_from_its_bytes(shape: tuple[int, int]) -> None:
    """What is mapped multiplies as what was laid out, whatever place in memory it begins at."""
    weight = random(*shape)
    made = laid_out(weight)
    layout, numbers = opaque.bytes_of(made.packed)
    with mmap.mmap(-1, 4096 + len(numbers)) as memory:
        memory[4096:] = bytes(numbers)
        packed = opaque.over(memory, 4096, shape=shape[::-1], layout=layout, dtype=torch.int8)
        with shelf.taking_from(_Given(replace(made, packed=packed))):
            layer = Int8().product(torch.empty(shape))
        x = random(33, shape[1], seed=1)

        assert torch.equal(layer(x), Int8().product(weight)(x))
        assert torch.equal(layer(x[:1]), Int8().product(weight)(x[:1]))
        del layer, packed


@needs_onednn
def test_torch_gives_weights_back() -> None:
    """This torch takes the bytes of one in 8 bits back, so that it can be kept."""
    assert scaled.can_be_kept()


@needs_onednn
def test_a_torch_that_gives_others_back_is_noticed() -> None:
    """A weight whose bytes are read as another's is not kept."""
    made = laid_out(random(96, 64))
    products = iter([torch.zeros(3), torch.ones(3)])

    assert not opaque.is_given_back(made.packed, lambda _: next(products))


def test_nothing_is_kept_that_is_not_onednns(monkeypatch: pytest.MonkeyPatch) -> None:
    """FBGEMM's weights cannot be had out of their object."""
    monkeypatch.setattr(scaled, "are_onednns", lambda: False)

    assert not scaled.can_be_kept()
