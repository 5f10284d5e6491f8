"""Rows of a cache hold what was written in them, however often they are laid out anew."""

import itertools

import numpy as np
import pytest
import torch

from qasr_cli.engines.qwen.device import placement
from qasr_cli.engines.qwen.model.cache import Cache
from qasr_cli.engines.qwen.model.heads import Heads

LAYERS, HEADS, DIM = 2, 2, 4
ROWS, CAPACITY = 5, 40


def heads_of(k: torch.Tensor) -> Heads:
    """Keys, and values that are their negatives; on a GPU side by side."""
    kv = torch.stack([k, -k], dim=1) if k.device.type == "cuda" else None
    return Heads(q=k, k=k, v=-k, kv=kv)


def places_of(lengths: list[int]) -> torch.Tensor:
    """Of all positions of sequences."""
    return torch.cat([torch.arange(length) for length in lengths])


class Mirror:
    """What a cache should hold, in lists."""

    def __init__(
        self, bucket: int | None, dtype: str = "float32", device: str = "cpu", **how: bool
    ) -> None:
        self._place = placement(device, dtype)
        self.cache = Cache(
            self._place,
            (LAYERS, HEADS, DIM),
            row_count=ROWS,
            capacity=CAPACITY,
            bucket=bucket,
            **how,
        )
        self.rows: list[torch.Tensor] = []  # (positions, heads, dim); values are its negatives
        self._numbers = itertools.count(1)

    def _made(self, position_count: int) -> torch.Tensor:
        shape = (position_count, HEADS, DIM)
        made = [next(self._numbers) % 251 for _ in range(torch.Size(shape).numel())]
        numbers = torch.tensor(made, dtype=self._place.dtype).view(shape)  # bfloat16 holds them
        return numbers.to(self._place.device)

    def add(self, lengths: list[int]) -> None:
        """Rows behind the others."""
        made = [self._made(length) for length in lengths]
        fresh = self.cache.add_rows(lengths)
        for layer in range(LAYERS):
            places = places_of(lengths).to(self._place.device)
            self.cache.fill(layer, fresh, places, heads_of(torch.cat(made)))
        self.rows += made

    def step(self) -> None:
        """One more position in each; then everything is compared."""
        k = self._made(len(self.rows))
        slots = self.cache.advance()
        self.rows = [torch.cat([row, new[None]]) for row, new in zip(self.rows, k, strict=True)]
        longest = max(map(len, self.rows))
        for layer in range(LAYERS):
            self.cache.append(layer, slots, heads_of(k))
            keys, values = self.cache.looked_at(layer, slots)
            assert keys.shape == values.shape == (len(self.rows), HEADS, slots.longest, DIM)
            assert longest <= slots.longest
            for number, row in enumerate(self.rows):
                held = len(row)
                assert torch.equal(keys[number, :, :held], row.transpose(0, 1))
                assert torch.equal(values[number, :, :held], -row.transpose(0, 1))
                assert values[number].isfinite().all()
                if slots.ragged is not None:
                    used = slots.ragged.used_counts.view(-1, HEADS)[number]
                    ends = slots.ragged.key_ends[number * HEADS : (number + 1) * HEADS + 1]
                    position_count = self.cache.held(layer)[0].shape[2]
                    assert used.tolist() == [held] * HEADS
                    assert ends.tolist() == [
                        position_count * (number * HEADS + head) for head in range(HEADS + 1)
                    ]
                elif slots.is_hidden is None:
                    assert held == slots.longest
                else:
                    hidden = slots.is_hidden[number].flatten().tolist()
                    assert hidden == [place >= held for place in range(slots.longest)]

    def drop(self, number: int) -> None:
        """The last row takes its place."""
        self.cache.drop_row(number)
        last = self.rows.pop()
        if number < len(self.rows):
            self.rows[number] = last


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("bucket", [None, 1, 4, 64])
@pytest.mark.parametrize("seed", range(8))
def test_rows_come_and_go_and_grow(seed: int, bucket: int | None, dtype: str) -> None:
    """After any number of rows added, lengthened and dropped each row holds its own."""
    let_rows_come_and_go(Mirror(bucket, dtype), seed)


def let_rows_come_and_go(mirror: Mirror, seed: int) -> None:
    """Let chance add, lengthen and drop rows."""
    chance = np.random.default_rng(seed)
    for _ in range(30):
        free = ROWS - len(mirror.rows)
        if free and (not mirror.rows or chance.random() < 0.3):
            mirror.add([int(chance.integers(1, 10)) for _ in range(chance.integers(1, free + 1))])
        for _ in range(chance.integers(1, 4)):
            if max(map(len, mirror.rows)) < CAPACITY:
                mirror.step()
        while mirror.rows and (chance.random() < 0.4 or max(map(len, mirror.rows)) == CAPACITY):
            mirror.drop(int(chance.integers(len(mirror.rows))))


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_no_more_is_looked_at_than_the_longest_row_needs(dtype: str) -> None:
    """What all rows attend to is a multiple of the bucket, and shrinks again; one piece."""
    mirror = Mirror(8, dtype)
    mirror.add([3, 20])
    long = mirror.cache.advance()
    mirror.cache.drop_row(1)
    short = mirror.cache.advance()
    one = torch.ones(1, HEADS, DIM, dtype=placement("cpu", dtype).dtype)
    mirror.cache.append(0, short, heads_of(one))
    keys, values = mirror.cache.looked_at(0, short)
    first, across = (keys, values) if mirror.cache.products.come_first else (values, keys)

    assert (long.longest, short.longest) == (24, 8)
    assert first.is_contiguous()
    assert across.transpose(2, 3).is_contiguous()


@pytest.mark.parametrize("bucket", [None, 8])
def test_what_overflowed_is_gone_with_its_row(bucket: int | None) -> None:
    """No later row in its place meets numbers that are none."""
    let_a_row_overflow(Mirror(bucket))


def let_a_row_overflow(mirror: Mirror) -> None:
    """Wipe a row that holds what is no number, and give others its place."""
    mirror.add([5])
    device = mirror.cache.device
    for layer in range(LAYERS):
        broken = heads_of(torch.full((12, HEADS, DIM), torch.nan, device=device))
        places = places_of([12]).to(device)
        mirror.cache.fill(layer, mirror.cache.add_rows([12]), places, broken)
        mirror.cache.wipe_row(1)
        mirror.cache.drop_row(1)
    mirror.add([2, 3])

    mirror.step()
