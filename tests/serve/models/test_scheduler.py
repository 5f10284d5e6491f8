"""Whose clips go to the models next."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.core.types import Clip, Span
from qasr_cli.serve.models.scheduler import Kind, Scheduler, Ticket


def _clip(name: str, seconds: float = 30.0) -> Clip:
    count = round(seconds * SAMPLE_RATE_HZ)
    span = Span(start_sample=0, end_sample=count)
    return Clip(clip_id=name, span=span, language=None, pcm=np.zeros(0, np.float32))


def _order(turns: Scheduler, **settings: float) -> list[str]:
    names = []
    while taken := turns.take(most_count=1, **settings):
        names += [clip.clip_id for _, clip in taken]
    return names


def test_the_urgent_go_first() -> None:
    """A class is served only when those before it have nothing waiting."""
    turns = Scheduler()
    for kind in (Kind.BULK, Kind.LIVE, Kind.SHORT):
        turns.add(turns.ticket(kind), _clip(kind.name))
    assert _order(turns) == ["LIVE", "SHORT", "BULK"]


def test_two_long_recordings_share_evenly() -> None:
    """In a class who has had the least sound goes next, and clips keep their order."""
    turns = Scheduler()
    first, second = turns.ticket(Kind.BULK), turns.ticket(Kind.BULK)
    for number in range(3):
        turns.add(first, _clip(f"a{number}"))
        turns.add(second, _clip(f"b{number}"))
    assert _order(turns) == ["a0", "b0", "a1", "b1", "a2", "b2"]


def test_shares_are_of_sound_not_of_clips() -> None:
    """Short clips come more often than long ones."""
    turns = Scheduler()
    long, short = turns.ticket(Kind.BULK), turns.ticket(Kind.BULK)
    for number in range(2):
        turns.add(long, _clip(f"long{number}", 30))
    for number in range(4):
        turns.add(short, _clip(f"short{number}", 10))
    assert _order(turns) == ["long0", "short0", "short1", "short2", "long1", "short3"]


def test_time_without_clips_is_not_saved_up() -> None:
    """Who comes late, or comes again, begins where the others are."""
    turns = Scheduler()
    old = turns.ticket(Kind.BULK)
    late = turns.ticket(Kind.BULK)
    for number in range(6):
        turns.add(old, _clip(f"old{number}"))
    for _ in range(3):
        turns.take(most_count=1)
    for number in range(3):
        turns.add(late, _clip(f"late{number}"))
    assert _order(turns) == ["late0", "old3", "late1", "old4", "late2", "old5"]


def test_the_live_take_nobody_along() -> None:
    """A turn with a live clip has no other: it would wait for them."""
    turns = Scheduler()
    turns.add(turns.ticket(Kind.BULK), _clip("bulk"))
    turns.add(turns.ticket(Kind.LIVE), _clip("live", 2))
    assert [clip.clip_id for _, clip in turns.take(most_count=8)] == ["live"]


def test_a_turn_is_no_longer_than_it_may_be() -> None:
    """So much sound at most, but always one clip."""
    turns = Scheduler()
    ticket = turns.ticket(Kind.BULK)
    for number in range(5):
        turns.add(ticket, _clip(str(number)))
    assert len(turns.take(most_count=8, most_s=70)) == 2
    assert len(turns.take(most_count=8, most_s=0)) == 1
    assert len(turns.take(most_count=8)) == 2
    assert turns.take(most_count=8) == []


def test_who_leaves_takes_their_clips_along() -> None:
    """What a request had waiting is forgotten."""
    turns = Scheduler()
    gone, here = turns.ticket(Kind.SHORT), turns.ticket(Kind.BULK)
    turns.add(gone, _clip("gone"))
    turns.add(here, _clip("here"))
    turns.drop(gone)
    turns.drop(gone)
    assert turns.waiting_s() == pytest.approx(30)
    assert _order(turns) == ["here"]


@given(
    st.lists(st.tuples(st.integers(0, 4), st.sampled_from(Kind), st.integers(1, 60)), max_size=60),
    st.integers(1, 8),
    st.sampled_from([0.0, 45.0, math.inf]),
)
def test_every_clip_comes_once_in_its_own_order(
    clips: list[tuple[int, Kind, int]], count: int, most_s: float
) -> None:
    """Whatever waits: nothing is lost, doubled or overtaken by a clip of the same request."""
    turns = Scheduler()
    tickets: dict[tuple[int, Kind], Ticket] = {}
    for number, (who, kind, seconds) in enumerate(clips):
        ticket = tickets.setdefault((who, kind), turns.ticket(kind))
        turns.add(ticket, _clip(str(number), seconds))
    taken = []
    while together := turns.take(most_count=count, most_s=most_s):
        taken += [(ticket, int(clip.clip_id)) for ticket, clip in together]
    assert sorted(number for _, number in taken) == list(range(len(clips)))
    for ticket in tickets.values():
        own = [number for owner, number in taken if owner is ticket]
        assert own == sorted(own)
