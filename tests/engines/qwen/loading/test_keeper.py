"""What is to be kept is kept once there is time for it."""

from collections.abc import Callable
from threading import Event

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

    keeper = Keeper()
    keeper.goes_on = lambda: not is_stopped.is_set()
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
