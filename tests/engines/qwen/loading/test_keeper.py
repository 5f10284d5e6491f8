"""What is to be kept is kept once there is time for it."""

import time
from collections.abc import Callable
from threading import Event, Thread

import pytest

from qasr_cli.engines.qwen.loading.keeper import Keeper


def test_nothing_is_done_before_it_is_begun() -> None:
    """Then all of it is, in order, and so is what comes later."""
    done: list[int] = []
    keeper = Keeper()
    for number in (1, 2):
        keeper.add(lambda _, number=number: done.append(number))  # type: ignore[misc]  # mypy and defaults

    assert done == []
    keeper.begin()
    keeper.finish()
    assert done == [1, 2]

    keeper.add(lambda _: done.append(3))
    keeper.finish()
    assert done == [1, 2, 3]


def test_who_begins_waits_for_nothing() -> None:
    """What is kept is kept beside other work."""
    may_end, has_ended = Event(), Event()

    def keep(_: Callable[[], bool]) -> None:
        may_end.wait()
        has_ended.set()

    keeper = Keeper()
    keeper.add(keep)
    keeper.begin()
    keeper.begin()

    assert not has_ended.is_set()
    may_end.set()
    keeper.finish()
    assert has_ended.is_set()


def test_who_stops_has_the_rest_left_out() -> None:
    """What is at work is told, and what waits is not begun."""
    is_at_work, is_stopped = Event(), Event()
    told: list[bool] = []

    def keep(goes_on: Callable[[], bool]) -> None:
        told.append(goes_on())
        is_at_work.set()
        while goes_on():
            pass
        told.append(goes_on())

    keeper = Keeper(lambda: not is_stopped.is_set())
    keeper.add(keep)
    keeper.add(lambda _: told.append(True))
    keeper.begin()
    is_at_work.wait()
    is_stopped.set()
    keeper.finish()

    assert told == [True, False]


def test_where_nobody_waits_for_a_first_subtitle_it_is_kept_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A worker is ended without a word as soon as its driver is done."""
    monkeypatch.setattr(Keeper, "keeps_at_once", True)
    done: list[bool] = []

    Keeper().add(lambda goes_on: done.append(goes_on()))

    assert done == [True]


def test_what_may_not_be_held_is_kept_at_once() -> None:
    """What waited is left out; after a stop nothing is begun."""
    is_stopped, done = Event(), list[int]()
    keeper = Keeper(lambda: not is_stopped.is_set())
    keeper.add(lambda _: done.append(1))

    keeper.hold_nothing()
    keeper.add(lambda _: done.append(2))
    is_stopped.set()
    keeper.add(lambda _: done.append(3))
    keeper.finish()

    assert done == [2]


def test_what_is_at_work_gives_up_where_nothing_may_be_held() -> None:
    """It holds what memory is needed for; what comes later is kept as ever."""
    is_at_work, done = Event(), list[str]()
    keeper = Keeper()

    def keep(goes_on: Callable[[], bool]) -> None:
        is_at_work.set()
        while goes_on():
            pass
        done.append("given up")

    keeper.add(keep)
    keeper.add(lambda _: done.append("waited"))
    keeper.begin()
    is_at_work.wait(60)

    assert keeper.hold_nothing()
    assert done == ["given up"]
    assert not keeper.hold_nothing()
    keeper.add(lambda goes_on: done.append(f"goes on: {goes_on()}"))
    keeper.finish()
    assert done == ["given up", "goes on: True"]


def test_what_cannot_be_kept_costs_nobody_a_model() -> None:
    """Neither who loads it nor who ends meets the error, and the others are kept."""
    done: list[int] = []

    def keep(_: Callable[[], bool]) -> None:
        raise MemoryError("no room")

    keeper = Keeper()
    for each in (keep, lambda _: done.append(1)):
        keeper.add(each)
    keeper.finish()
    keeper.hold_nothing()
    keeper.add(keep)

    assert done == [1]


def test_who_finishes_waits_for_what_another_thread_keeps_at_once() -> None:
    """A process that ended before would leave a part of it."""
    is_at_work, is_stopped, done = Event(), Event(), list[bool]()
    keeper = Keeper(lambda: not is_stopped.is_set())
    keeper.hold_nothing()

    def keep(goes_on: Callable[[], bool]) -> None:
        is_at_work.set()
        while goes_on():
            pass
        time.sleep(0.2)
        done.append(True)

    other = Thread(target=keeper.add, args=(keep,))
    other.start()
    is_at_work.wait()
    is_stopped.set()
    keeper.finish()

    assert done == [True]
    other.join()


@pytest.mark.usefixtures("no_more_threads")
def test_where_no_more_threads_may_be_it_is_kept_at_the_end() -> None:
    """Nobody's clip is lost for it."""
    done: list[int] = []
    keeper = Keeper()
    keeper.add(lambda _: done.append(1))

    keeper.begin()
    assert done == []
    keeper.finish()
    assert done == [1]
