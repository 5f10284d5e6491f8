"""Batches shrink until they fit; one bad item does not drag others down."""

from collections.abc import Sequence

import pytest

from qasr_cli.engines.ladder import Ladder
from qasr_cli.errors import DeviceLost, DeviceMemoryError


class Cramped:
    """Work that fits `capacity` items, and remembers the batches it was given."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.batches: list[list[int]] = []

    def __call__(self, items: Sequence[int]) -> list[int]:
        """Ten times each item."""
        self.batches.append(list(items))
        if len(items) > self.capacity:
            raise DeviceMemoryError("drill", len(items))
        return [10 * item for item in items]


def outcomes(ladder: Ladder, items: Sequence[int], work: Cramped) -> list[tuple[int, object]]:
    """Everything a ladder yields, in one list."""
    return [pair for batch in ladder.climb(items, work) for pair in batch]


def test_batches_are_full() -> None:
    """While memory lasts, batches hold what was asked for."""
    work = Cramped(4)

    assert outcomes(Ladder(4), range(6), work) == [(n, 10 * n) for n in range(6)]
    assert work.batches == [[0, 1, 2, 3], [4, 5]]


def test_batches_shrink_until_they_fit() -> None:
    """Out of memory halves the batch; later batches stay that small, in later runs too."""
    work = Cramped(2)
    ladder = Ladder(8)

    assert outcomes(ladder, range(8), work) == [(n, 10 * n) for n in range(8)]
    assert [len(batch) for batch in work.batches] == [8, 4, 2, 2, 2, 2]

    work.batches.clear()
    outcomes(ladder, range(4), work)
    assert [len(batch) for batch in work.batches] == [2, 2]


def test_a_single_item_that_does_not_fit_is_told() -> None:
    """At one item there is nothing left to halve."""
    ((item, error),) = outcomes(Ladder(4), [7], Cramped(0))

    assert item == 7
    assert isinstance(error, DeviceMemoryError)
    assert "drill ran out of memory on 1 clip(s)" in str(error)


def test_a_bad_item_fails_alone() -> None:
    """After any other failure the items of a batch are tried one by one."""

    def work(items: Sequence[int]) -> list[int]:
        if 13 in items:
            raise RuntimeError("bad luck")
        return list(items)

    pairs = [pair for batch in Ladder(4).climb([11, 12, 13, 14], work) for pair in batch]

    assert [item for item, outcome in pairs if item == outcome] == [11, 12, 14]
    assert isinstance(pairs[2][1], RuntimeError)


def test_a_lost_device_stops_everything() -> None:
    """After the device is lost no further item is tried."""
    tried = []

    def work(items: Sequence[int]) -> list[int]:
        tried.append(items)
        raise DeviceLost("cuda:0", "drill")

    with pytest.raises(DeviceLost):
        list(Ladder(1).climb([1, 2], work))
    assert tried == [[1]]
