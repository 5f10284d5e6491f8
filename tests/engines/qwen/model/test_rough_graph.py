"""Whole rough steps by one session give what the layers give one by one."""

from collections.abc import Sequence
from dataclasses import fields

import pytest
import torch
from torch.nn import functional

from qasr_cli.engines.qwen.model.four_bits import rough_memory
from qasr_cli.engines.qwen.model.four_bits.graph import RoughGraph
from qasr_cli.engines.qwen.model.four_bits.matmul import NoProducts
from qasr_cli.engines.qwen.model.four_bits.quantized import FourBits, quantized
from qasr_cli.engines.qwen.model.four_bits.rough_layers import RoughLayer
from qasr_cli.engines.qwen.model.ragged_trial import HeadShape
from tests.engines.rough_numbers import numbers_in, off

HIDDEN, TOKENS, EPSILON = 256, 300, 1e-6
HEADS = HeadShape(count=4, key_count=2, dim=64)


def random(*shape: int, seed: int = 0, size: float = 1.0) -> torch.Tensor:
    """Normal numbers of a size."""
    return size * torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def weights(*shape: int, seed: int) -> FourBits:
    """A matrix that leaves the size of what it is multiplied with about as it is."""
    return quantized(random(*shape, seed=seed, size=shape[1] ** -0.5))


def layer(seed: int) -> RoughLayer:
    """One whose feed-forward part is 384 wide."""
    query_size, key_size = HEADS.count * HEADS.dim, HEADS.key_count * HEADS.dim
    return RoughLayer(
        attention_norm=1 + random(HIDDEN, seed=seed, size=0.1),
        query_norm=1 + random(HEADS.dim, seed=seed + 1, size=0.3),
        key_norm=1 + random(HEADS.dim, seed=seed + 2, size=0.3),
        qkv=weights(query_size + 2 * key_size, HIDDEN, seed=seed + 3),
        out=weights(HIDDEN, query_size, seed=seed + 4),
        norm=1 + random(HIDDEN, seed=seed + 5, size=0.1),
        gated=weights(768, HIDDEN, seed=seed + 6),
        down=weights(HIDDEN, 384, seed=seed + 7),
    )


