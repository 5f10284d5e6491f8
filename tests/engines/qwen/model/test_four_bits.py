"""Layers of 4-bit weights multiply as their weights say, row by row."""

import onnxruntime
import pytest
import torch
from torch import nn
from torch.nn import functional

from qasr_cli.engines.qwen.model.four_bits import matmul, onnx_bytes
from qasr_cli.engines.qwen.model.four_bits.packing import Int4
from qasr_cli.engines.qwen.model.four_bits.quantized import quantized


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    """Numbers of the size of weights."""
    return 0.02 * torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("input_count", [64, 128, 200, 1024])
def test_four_bits_are_near(input_count: int) -> None:
    """The error of normal weights is a tenth of their size, also where groups are not full."""
    weight = random(300, input_count)

    found = quantized(weight).dequantized()

    assert (found - weight).norm() < 0.105 * weight.norm()


def test_what_four_bits_hold_stays_as_it_is() -> None:
    """Sixteen numbers in equal steps, from wherever; zeros; and a group of one number."""
    steps = torch.arange(16.0).repeat(8)
    weight = torch.stack([0.5 * (steps - 3), 2 * steps, -steps, torch.zeros(128), torch.ones(128)])

    torch.testing.assert_close(quantized(weight).dequantized(), weight)


@pytest.mark.parametrize("biased", [False, True])
@pytest.mark.parametrize("row_count", [1, 2, 5, 40])
def test_rows_are_multiplied_with_the_weights_of_four_bits(row_count: int, biased: bool) -> None:
    """What comes on top is the rounding of the rows to 8 bits."""
    weight, x = random(256, 200), random(1, row_count, 200, seed=1)
    bias = random(256, seed=2) if biased else None

    y = Int4().product(weight.bfloat16(), bias)(x)

    expected = functional.linear(x, quantized(weight.bfloat16()).dequantized(), bias)
    assert (y.shape, y.dtype) == ((1, row_count, 256), torch.float32)
    assert (y - expected).norm() < 0.01 * expected.norm()


def test_four_bits_know_no_neighbours() -> None:
    """A row has the same result beside any number of rows of any size."""
    layer = Int4().product(random(96, 640))
    x = torch.cat([random(7, 640, seed=1), 1000 * torch.ones(1, 640), random(33, 640, seed=2)])

    together = layer(x)

    for count in (1, 2, 3, 8, 9):
        assert torch.equal(layer(x[:count]), together[:count])
    assert all(torch.equal(layer(row[None])[0], y) for row, y in zip(x, together, strict=True))


def test_gates_and_sums_are_those_of_the_product() -> None:
    """A gated layer is made of two, and what is added is added."""
    gate, up, x, plus = random(64, 128), random(64, 128, seed=1), random(3, 128), random(3, 64)

    gated = Int4().gated(gate, up, nn.SiLU())(x)
    linear = Int4().linear(up)(x, plus=plus.clone())

    opening, other = Int4().product(gate)(x), Int4().product(up)(x)
    torch.testing.assert_close(gated, functional.silu(opening) * other)
    torch.testing.assert_close(linear, other + plus)


@pytest.mark.parametrize("row_count", [1, 2, 5])
def test_an_overflow_is_seen(row_count: int) -> None:
    """One number that is none makes its own row none, and no other."""
    rows = random(row_count, 256)
    rows[0, 7] = float("nan")

    y = Int4().product(random(64, 256))(rows)

    assert bool(y[0].isnan().all())
    assert not bool(y[1:].isnan().any())


@pytest.mark.parametrize(
    ("version", "how"), [("1.23.2", ["0", None]), ("1.32.0", ["1", "20"]), ("2.0", ["1", "20"])]
)
def test_threads_spin_only_where_that_ends_soon(
    version: str, how: list[str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Versions of onnxruntime that do not know how to spin briefly do not at all."""
    monkeypatch.setattr(onnxruntime, "__version__", version)
    graph, weight = onnx_bytes.Graph(), quantized(random(32, 128))
    graph.fields += [
        onnx_bytes.graph_input("x", onnx_bytes.FLOAT, ("rows", 128)),
        onnx_bytes.graph_output("y", onnx_bytes.FLOAT, ("rows", 32)),
    ]
    matmul.add_product(graph, weight, "x", "y")
    given = matmul.session_of(graph, 2).get_session_options()

    def said(name: str) -> str | None:
        try:
            return str(given.get_session_config_entry(f"session.intra_op.{name}"))
        except RuntimeError:  # nothing
            return None

    assert [said("allow_spinning"), said("spin_duration_us")] == how
