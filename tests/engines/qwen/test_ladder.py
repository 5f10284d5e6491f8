"""Batches shrink until they fit; one bad item does not drag others down."""

import gc
import weakref
from collections.abc import Callable, Sequence

import pytest
import torch

from qasr_cli.engines.qwen.ladder import Ladder
from qasr_cli.errors import DeviceLost, DeviceMemoryError

CPU = torch.device("cpu")
CUDA = torch.device("cuda", 0)


class Cramped:
    """Work that fits `capacity` items, and remembers the batches it was given."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.batches: list[list[int]] = []

    def __call__(self, items: Sequence[int]) -> list[int]:
        """Ten times each item."""
        self.batches.append(list(items))
        if len(items) > self.capacity:
            raise torch.OutOfMemoryError
        return [10 * item for item in items]


def outcomes(
    ladder: Ladder, items: Sequence[int], work: Callable[[Sequence[int]], Sequence[object]]
) -> list[tuple[int, object]]:
    """Everything a ladder yields, in one list."""
    return [pair for batch in ladder.climb(items, work) for pair in batch]


def test_batches_are_full() -> None:
    """While memory lasts, batches hold what was asked for."""
    work = Cramped(4)

    assert outcomes(Ladder(CPU, 4), range(6), work) == [(n, 10 * n) for n in range(6)]
    assert work.batches == [[0, 1, 2, 3], [4, 5]]


def test_batches_shrink_until_they_fit() -> None:
    """Out of memory halves the batch; later batches stay that small, in later runs too."""
    work = Cramped(2)
    ladder = Ladder(CPU, 8)

    assert outcomes(ladder, range(8), work) == [(n, 10 * n) for n in range(8)]
    assert [len(batch) for batch in work.batches] == [8, 4, 2, 2, 2, 2]

    work.batches.clear()
    outcomes(ladder, range(4), work)
    assert [len(batch) for batch in work.batches] == [2, 2]


def test_a_single_item_that_does_not_fit_is_told() -> None:
    """At one item there is nothing left to halve."""
    ((item, error),) = outcomes(Ladder(CPU, 4), [7], Cramped(0))

    assert item == 7
    assert isinstance(error, DeviceMemoryError)
    assert "cpu ran out of memory on 1 clip(s)" in str(error)


def test_the_failed_batch_is_freed_before_the_next_try() -> None:
    """The tensors of a batch that did not fit are gone when half of it is tried."""
    living: list[weakref.ref[torch.Tensor]] = []

    def work(items: Sequence[int]) -> list[bool]:
        gc.collect()
        former_is_alive = any(ref() is not None for ref in living)
        scratch = torch.zeros(8)
        living.append(weakref.ref(scratch))
        if len(items) > 1:
            raise torch.OutOfMemoryError
        return [former_is_alive]

    assert [p for batch in Ladder(CPU, 2).climb([1, 2], work) for p in batch] == [
        (1, False),
        (2, False),
    ]


def test_a_bad_item_fails_alone() -> None:
    """After any other failure the items of a batch are tried one by one."""

    def work(items: Sequence[int]) -> list[int]:
        if 13 in items:
            raise RuntimeError("bad luck")
        return list(items)

    pairs = [pair for batch in Ladder(CPU, 4).climb([11, 12, 13, 14], work) for pair in batch]

    assert [item for item, outcome in pairs if item == outcome] == [11, 12, 14]
    assert isinstance(pairs[2][1], RuntimeError)


def test_a_lost_device_stops_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the device answers every further call with an error, no further item is tried."""
    tried = []

    def work(items: Sequence[int]) -> list[int]:
        tried.append(items)
        raise RuntimeError("CUDA error: device-side assert triggered\nmore lines")

    def synchronize(_: torch.device) -> None:
        raise RuntimeError("CUDA error: device-side assert triggered")

    monkeypatch.setattr(torch.cuda, "synchronize", synchronize)

    with pytest.raises(DeviceLost, match="cuda:0 stopped working: CUDA error: device-side assert"):
        list(Ladder(CUDA, 1).climb([1, 2], work))
    assert tried == [[1]]


def test_a_failure_on_a_living_device_is_just_that(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the device still answers, the failure is the item's own."""
    monkeypatch.setattr(torch.cuda, "synchronize", lambda _: None)

    def work(items: Sequence[int]) -> list[int]:
        if 1 in items:
            raise RuntimeError("CUDA error: invalid configuration argument")
        return list(items)

    (_, failed), (_, done) = outcomes(Ladder(CUDA, 2), [1, 2], work)

    assert isinstance(failed, RuntimeError)
    assert done == 2


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no CUDA")
def test_a_full_gpu_works_on() -> None:
    """After a real out-of-memory the same process computes on the same device."""

    def work(items: Sequence[int]) -> list[float]:
        values: list[float] = torch.ones(len(items) << 40, device=CUDA).tolist()
        return values

    def one(_: Sequence[int]) -> list[float]:
        values: list[float] = torch.ones(1, device=CUDA).tolist()
        return values

    ladder = Ladder(CUDA, 2)
    assert [type(outcome) for _, outcome in outcomes(ladder, [1], work)] == [DeviceMemoryError]
    assert outcomes(ladder, [1], one) == [(1, 1.0)]