@pytest.fixture(autouse=True, params=["8 bits", "float32"])
def held_as(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The number format of keys and values, the latter as of an older onnxruntime."""
    kind: str = request.param
    if kind == "8 bits" and not rough_memory.holds_eight_bits():
        pytest.skip("this onnxruntime takes none")
    monkeypatch.setattr(rough_memory, "version", lambda: (1, 27) if kind == "8 bits" else (1, 26))
    return kind


LAYERS = [layer(10), layer(20)]
LAST_NORM = 1 + random(HIDDEN, seed=30, size=0.1)
HEAD = weights(TOKENS, HIDDEN, seed=31)


def angles(position_count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Cosines and sines of rotations, shape (positions, half a dim)."""
    speeds = 1e4 ** (-torch.arange(0, HEADS.dim, 2) / HEADS.dim)
    turned = torch.arange(position_count)[:, None] * speeds
    return turned.cos(), turned.sin()


def graph(row_count: int, position_count: int) -> RoughGraph:
    """With room, in which nothing is a number yet."""
    made = RoughGraph(
        LAYERS, last_norm=LAST_NORM, head=HEAD, heads=HEADS, epsilon=EPSILON, angles=angles
    )
    made.make_room(row_count, position_count)
    forget(made)
    return made


def forget(made: RoughGraph) -> None:
    """Leave nothing in its memory but a mark everywhere; of 8 bits, with scales that fit."""
    made.memory.numbers.fill_(mark_in(made))
    if made.memory.scales is not None:
        made.memory.scales.fill_(4 / 127)  # of normal numbers


def mark_in(made: RoughGraph) -> float:
    """A number that shows wherever it is looked at."""
    return torch.nan if made.memory.scales is None else -128


class Plain:
    """The same in float32 by torch, one row at a time; what it held is given and kept."""

    def __init__(self) -> None:
        self.held = [(torch.empty(HEADS.key_count, 0, HEADS.dim),) * 2 for _ in LAYERS]

    def scores(self, x: torch.Tensor) -> torch.Tensor:
        """After one more position with this embedding, shape (tokens,)."""
        for number, each in enumerate(LAYERS):
            x = x + self._attended(number, each, normed(x, each.attention_norm))
            gate, other = times(normed(x, each.norm), each.gated).chunk(2)
            x = x + times(functional.silu(gate) * other, each.down)
        return times(normed(x, LAST_NORM), HEAD)

    def _attended(self, number: int, each: RoughLayer, x: torch.Tensor) -> torch.Tensor:
        counts = [HEADS.count, HEADS.key_count, HEADS.key_count]
        q, k, v = times(x, each.qkv).view(-1, HEADS.dim).split_with_sizes(counts)
        place = self.held[number][0].shape[1]
        q, k = turned(normed(q, each.query_norm), place), turned(normed(k, each.key_norm), place)
        keys, values = (
            torch.cat([old, new[:, None]], dim=1)
            for old, new in zip(self.held[number], (k, v), strict=True)
        )
        self.held[number] = (keys, values)
        shared_count = HEADS.count // HEADS.key_count
        keys, values = (part.repeat_interleave(shared_count, 0) for part in (keys, values))
        mixed = functional.scaled_dot_product_attention(q[:, None], keys, values)
        return times(mixed.flatten(), each.out)


def times(x: torch.Tensor, weight: FourBits) -> torch.Tensor:
    """The product with what the 4 bits stand for."""
    return weight.dequantized() @ x


def normed(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Of root mean square 1, times the weight."""
    return functional.rms_norm(x, weight.shape, weight, EPSILON)


def turned(x: torch.Tensor, place: int) -> torch.Tensor:
    """Heads at a position, whose halves are the two numbers of each pair."""
    cos, sin = (table[place] for table in angles(place + 1))
    first, second = x.chunk(2, dim=-1)
    return torch.cat([first * cos - second * sin, second * cos + first * sin], dim=-1)


def check_scores(made: RoughGraph, rows: Sequence[Plain], seed: int) -> None:
    """One more step of every row is as it should be, in what it gives and in what it holds."""
    x = random(len(rows), HIDDEN, seed=seed)
    lengths = [row.held[0][0].shape[1] for row in rows]

    scores = made._scores(x, lengths)  # noqa: SLF001  # their argmax would show less

    expected = torch.stack([row.scores(each) for row, each in zip(rows, x, strict=True)])
    is_small = made.memory.scales is not None
    assert off(scores, expected) < (0.05 if is_small else 0.03)
    for number, row in enumerate(rows):
        held = numbers_in(made.memory)[:, :, number]
        for layer_number, both in enumerate(row.held):
            for part, known in enumerate(both):
                found = held[layer_number, part, :, : known.shape[1]]
                assert off(found, known) < (0.04 if is_small else 0.02)
                behind = made.memory.numbers[layer_number, part, number, :, known.shape[1] :]
                mark = torch.full_like(behind, mark_in(made))
                assert torch.allclose(behind, mark, rtol=0, atol=0, equal_nan=True)


def copied_in(made: RoughGraph, lengths: Sequence[int]) -> list[Plain]:
    """Rows that hold random keys and values, as the memory then does."""
    rows = [Plain() for _ in lengths]
    for number, (row, length) in enumerate(zip(rows, lengths, strict=True)):
        row.held = [
            (
                random(HEADS.key_count, length, HEADS.dim, seed=100 * number + each),
                random(HEADS.key_count, length, HEADS.dim, seed=100 * number + each + 50),
            )
            for each in range(len(LAYERS))
        ]
    exact = torch.zeros(len(LAYERS), 2, len(rows), HEADS.key_count, max(lengths), HEADS.dim)
    for number, (row, length) in enumerate(zip(rows, lengths, strict=True)):
        for each, both in enumerate(row.held):
            exact[each, :, number, :, :length] = torch.stack(both)
    made.memory.take([(keys, values) for keys, values in exact], [0] * len(rows), lengths)
    return rows


@pytest.mark.parametrize("row_count", [1, 2, 3])
def test_steps_from_nothing_are_those_of_the_layers(row_count: int) -> None:
    """Each attends to what those before it wrote."""
    made, rows = graph(3, 8), [Plain() for _ in range(row_count)]

    for seed in range(4):
        check_scores(made, rows, seed)


@pytest.mark.parametrize("lengths", [(37,), (5, 63), (40, 1, 22, 0, 8)])
def test_rows_attend_to_what_was_copied_in(lengths: tuple[int, ...]) -> None:
    """Each to its own length: what lies behind it is not looked at, and not written to."""
    made = graph(5, 70)
    rows = copied_in(made, lengths)

    for seed in range(3):
        check_scores(made, rows, seed)


def test_any_number_of_rows_takes_a_step() -> None:
    """Rows may come and go: the memory of the others stays as it is."""
    made = graph(4, 32)
    rows = copied_in(made, (9, 20, 3, 14))

    for seed, count in enumerate((4, 1, 3, 4, 2)):
        check_scores(made, rows[:count], seed)


def test_tokens_are_the_likeliest() -> None:
    """What `step` gives are numbers of tokens."""
    made, x = graph(2, 8), random(2, HIDDEN)

    tokens = made.step(x, [0, 0])

    expected = torch.stack([Plain().scores(row) for row in x])
    assert (tokens.shape, tokens.dtype) == ((2,), torch.int64)
    assert torch.equal(tokens, expected.argmax(-1))


def test_room_grows_and_does_not_shrink() -> None:
    """Memory is taken anew only for more rows or more positions, and that is said."""
    made = graph(2, 16)
    check_scores(made, copied_in(made, (4, 9)), seed=0)
    first = made.memory

    assert not made.make_room(1, 8)
    assert made.memory is first
    assert made.make_room(1, 48)
    row_count, head_count, position_count, dim = made.memory.numbers[1, 1].shape
    assert (row_count, head_count, dim) == (2, HEADS.key_count, HEADS.dim)
    assert position_count >= 48
    assert made.make_room(3, 8)
    assert made.memory.numbers[1, 1].shape == (3, HEADS.key_count, position_count, HEADS.dim)

    forget(made)
    check_scores(made, copied_in(made, (44, 9, 0)), seed=1)


def test_an_overflow_is_some_token() -> None:
    """And no other row's."""
    made, x = graph(2, 8), random(2, HIDDEN)
    alone = made.step(x, [0, 0])
    x[0] = torch.nan

    tokens = made.step(x, [0, 0])

    assert 0 <= tokens[0] < TOKENS
    assert tokens[1] == alone[1]


def test_what_onnxruntime_cannot_multiply_is_said() -> None:
    """A session that cannot be made is told apart from other errors."""
    broken = {each.name: getattr(LAYERS[0], each.name) for each in fields(RoughLayer)}
    broken["norm"] = torch.ones(HIDDEN - 1)
    made = RoughGraph(
        [RoughLayer(**broken)],
        last_norm=LAST_NORM,
        head=FourBits.empty((TOKENS, HIDDEN)),
        heads=HeadShape(count=3, key_count=2, dim=64),
        epsilon=EPSILON,
        angles=angles,
    )
    made.make_room(1, 8)

    with pytest.raises(NoProducts):
        made.step(random(1, HIDDEN), [0])
