"""Where decoded frames are put."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.media.decoding.timeline import Timeline

SECOND = 16_000


def placed(timeline: Timeline, *frames: tuple[int | None, int]) -> list[int]:
    """Where each frame begins, and where the last one ends."""
    places, end = [], 0
    for at_sample, count in frames:
        gap = timeline.gap_before(at_sample, count)
        places.append(end + max(gap, 0))
        end = places[-1] + count + min(gap, 0)
    return [*places, end]


def timeline(
    first_sample: int | None = 0, *, heeds_times: bool = True, longest_gap: int | None = None
) -> Timeline:
    """One that begins at a time stamp."""
    return Timeline(first_sample=first_sample, heeds_times=heeds_times, longest_gap=longest_gap)


@given(st.lists(st.integers(1, 5000), min_size=1), st.integers(0, 100_000))
def test_frames_that_follow_one_another_stay_together(counts: list[int], first: int) -> None:
    """Without gaps, the sound is as long as its frames, behind the silence before it."""
    frames, at_sample = [], first
    for count in counts:
        frames.append((at_sample, count))
        at_sample += count

    assert placed(timeline(), *frames)[-1] == sum(counts) + (first if first > 16 else 0)
    assert placed(timeline(None), *frames)[-1] == sum(counts)


def test_a_gap_is_silence() -> None:
    """A frame whose time stamp leaves a gap is put at its time."""
    assert placed(timeline(), (0, SECOND), (3 * SECOND, SECOND)) == [0, 3 * SECOND, 4 * SECOND]


def test_times_that_go_back_lose_nothing() -> None:
    """What begins anew is put behind what was, and goes on from there."""
    frames = [(0, SECOND), (SECOND, SECOND), (0, SECOND), (SECOND, SECOND), (5 * SECOND, SECOND)]

    assert placed(timeline(), *frames) == [n * SECOND for n in (0, 1, 2, 3, 7, 8)]


def test_small_overlaps_do_not_add_up() -> None:
    """However often parts overlap by a frame, each is at its time."""
    frames = [(number * SECOND, SECOND + 700) for number in range(20)]

    assert placed(timeline(), *frames)[:-1] == pytest.approx(
        [number * SECOND for number in range(20)], abs=2400
    )


def test_what_lies_before_the_start_is_cut_off() -> None:
    """Frames before the first sample that is wanted are left out, also several of them."""
    assert placed(timeline(1000), (0, 600), (600, 600), (1200, 600))[-1] == 800


def test_counted_times_are_not_heeded() -> None:
    """Where time stamps are counted at a wrong rate, frames follow one another."""
    frames = [(0, 2048), (1024, 2048), (2048, 2048)]

    assert placed(timeline(heeds_times=False), *frames) == [0, 2048, 4096, 6144]


def test_frames_without_times_follow() -> None:
    """A frame without a time stamp comes right after the one before."""
    assert placed(timeline(), (0, 100), (None, 100), (200, 100)) == [0, 100, 200, 300]


def test_another_count_of_time_is_no_gap() -> None:
    """Where time stamps leap further than a gap may be long, the sound goes on."""
    frames = [(0, SECOND), (100 * SECOND, SECOND), (101 * SECOND, SECOND)]

    assert placed(timeline(longest_gap=10 * SECOND), *frames) == [0, SECOND, 2 * SECOND, 3 * SECOND]


def test_rounded_times_leave_the_sound_alone() -> None:
    """Time stamps in whole milliseconds neither cut frames nor part them."""
    frames = [(round(number * 341.33 / 16) * 16, 341) for number in range(100)]

    assert placed(timeline(), *frames)[-1] == pytest.approx(34_100, abs=100)


def test_what_all_frames_are_off_by_is_made_up_for() -> None:
    """A part that overlaps the one before by a frame's filling is back in time soon."""
    frames = [(number * 320, 320) for number in range(50)]
    frames += [(50 * 320 - 700 + number * 320, 320) for number in range(50)]

    assert placed(timeline(), *frames)[-1] == pytest.approx(99 * 320 + 320 - 700, abs=320)


def test_packets_counted_at_another_rate_are_left() -> None:
    """Frames of a packet that are off by more and more, until the next packet, are not cut."""
    frames = [(packet * 7 * 512 + number * 341, 512) for packet in range(30) for number in range(7)]

    assert placed(timeline(), *frames)[-1] == pytest.approx(30 * 7 * 512, abs=512)
