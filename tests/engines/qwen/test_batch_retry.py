"""Batches are made smaller until they fit, and one bad item fails alone."""

import gc
import weakref
from collections.abc import Iterator, Sequence

import pytest
import torch

from qasr_cli.engines.qwen.batch_retry import BatchRetry
from qasr_cli.errors import DeviceLost, DeviceMemoryError

CPU = torch.device("cpu")
CUDA = torch.device("cuda", 0)


class Cramped:
    """Work that fits `capacity` items at once, and remembers how many it was given."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.calls: list[tuple[int, int]] = []

    def __call__(self, items: Sequence[int], at_once: int) -> Iterator[tuple[int, int]]:
        """Ten times each item."""
        self.calls.append((len(items), at_once))
        if at_once > self.capacity:
            raise torch.OutOfMemoryError
        yield from ((index, 10 * item) for index, item in enumerate(items))


def outcomes(retry: BatchRetry, items: Sequence[int], work: Cramped) -> list[tuple[int, object]]:
    """All outcomes, in one list."""
    return list(retry.outcomes(items, work))


def test_all_items_are_given_together() -> None:
    """While memory lasts, the work gets everything at once, and how many fit."""
    work = Cramped(4)

    assert outcomes(BatchRetry(CPU, 4), range(6), work) == [(n, 10 * n) for n in range(6)]
    assert work.calls == [(6, 4)]


def test_fewer_at_once_until_they_fit() -> None:
    """Out of memory halves the number at once; it stays that small, in later runs too."""
    work = Cramped(2)
    retry = BatchRetry(CPU, 8)

    assert outcomes(retry, range(10), work) == [(n, 10 * n) for n in range(10)]
    assert work.calls == [(10, 8), (10, 4), (10, 2)]

    work.calls.clear()
    outcomes(retry, range(4), work)
    assert work.calls == [(4, 2)]


def test_what_only_saves_time_is_given_back_before_anybody_fails() -> None:
    """Then the same is tried again, one item alone as well; once it is gone, fewer go at once."""
    work, spare = Cramped(0), [2]

    def give_back() -> bool:
        work.capacity += sum(spare)
        was_there = bool(spare)
        spare.clear()
        return was_there

    retry = BatchRetry(CPU, 8)
    assert list(retry.outcomes([5], work, give_back)) == [(5, 50)]
    assert work.calls == [(1, 1), (1, 1)]

    work.calls.clear()
    assert len(list(retry.outcomes(range(4), work, give_back))) == 4
    assert work.calls == [(4, 4), (4, 2)]


def test_what_memory_has_room_for_again_is_tried() -> None:
    """After some calls that fitted, twice as many go at once; in vain, it waits twice as long."""
    work = Cramped(2)
    retry = BatchRetry(CPU, 8)
    outcomes(retry, range(8), work)
    work.calls.clear()
    for _ in range(15):
        outcomes(retry, range(8), work)
    in_vain = [at_once for _, at_once in work.calls]
    work.calls.clear()
    work.capacity = 8
    for _ in range(24):
        outcomes(retry, range(8), work)
    climbed = [at_once for _, at_once in work.calls]

    assert in_vain == [2] * 4 + [4, 2] + [2] * 8 + [4, 2] + [2]
    assert climbed == sorted(climbed)
    assert (climbed[0], climbed[-1]) == (2, 8)


def test_a_single_item_that_does_not_fit_is_told() -> None:
    """At one item there is nothing left to halve; the next one is tried all the same."""
    pairs = outcomes(BatchRetry(CPU, 4), [7, 8], Cramped(0))

    assert [item for item, _ in pairs] == [7, 8]
    for _, error in pairs:
        assert isinstance(error, DeviceMemoryError)
        assert "cpu ran out of memory on 1 clip(s)" in str(error)


def test_what_came_out_stays() -> None:
    """Items that were done before memory ran out are not done again."""
    seen: list[list[int]] = []

    def work(items: Sequence[int], at_once: int) -> Iterator[tuple[int, int]]:
        seen.append(list(items))
        yield 1, items[1]
        if at_once > 1:
            raise torch.OutOfMemoryError
        yield from ((index, items[index]) for index in range(len(items)) if index != 1)

    pairs = list(BatchRetry(CPU, 2).outcomes([11, 12, 13, 14], work))

    assert sorted(pairs) == [(n, n) for n in (11, 12, 13, 14)]
    assert seen == [[11, 12, 13, 14], [11, 13, 14]]


def test_the_failed_try_is_freed_before_the_next() -> None:
    """The tensors of a try that did not fit are gone when half of it is tried."""
    living: list[weakref.ref[torch.Tensor]] = []

    def work(items: Sequence[int], at_once: int) -> Iterator[tuple[int, bool]]:
        gc.collect()
        former_is_alive = any(ref() is not None for ref in living)
        scratch = torch.zeros(8)
        living.append(weakref.ref(scratch))
        if at_once > 1:
            raise torch.OutOfMemoryError
        yield from ((index, former_is_alive) for index in range(len(items)))

    assert list(BatchRetry(CPU, 2).outcomes([1, 2], work)) == [(1, False), (2, False)]


def test_a_bad_item_fails_alone() -> None:
    """After any other failure the items that are left are tried one by one."""

    def work(items: Sequence[int], at_once: int) -> Iterator[tuple[int, int]]:
        del at_once
        if 13 in items:
            raise RuntimeError("bad luck")
        yield from enumerate(items)

    pairs = list(BatchRetry(CPU, 4).outcomes([11, 12, 13, 14], work))

    assert [item for item, outcome in pairs if item == outcome] == [11, 12, 14]
    assert isinstance(pairs[2][1], RuntimeError)


def test_a_lost_device_stops_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the device answers every further call with an error, no further item is tried."""
    tried = []

    def work(items: Sequence[int], _: int) -> Iterator[tuple[int, int]]:
        tried.append(items)
        raise RuntimeError("CUDA error: device-side assert triggered\nmore lines")

    def synchronize(_: torch.device) -> None:
        raise RuntimeError("CUDA error: device-side assert triggered")

    monkeypatch.setattr(torch.cuda, "synchronize", synchronize)

    with pytest.raises(DeviceLost, match="cuda:0 stopped working: CUDA error: device-side assert"):
        list(BatchRetry(CUDA, 1).outcomes([1, 2], work))
    assert tried == [[1, 2]]


def test_a_failure_on_a_living_device_is_just_that(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the device still answers, the failure is the item's own."""
    monkeypatch.setattr(torch.cuda, "synchronize", lambda _: None)

    def work(items: Sequence[int], _: int) -> Iterator[tuple[int, int]]:
        if 1 in items:
            raise RuntimeError("CUDA error: invalid configuration argument")
        yield from enumerate(items)

    (_, failed), (_, done) = list(BatchRetry(CUDA, 2).outcomes([1, 2], work))

    assert isinstance(failed, RuntimeError)
    assert done == 2


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no CUDA")
def test_a_full_gpu_works_on() -> None:
    """After a real out-of-memory the same process computes on the same device."""

    def work(items: Sequence[int], _: int) -> Iterator[tuple[int, float]]:
        yield 0, float(torch.ones(len(items) << 40, device=CUDA).sum())

    def one(_: Sequence[int], __: int) -> Iterator[tuple[int, float]]:
        yield 0, float(torch.ones(1, device=CUDA).sum())

    retry = BatchRetry(CUDA, 2)
    assert [type(outcome) for _, outcome in retry.outcomes([1], work)] == [DeviceMemoryError]
    assert list(retry.outcomes([1], one)) == [(1, 1.0)]
