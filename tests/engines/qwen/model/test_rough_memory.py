"""Keys and values of rough steps, in float32 and in 8 bits."""

from collections.abc import Callable

import pytest
import torch

from qasr_cli.engines.qwen.model.four_bits import rough_memory
from qasr_cli.engines.qwen.model.four_bits.rough_memory import Held, HeldInEightBits, held_for
from qasr_cli.engines.qwen.model.ragged_trial import HeadShape
from tests.engines.rough_numbers import numbers_in

SHAPE = (2, 3, 8, 64)  # rows, key heads, positions, dim
kinds = pytest.mark.parametrize("kind", [Held, HeldInEightBits])
MakeHeld = Callable[[torch.Tensor], Held]


def random() -> torch.Tensor:
    """What a cache may hold: normal numbers."""
    return torch.randn(SHAPE, generator=torch.Generator().manual_seed(0))


def room(kind: MakeHeld) -> Held:
    """In which nothing was written."""
    dtype = torch.int8 if kind is HeldInEightBits else torch.float32
    return kind(torch.zeros(SHAPE, dtype=dtype))


def off(found: torch.Tensor, expected: torch.Tensor) -> float:
    """How far, in units of the size of what is expected."""
    return float((found - expected).norm() / expected.norm())


@pytest.mark.parametrize(
    ("version", "dtype"), [((1, 26), torch.float32), ((1, 27), torch.int8), ((2, 0), torch.int8)]
)
def test_8_bits_are_for_an_onnxruntime_that_takes_them(
    version: tuple[int, int], dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others have float32, as before."""
    monkeypatch.setattr(rough_memory, "version", lambda: version)

    layers = held_for(5, 2, 8, HeadShape(count=6, key_count=3, dim=64))

    assert len(layers) == 5
    for held in (each for both in layers for each in both):
        assert (held.numbers.shape, held.numbers.dtype) == (SHAPE, dtype)
        assert (held.scales is None) == (dtype == torch.float32)


@kinds
def test_rows_are_taken_over_as_far_as_they_go(kind: MakeHeld) -> None:
    """Also where a cache lies across, and where a row has nothing yet."""
    exact = random()
    across = exact.transpose(2, 3).contiguous().transpose(2, 3)
    for each in (exact, across):
        held = room(kind)
        held.numbers.fill_(7)

        held.take(each, [0, 0], [5, 0])

        assert off(numbers_in(held)[0, :, :5], exact[0, :, :5]) < 0.02
        assert held.numbers[0, :, 5:].eq(7).all()
        assert held.numbers[1].eq(7).all()


@kinds
def test_each_channel_has_its_own_scale(kind: MakeHeld) -> None:
    """One that is a thousand times as great as the others takes no digits from them."""
    held, exact = room(kind), random()
    exact[..., 5] *= 1000

    held.take(exact, [0, 0], [8, 8])

    for channel in range(SHAPE[-1]):
        assert off(numbers_in(held)[..., channel], exact[..., channel]) < 0.02


@kinds
def test_what_is_here_already_is_not_looked_at_again(kind: MakeHeld) -> None:
    """Only what came since is taken over."""
    held, exact = room(kind), random()
    held.take(exact, [0, 0], [8, 5])
    before = numbers_in(held).clone()

    held.take(1.5 * exact, [8, 5], [8, 7])

    assert torch.equal(numbers_in(held)[0], before[0])
    assert torch.equal(numbers_in(held)[1, :, :5], before[1, :, :5])
    assert off(numbers_in(held)[1, :, 5:7], 1.5 * exact[1, :, 5:7]) < 0.1


def test_what_is_too_great_for_its_scale_is_cut() -> None:
    """It keeps its sign, and as much as fits."""
    held, exact = room(HeldInEightBits), random()
    held.take(exact, [0, 0], [7, 7])

    held.take(1e9 * exact, [7, 7], [8, 8])

    assert torch.equal(held.numbers[:, :, 7], 127 * exact[:, :, 7].sign().to(torch.int8))


@kinds
def test_a_new_row_may_be_greater_than_those_before(kind: MakeHeld) -> None:
    """All rows are held as if they had come together."""
    held, exact = room(kind), random()
    exact[1] *= 50
    held.take(exact[:1], [0], [8])

    held.take(exact, [8, 0], [8, 8])

    assert off(numbers_in(held)[1], exact[1]) < 0.02
    assert off(numbers_in(held)[0], exact[0]) < 0.6  # a fiftieth of the other's digits


@kinds
def test_a_new_row_that_fits_moves_no_other(kind: MakeHeld) -> None:
    """What is held of the others is not even looked at."""
    held, exact = room(kind), random()
    held.take(exact, [0, 0], [8, 8])
    before = numbers_in(held)[0].clone()
    exact[0] = 0

    held.take(exact, [8, 0], [8, 8])

    assert torch.equal(numbers_in(held)[0], before)
    assert off(numbers_in(held)[1], exact[1]) < 0.02


def test_scales_are_those_of_the_rows_that_are_there() -> None:
    """When all are new, nothing of those before them counts."""
    held, exact = room(HeldInEightBits), random()
    held.take(1000 * exact, [0, 0], [8, 8])

    held.take(exact, [0, 0], [8, 8])

    assert off(numbers_in(held), exact) < 0.02


@kinds
@pytest.mark.parametrize("number", [torch.nan, torch.inf, -torch.inf])
def test_what_is_no_number_spoils_no_other_row(kind: MakeHeld, number: float) -> None:
    """Nor what has overflowed; of its own row it spoils proposals."""
    held, exact = room(kind), random()
    exact[0, :, 3] = number

    held.take(exact, [0, 0], [8, 8])

    assert off(numbers_in(held)[1], exact[1]) < 0.02
    assert numbers_in(held)[1].isfinite().all()
    assert held.scales is None or held.scales.isfinite().all()
