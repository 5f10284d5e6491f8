import html
import re
from itertools import pairwise

from hypothesis import given

from qasr_cli.core.subtitles.cue_options import CueOptions
from qasr_cli.core.subtitles.cues import cut_cues
from qasr_cli.core.types import Cue, Transcript
from qasr_cli.formats.readers.vtt import read_vtt
from qasr_cli.formats.vtt import render
from tests.formats.conftest import EMPTY, cue_lists
from tests.strategies import transcripts

_TAG = re.compile(r"<(\d\d):(\d\d):(\d\d)\.(\d{3})>")
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


@given(transcripts())
def test_karaoke_tags_rise_inside_their_cue(transcript: Transcript) -> None:
    """Each tag is later than the one before, after the start and before the end of its cue."""
    cues = cut_cues(transcript, CueOptions())

    text = render(transcript, cues, highlight_words=True)

    assert _TAG.sub("", text) == render(transcript, cues)
    for block, cue in zip(text.rstrip("\n").split("\n\n")[1:], cues, strict=True):
        times_ms = [
            ((int(h) * 60 + int(m)) * 60 + int(s)) * 1000 + int(ms)
            for h, m, s, ms in _TAG.findall(block)
        ]
        rising = [cue.start_ms, *times_ms, cue.end_ms]
        assert all(before < after for before, after in pairwise(rising))


def test_a_speaker_has_a_voice() -> None:
    """In every cue; what the name holds cannot end the tag or the line."""
    cue = Cue(start_ms=0, end_ms=999, lines=("One,", "two."), speaker="A > B\n& Co")

    assert render(EMPTY, (cue,)) == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:00.999\n<v A &gt; B &amp; Co>One,\ntwo.\n"
    )
    (read,) = read_vtt(render(EMPTY, (cue,))).cues
    assert read.lines == ("One,", "two.")
