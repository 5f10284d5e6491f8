"""Keys and values of rough steps, in float32 and in 8 bits."""

from collections.abc import Sequence

import pytest
import torch

from qasr_cli.engines.qwen.model.four_bits import rough_memory
from qasr_cli.engines.qwen.model.four_bits.rough_memory import RoughMemory
from qasr_cli.engines.qwen.model.ragged_trial import HeadShape
from tests.engines.rough_numbers import numbers_in, off

SHAPE = (3, 2, 2, 3, 8, 64)  # layers, keys and values, rows, key heads, positions, dim


def random() -> torch.Tensor:
    """What a cache may hold: normal numbers."""
    return torch.randn(SHAPE, generator=torch.Generator().manual_seed(0))


def of(kind: str, monkeypatch: pytest.MonkeyPatch) -> RoughMemory:
    """In which nothing was written."""
    monkeypatch.setattr(rough_memory, "version", lambda: (1, 27) if kind == "8 bits" else (1, 26))
    memory = RoughMemory(3, 2, 8, HeadShape(count=6, key_count=3, dim=64))
    memory.numbers.zero_()
    return memory


@pytest.fixture(params=["8 bits", "float32"])
def memory(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> RoughMemory:
    """In both number formats."""
    return of(request.param, monkeypatch)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> RoughMemory:
    """In 8 bits."""
    return of("8 bits", monkeypatch)


def take(
    memory: RoughMemory, exact: torch.Tensor, firsts: Sequence[int], lengths: Sequence[int]
) -> None:
    """Take over what a cache holds whose keys lie across."""
    across = [(keys.transpose(2, 3).contiguous().transpose(2, 3), values) for keys, values in exact]
    memory.take(across, firsts, lengths)


@pytest.mark.parametrize(
    ("version", "dtype"), [((1, 26), torch.float32), ((1, 27), torch.int8), ((2, 0), torch.int8)]
)
def test_8_bits_are_for_an_onnxruntime_that_takes_them(
    version: tuple[int, int], dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others have float32, as before."""
    monkeypatch.setattr(rough_memory, "version", lambda: version)

    memory = RoughMemory(3, 2, 8, HeadShape(count=6, key_count=3, dim=64))

    assert (memory.numbers.shape, memory.numbers.dtype) == (SHAPE, dtype)
    assert (memory.scales is None) == (dtype == torch.float32)


def test_rows_are_taken_over_as_far_as_they_go(memory: RoughMemory) -> None:
    """And where one has nothing yet, nothing."""
    exact = random()
    memory.numbers.fill_(7)

    take(memory, exact, [0, 0], [5, 0])

    assert off(numbers_in(memory)[:, :, 0, :, :5], exact[:, :, 0, :, :5]) < 0.02
    assert memory.numbers[:, :, 0, :, 5:].eq(7).all()
    assert memory.numbers[:, :, 1].eq(7).all()


def test_each_channel_has_its_own_scale(memory: RoughMemory) -> None:
    """One that is a thousand times as great as the others takes no digits from them."""
    exact = random()
    exact[1, 0, :, 2, :, 5] *= 1000

    take(memory, exact, [0, 0], [8, 8])

    for channel in range(SHAPE[-1]):
        assert off(numbers_in(memory)[..., channel], exact[..., channel]) < 0.02
    without = [*range(5), *range(6, SHAPE[-1])]
    assert off(numbers_in(memory)[1, 0, :, 2][..., without], exact[1, 0, :, 2][..., without]) < 0.02


def test_what_is_here_already_is_not_looked_at_again(memory: RoughMemory) -> None:
    """Only what came since is taken over, of each row where it begins."""
    exact = random()
    take(memory, exact, [0, 0], [8, 5])
    before = numbers_in(memory).clone()

    take(memory, 1.5 * exact, [8, 5], [8, 7])

    assert torch.equal(numbers_in(memory)[:, :, 0], before[:, :, 0])
    assert torch.equal(numbers_in(memory)[:, :, 1, :, :5], before[:, :, 1, :, :5])
    new = slice(5, 7)
    assert off(numbers_in(memory)[:, :, 1, :, new], 1.5 * exact[:, :, 1, :, new]) < 0.1


def test_what_is_too_great_for_its_scale_is_cut(small: RoughMemory) -> None:
    """It keeps its sign, and as much as fits."""
    exact = random()
    take(small, exact, [0, 0], [7, 7])

    take(small, 1e9 * exact, [7, 7], [8, 8])

    signs = exact[..., 7, :].sign().to(torch.int8)
    assert torch.equal(small.numbers[..., 7, :], 127 * signs)


def test_a_new_row_may_be_greater_than_those_before(memory: RoughMemory) -> None:
    """All rows of that layer are held as if they had come together."""
    exact = random()
    exact[1, :, 1] *= 50
    take(memory, exact[:, :, :1], [0], [8])

    take(memory, exact, [8, 0], [8, 8])

    held = numbers_in(memory)
    assert off(held[:, :, 1], exact[:, :, 1]) < 0.02
    assert off(held[1, :, 0], exact[1, :, 0]) < 0.6  # a fiftieth of the other's digits


def test_a_new_row_that_fits_moves_no_other(memory: RoughMemory) -> None:
    """What is held of the others is not even looked at."""
    exact = random()
    take(memory, exact, [0, 0], [8, 8])
    before = numbers_in(memory)[:, :, 0].clone()
    exact[:, :, 0] = 0

    take(memory, exact, [8, 0], [8, 8])

    assert torch.equal(numbers_in(memory)[:, :, 0], before)
    assert off(numbers_in(memory)[:, :, 1], exact[:, :, 1]) < 0.02


def test_scales_are_those_of_the_rows_that_are_there(small: RoughMemory) -> None:
    """When all are new, nothing of those before them counts."""
    exact = random()
    take(small, 1000 * exact, [0, 0], [8, 8])

    take(small, exact, [0, 0], [8, 8])

    assert off(numbers_in(small), exact) < 0.02


@pytest.mark.parametrize("number", [torch.nan, torch.inf, -torch.inf])
def test_what_is_no_number_spoils_no_other_row(memory: RoughMemory, number: float) -> None:
    """Nor what has overflowed; of its own row it spoils proposals."""
    exact = random()
    exact[:, :, 0, :, 3] = number

    take(memory, exact, [0, 0], [8, 8])

    assert off(numbers_in(memory)[:, :, 1], exact[:, :, 1]) < 0.02
    assert memory.scales is None or memory.scales.isfinite().all()
