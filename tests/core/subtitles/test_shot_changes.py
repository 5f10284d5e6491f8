from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.core.subtitles.shot_changes import shot_changes_from_text, with_shot_changes
from qasr_cli.core.types import Cue


def cue(start_ms: int, end_ms: int) -> Cue:
    """A cue of one line."""
    return Cue(start_ms=start_ms, end_ms=end_ms, lines=("Words.",))


def times(cues: tuple[Cue, ...]) -> list[tuple[int, int]]:
    """When they stand."""
    return [(each.start_ms, each.end_ms) for each in cues]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((10_000, 14_000), (10_000, 14_000)),  # with the cut
        ((10_400, 14_000), (10_000, 14_000)),  # ten frames behind it
        ((10_600, 14_000), (10_600, 14_000)),  # far behind it
        ((9_800, 14_000), (10_000, 14_000)),  # five frames before it
        ((9_640, 14_000), (9_520, 14_000)),  # nine frames before it: twelve
        ((7_000, 9_800), (7_000, 9_920)),  # ends five frames before it: two
        ((7_000, 10_400), (7_000, 9_920)),  # ends ten frames behind it
        ((9_900, 10_300), (10_000, 10_300)),  # would be gone: it keeps half of its time
    ],
)
def test_a_cue_that_all_but_meets_a_cut_meets_it(
    before: tuple[int, int], after: tuple[int, int]
) -> None:
    """At 25 frames a second, with a cut at ten seconds."""
    assert times(with_shot_changes([cue(*before)], [3000, 10_000], fps=25.0)) == [after]


def test_without_a_cut_nothing_moves() -> None:
    """The cues are those that were given."""
    cues = (cue(0, 1000), cue(1100, 2000))

    assert with_shot_changes(cues, [], fps=None) == cues


@given(
    st.lists(st.tuples(st.integers(0, 900), st.integers(1, 3000)), max_size=12),
    st.lists(st.integers(0, 30_000), min_size=1, max_size=12, unique=True),
)
def test_order_stays(steps: list[tuple[int, int]], cuts: list[int]) -> None:
    """No cue is empty or meets another, wherever the cuts are."""
    cues = []
    now_ms = 0
    for wait_ms, long_ms in steps:
        cues.append(cue(now_ms + wait_ms, now_ms + wait_ms + long_ms))
        now_ms += wait_ms + long_ms

    found = with_shot_changes(cues, sorted(cuts), fps=24.0)

    assert all(each.start_ms < each.end_ms for each in found)
    assert all(left.end_ms <= right.start_ms for left, right in pairwise(found))


def test_a_list_is_read_in_any_usual_way() -> None:
    """Seconds, clock times, and the lines of ffmpeg; in order, each once."""
    text = (
        "\ufeff# film.mp4\n\n83.4\n00:01:23.4\n1:02,25\n"
        "[Parsed_showinfo_2 @ 0x1] n:   0 pts: 512 pts_time:0.04 duration: 512\n"
    )

    assert shot_changes_from_text(text) == (40, 62_250, 83_400)


def test_what_is_no_time_is_refused() -> None:
    """With the number of its line."""
    with pytest.raises(ValueError, match="line 2: not a time"):
        shot_changes_from_text("1.0\nsoon")


def test_a_neighbour_that_moves_makes_room() -> None:
    """The end before a cut and the start with it are two frames apart, whatever they were."""
    found = with_shot_changes([cue(7000, 9880), cue(9960, 12_000)], [10_000], fps=25.0)

    assert times(found) == [(7000, 9920), (10_000, 12_000)]


def test_a_start_that_would_touch_its_neighbour_stays() -> None:
    """Nine frames before a cut it would move to twelve, where the cue before it still stands."""
    cues = [cue(5000, 9560), cue(9640, 12_000)]

    assert times(with_shot_changes(cues, [10_000], fps=25.0))[1] == (9640, 12_000)
