import re

import pysubs2
from hypothesis import given

from qasr_cli.core.subtitles.cue_options import CueOptions
from qasr_cli.core.subtitles.cues import cut_cues
from qasr_cli.core.types import Cue, Transcript
from qasr_cli.formats.ass import render
from qasr_cli.formats.centiseconds import cue_times_cs
from tests.formats.conftest import EMPTY, cue_lists
from tests.strategies import transcripts

_SYLLABLE = re.compile(r"\{\\k(\d+)\}")


def lines_of(text: str) -> tuple[str, ...]:
    """The lines of an event, as a player that knows the escapes shows them."""
    return tuple(
        line.replace("\\{", "{").replace("\\}", "}").replace("\\\u2060", "\\")
        for line in re.split(r"\\N", text)
    )


def read(text: str) -> list[tuple[int, int, str]]:
    """Events as an independent reader finds them: start and end in ms, raw text."""
    return [(e.start, e.end, e.text) for e in pysubs2.SSAFile.from_string(text, "ass")]


@given(cue_lists())
def test_a_reader_gets_every_cue_back(cues: tuple[Cue, ...]) -> None:
    """Count, order, lines, and times to the hundredth; none is empty and none overlaps."""
    events = read(render(EMPTY, cues))

    assert [lines_of(text) for _, _, text in events] == [cue.lines for cue in cues]
    assert [(start, end) for start, end, _ in events] == [
        (start_cs * 10, end_cs * 10) for start_cs, end_cs in cue_times_cs(cues)
    ]


@given(cue_lists())
def test_no_text_works_as_a_command(cues: tuple[Cue, ...]) -> None:
    """What a player obeys, `{...}` and a backslash with a letter, is only ever ours."""
    for _, _, text in read(render(EMPTY, cues)):
        assert re.search(r"(?<!\\)\{", text) is None
        assert re.search(r"\\[^N{}\u2060]", text) is None


@given(transcripts())
def test_syllables_fill_their_cue(transcript: Transcript) -> None:
    """Karaoke lasts exactly as long as the cue, and without it the lines are the same."""
    cues = cut_cues(transcript, CueOptions())

    for (start_ms, end_ms, text), cue in zip(
        read(render(transcript, cues, highlight_words=True)), cues, strict=True
    ):
        assert sum(map(int, _SYLLABLE.findall(text))) * 10 == end_ms - start_ms
        assert lines_of(_SYLLABLE.sub("", text)) == cue.lines


def test_the_clock_goes_on_after_ten_hours() -> None:
    """A long recording keeps its times."""
    cue = Cue(start_ms=36_000_000 + 61_230, end_ms=360_000_000, lines=("still here",))

    assert "Dialogue: 0,10:01:01.23,100:00:00.00,Default,,0,0,0,,still here" in render(
        EMPTY, (cue,)
    )


def test_commands_in_the_text_are_shown() -> None:
    """Braces are escaped; a backslash loses its power to an invisible joiner."""
    cue = Cue(start_ms=0, end_ms=1000, lines=(r"{\an8}C:\New", "b"))

    assert render(EMPTY, (cue,)).endswith(",,\\{\\\u2060an8\\}C:\\\u2060New\\Nb\n")


def test_a_speaker_is_the_name_of_an_event() -> None:
    """A comma in it would end the field."""
    cue = Cue(start_ms=0, end_ms=990, lines=("One, two.",), speaker="Bell, Anna")

    (event,) = pysubs2.SSAFile.from_string(render(EMPTY, (cue,)), "ass")

    assert (event.name, event.text) == ("Bell; Anna", "One, two.")
