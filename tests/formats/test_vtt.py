import html
import re

from hypothesis import given

from qasr_cli.core.types import Cue
from qasr_cli.formats.vtt import render
from tests.formats.conftest import EMPTY, cue_lists

_TIMES = re.compile(r"(\d+):(\d\d):(\d\d)\.(\d{3}) --> (\d+):(\d\d):(\d\d)\.(\d{3})")


def parse(text: str) -> list[Cue]:
    """Cues by the rules of the standard: blocks between blank lines, times, text."""
    header, *blocks = text.rstrip("\n").split("\n\n")
    assert header == "WEBVTT"
    cues = []
    for block in blocks:
        times, *lines = block.split("\n")
        assert not any("-->" in line for line in lines)
        found = _TIMES.fullmatch(times)
        assert found is not None
        edges = list(map(int, found.groups()))
        start_ms, end_ms = (
            ((hours * 60 + minutes) * 60 + seconds) * 1000 + millis
            for hours, minutes, seconds, millis in (edges[:4], edges[4:])
        )
        texts = tuple(map(html.unescape, lines))
        cues.append(Cue(start_ms=start_ms, end_ms=end_ms, lines=texts))
    return cues


@given(cue_lists())
def test_a_reader_gets_every_cue_back(cues: tuple[Cue, ...]) -> None:
    """Count, order, times and lines survive, whatever the lines say."""
    assert parse(render(EMPTY, cues)) == list(cues)


def test_it_is_webvtt() -> None:
    """Header, times with a point, escaped text."""
    cue = Cue(start_ms=1200, end_ms=3500, lines=("Q&A", "<b> --> c"))

    assert render(EMPTY, (cue,)) == (
        "WEBVTT\n\n00:00:01.200 --> 00:00:03.500\nQ&amp;A\n&lt;b&gt; --&gt; c\n"
    )
