import re
from datetime import timedelta

import srt
from hypothesis import given

from qasr_cli.core.types import Cue
from qasr_cli.formats.srt import render
from tests.formats.conftest import EMPTY, cue_lists


@given(cue_lists())
def test_a_reader_gets_every_cue_back(cues: tuple[Cue, ...]) -> None:
    """Count, order, times to the millisecond, and lines survive; arrows are shortened."""
    read = list(srt.parse(render(EMPTY, cues)))

    assert [subtitle.index for subtitle in read] == list(range(1, len(cues) + 1))
    for subtitle, cue in zip(read, cues, strict=True):
        assert subtitle.start == timedelta(milliseconds=cue.start_ms)
        assert subtitle.end == timedelta(milliseconds=cue.end_ms)
        assert subtitle.content.split("\n") == [re.sub("-+->", "->", line) for line in cue.lines]


def test_it_is_subrip() -> None:
    """Number, times with a comma, lines, an empty line."""
    cue = Cue(start_ms=3_600_001, end_ms=3_602_500, lines=("Above,", "a --> b"))

    assert render(EMPTY, (cue,)) == "1\n01:00:00,001 --> 01:00:02,500\nAbove,\na -> b\n\n"


def test_a_new_speaker_is_named() -> None:
    """Once, until somebody else speaks."""
    cues = [
        Cue(start_ms=n, end_ms=n + 1, lines=(text,), speaker=speaker)
        for n, (speaker, text) in enumerate((("Anna", "One."), ("Anna", "Two."), ("Bob", "Three.")))
    ]

    read = [subtitle.content for subtitle in srt.parse(render(EMPTY, tuple(cues)))]

    assert read == ["Anna: One.", "Two.", "Bob: Three."]
