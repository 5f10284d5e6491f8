from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.core.language.limits import Limits
from qasr_cli.core.subtitles.cue_options import CueOptions, limits_of
from qasr_cli.core.subtitles.retime import Slot, retime

LIMITS = limits_of("English", CueOptions())


def slot(start_ms: int, end_ms: int, read_ms: int = 0, limits: Limits = LIMITS) -> Slot:
    """Speech with the usual limits."""
    return Slot(start_ms=start_ms, end_ms=end_ms, read_ms=read_ms, limits=limits)


def times(*slots: Slot, duration_ms: int = 60_000) -> list[tuple[int, int]]:
    """Cue times with a gap of two frames."""
    return list(retime(slots, duration_ms=duration_ms))


SLOTS = st.lists(
    st.tuples(st.integers(0, 20_000), st.integers(0, 9000), st.integers(0, 9000)), max_size=30
).map(lambda rows: [slot(start, start + long, read) for start, long, read in sorted(rows)])


@given(SLOTS, st.integers(30, 30_000))
def test_cues_never_overlap_nor_leave_the_media(slots: list[Slot], duration_ms: int) -> None:
    """Start before end, in order, inside the media, however dense the speech."""
    cues = retime(slots, duration_ms=duration_ms)

    edges_ms = [0, *(edge for cue in cues for edge in cue), duration_ms]
    assert edges_ms == sorted(edges_ms)
    assert all(start_ms < end_ms for start_ms, end_ms in cues)


@given(SLOTS)
def test_a_gap_is_two_frames_or_half_a_second(slots: list[Slot]) -> None:
    """Shorter gaps are closed, unless that would make a cue too long or speech is too dense."""
    cues = retime(slots, duration_ms=60_000)

    for (start_ms, end_ms), (next_ms, _) in pairwise(cues):
        gap_ms = next_ms - end_ms
        is_dense = next_ms - start_ms <= 84
        would_be_long = next_ms - 84 - start_ms > 7000
        assert gap_ms == 84 or gap_ms >= 500 or is_dense or would_be_long


@pytest.mark.parametrize(
    ("slots", "expected"),
    [
        # short speech stands for the minimum
        ([slot(1000, 1200)], [(1000, 1833)]),
        # long text lingers half a second after its speech, no longer
        ([slot(1000, 3000, read_ms=4000)], [(1000, 3500)]),
        # a gap under half a second is closed to two frames
        ([slot(0, 2000), slot(2300, 4000)], [(0, 2216), (2300, 4000)]),
        # a longer one stays
        ([slot(0, 2000), slot(2500, 4000)], [(0, 2000), (2500, 4000)]),
        # speech without a pause gives up two frames
        ([slot(0, 2000), slot(2000, 4000)], [(0, 1916), (2000, 4000)]),
        # one word that sounds for nine seconds
        ([slot(0, 9000)], [(0, 9000)]),
        # collapsed times
        ([slot(500, 500), slot(500, 500), slot(500, 2000)], [(500, 501), (501, 502), (502, 2000)]),
        # nothing past the end
        ([slot(59_900, 60_000)], [(59_900, 60_000)]),
        ([slot(60_000, 60_000), slot(60_000, 60_000)], [(59_998, 59_999), (59_999, 60_000)]),
        ([], []),
    ],
)
def test_times_follow_the_rules(slots: list[Slot], expected: list[tuple[int, int]]) -> None:
    """Planted cases, one a rule."""
    assert times(*slots) == expected


def test_a_lead_in_comes_before_the_speech() -> None:
    """Cues start earlier by that much, never before the media, and the one before makes room."""
    early = replace(LIMITS, lead_in_ms=200)

    assert times(slot(100, 2000, limits=early), slot(3000, 4000, limits=early)) == [
        (0, 2000),
        (2800, 4000),
    ]


def test_gaps_stay_where_no_flicker_is_closed() -> None:
    """Without chaining a cue ends with its speech, as Japanese subtitles do."""
    unchained = replace(LIMITS, chain_ms=0)

    assert times(slot(0, 2000, limits=unchained), slot(2300, 4000)) == [(0, 2000), (2300, 4000)]


def test_a_cue_lingers_as_long_as_it_may() -> None:
    """Text that takes longer to read than to say stays past the speech, that far."""
    patient = replace(LIMITS, linger_ms=1500)

    assert times(slot(1000, 3000, 9000, limits=patient)) == [(1000, 4500)]


def test_more_cues_than_milliseconds_are_refused() -> None:
    """Every cue needs its millisecond."""
    with pytest.raises(ValueError, match="3 cues do not fit into 2 ms"):
        times(slot(0, 0), slot(0, 0), slot(0, 0), duration_ms=2)
