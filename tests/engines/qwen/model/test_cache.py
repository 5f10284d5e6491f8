"""Rows of a cache hold what was written in them, however often they are laid out anew."""

import itertools

import numpy as np
import pytest
import torch

from qasr_cli.engines.qwen.device import placement
from qasr_cli.engines.qwen.model.cache import Cache

LAYERS, HEADS, DIM = 2, 2, 4
ROWS, CAPACITY = 5, 40


class Mirror:
    """What a cache should hold, in lists."""

    def __init__(self, bucket: int | None, dtype: str = "float32") -> None:
        self._place = placement("cpu", dtype)
        self.cache = Cache(
            self._place,
            (LAYERS, HEADS, DIM),
            row_count=ROWS,
            capacity=CAPACITY,
            bucket=bucket,
        )
        self.rows: list[torch.Tensor] = []  # (positions, heads, dim); values are its negatives
        self._numbers = itertools.count(1)

    def _made(self, position_count: int) -> torch.Tensor:
        shape = (position_count, HEADS, DIM)
        made = [next(self._numbers) % 251 for _ in range(torch.Size(shape).numel())]
        return torch.tensor(made, dtype=self._place.dtype).view(shape)  # bfloat16 holds them, too

    def add(self, lengths: list[int]) -> None:
        """Rows behind the others."""
        fresh = [self._made(length) for length in lengths]
        places = self.cache.add_rows(lengths)
        for layer in range(LAYERS):
            k = torch.cat(fresh)
            self.cache.fill(layer, places, k, -k, lengths)
        self.rows += fresh

    def step(self) -> None:
        """One more position in each; then everything is compared."""
        k = self._made(len(self.rows))
        slots = self.cache.advance()
        self.rows = [torch.cat([row, new[None]]) for row, new in zip(self.rows, k, strict=True)]
        longest = max(map(len, self.rows))
        for layer in range(LAYERS):
            keys, values = self.cache.append(layer, slots, k, -k)
            assert keys.shape == values.shape == (len(self.rows), HEADS, slots.longest, DIM)
            assert longest <= slots.longest
            for number, row in enumerate(self.rows):
                held = len(row)
                assert torch.equal(keys[number, :, :held], row.transpose(0, 1))
                assert torch.equal(values[number, :, :held], -row.transpose(0, 1))
                assert values[number].isfinite().all()
                if slots.is_hidden is None:
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
    chance = np.random.default_rng(seed)
    mirror = Mirror(bucket, dtype)
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
    keys, values = mirror.cache.append(0, short, one, one)
    first, across = (keys, values) if mirror.cache.comes_first else (values, keys)

    assert (long.longest, short.longest) == (24, 8)
    assert first.is_contiguous()
    assert across.transpose(2, 3).is_contiguous()


@pytest.mark.parametrize("bucket", [None, 8])
def test_what_overflowed_is_gone_with_its_row(bucket: int | None) -> None:
    """No later row in its place meets numbers that are none."""
    mirror = Mirror(bucket)
    mirror.add([5])
    for layer in range(LAYERS):
        broken = torch.full((12, HEADS, DIM), torch.nan)
        mirror.cache.fill(layer, mirror.cache.add_rows([12]), broken, broken, [12])
        mirror.cache.wipe_row(1)
        mirror.cache.drop_row(1)
    mirror.add([2, 3])

    mirror.step()
