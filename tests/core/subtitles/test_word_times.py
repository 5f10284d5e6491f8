from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.core.subtitles.cue_options import CueOptions
from qasr_cli.core.subtitles.cues import cut_cues
from qasr_cli.core.subtitles.karaoke import spoken_lines
from qasr_cli.core.subtitles.word_times import with_word_times
from qasr_cli.core.types import Segment, TextWord
from tests.strategies import assembled

Times = list[tuple[int, int]]


def segment_of(words: list[str], times: Times) -> tuple[str, Segment]:
    """A text of these words with these times, as one sentence."""
    place = 0
    placed = []
    for word, (start_ms, end_ms) in zip(words, times, strict=True):
        stop = place + len(word)
        placed.append(TextWord(start_ms=start_ms, end_ms=end_ms, char_start=place, char_end=stop))
        place = stop
    text = "".join(words)
    segment = Segment(
        start_ms=times[0][0],
        end_ms=times[-1][1],
        char_start=0,
        char_end=place,
        language="Korean",
        words=tuple(placed),
    )
    return text, segment


def shared(words: list[str], times: Times) -> Times:
    """The times that the words have in cues."""
    text, segment = segment_of(words, times)
    return [(word.start_ms, word.end_ms) for word in with_word_times(text, [segment])[0].words]


@pytest.mark.parametrize(
    ("words", "times", "given"),
    [
        (["one ", "two "], [(0, 300), (400, 700)], [(0, 300), (400, 700)]),
        (["ab ", "cd "], [(0, 400), (400, 400)], [(0, 200), (200, 400)]),
        (["ab ", "cd "], [(0, 0), (0, 400)], [(0, 200), (200, 400)]),
        # The longer neighbour gives.
        (
            ["ab ", "cd ", "ef "],
            [(0, 400), (400, 400), (400, 500)],
            [(0, 200), (200, 400), (400, 500)],
        ),
        # Several share with one.
        (
            ["a ", "b ", "c "],
            [(0, 300), (300, 300), (300, 300)],
            [(0, 100), (100, 200), (200, 300)],
        ),
        # One and the same time.
        (["ab ", "cd "], [(0, 400), (0, 400)], [(0, 200), (200, 400)]),
        # A silence is nobody's: neither before, nor behind, nor inside an endless word.
        (
            ["ab ", "cd ", "ef "],
            [(0, 200), (900, 900), (2900, 3100)],
            [(0, 200), (900, 1020), (2900, 3100)],
        ),
        (["ab ", "cd "], [(0, 4000), (4000, 4000)], [(0, 3760), (3760, 4000)]),
        # Nothing to share, such as in a text that nobody spoke.
        (["ab ", "cd "], [(0, 0), (0, 0)], [(0, 0), (0, 0)]),
    ],
)
def test_words_without_time_have_a_share(words: list[str], times: Times, given: Times) -> None:
    """A word that the aligner gave no time has some of the neighbour that touches it."""
    assert shared(words, times) == given


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=12))
def test_order_and_ends_stay(steps: list[tuple[int, int]]) -> None:
    """No word goes back, none is outside of what all had, and none has less than nothing."""
    times: Times = []
    now_ms = 0
    for wait, length in steps:
        now_ms += 80 * wait
        times.append((now_ms, now_ms + 80 * length))
        now_ms += 80 * length

    found = shared(["ab "] * len(times), times)

    assert all(start_ms <= end_ms for start_ms, end_ms in found)
    assert all(left[1] <= right[0] for left, right in pairwise(found))
    assert found[0][0] == times[0][0]
    assert found[-1][1] == times[-1][1]


def test_karaoke_lights_every_word_and_the_transcript_stays() -> None:
    """Cues and karaoke have the shares; the words of the transcript keep the aligner's times."""
    text, segment = segment_of(["작은 ", "빵집을 ", "합니다."], [(0, 800), (800, 800), (800, 1400)])
    transcript = replace(assembled([]), text=text, segments=(segment,), duration_ms=3000)

    cues = cut_cues(transcript, CueOptions())
    pieces = [piece for lines in spoken_lines(transcript, cues) for line in lines for piece in line]

    assert all(piece.start_ms < piece.end_ms for piece in pieces)
    assert segment.words[1].start_ms == segment.words[1].end_ms
