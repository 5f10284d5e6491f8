from itertools import pairwise

import pytest
from hypothesis import assume, given

from qasr_cli.core.types import Cue, ReadCue, Tag
from qasr_cli.formats.readers.srt import read_srt
from qasr_cli.formats.readers.vtt import read_vtt
from qasr_cli.formats.registry import format_named
from qasr_cli.options import FormatOptions
from tests.formats.conftest import EMPTY, cue_lists

TAGS = ((0, "{\\an8}"), (0, "<i>"), (4, "</i>"))


def repeats(before: Cue, cue: Cue) -> bool:
    """Whether a cue begins as a line of the one before, as captions do that roll."""
    first, *lines = (" ".join(line.split()) for line in (cue.lines[0], *before.lines))
    return any(first.startswith(line) for line in lines)


@given(cue_lists())
def test_what_is_written_is_read(cues: tuple[Cue, ...]) -> None:
    """WebVTT, with Windows line ends too, gives back every cue, unless they repeat lines."""
    assume(not any(repeats(*pair) for pair in pairwise(cues)))  # that is read as rolling
    options = FormatOptions(crlf=True)
    text = format_named("vtt").content(EMPTY, cues, options).decode()

    assert read_vtt(text).cues == tuple(
        ReadCue(start_ms=cue.start_ms, end_ms=cue.end_ms, lines=cue.lines) for cue in cues
    )


def test_subrip_is_read_as_it_stands() -> None:
    """Order, overlaps and empty cues stay as they are; tags are not text."""
    text = (
        "1\r\n00:00:05,000 --> 00:00:06,000\r\n{\\an8}<i>late</i>\r\n3 < 4 > 2\r\n\r\n"
        "2\r\n00:00:01,000 --> 00:00:09,500\r\n\r\n\r\n"
    )

    late, empty = read_srt(text).cues

    tags = tuple(Tag(line=0, char=at, text=text) for at, text in TAGS)
    assert late == ReadCue(start_ms=5000, end_ms=6000, lines=("late", "3 < 4 > 2"), tags=tags)
    assert (empty.start_ms, empty.end_ms, "".join(empty.lines)) == (1000, 9500, "")


def test_webvtt_of_others_is_read() -> None:
    """Names, settings, notes, styles, hours left out, tags and entities."""
    text = (
        "WEBVTT - a title\nKind: captions\n\nNOTE\nnothing\n\nSTYLE\n::cue {}\n\n"
        "intro\n00:01.000 --> 00:02.500 align:start\n<v Ann>a &lt;b&gt;</v>\n<00:01.500>c\n"
    )

    read = read_vtt(text)
    assert read.cues == (
        ReadCue(
            start_ms=1000,
            end_ms=2500,
            lines=("a <b>", "c"),
            tags=(Tag(line=0, char=0, text="{\\an1}"),),
            speaker="Ann",
        ),
    )
    assert (read.notes, read.unkept) == ((), ("who speaks (<v>)",))


def test_other_files_are_refused() -> None:
    """A file that is no subtitle says so, with the place that shows it."""
    with pytest.raises(ValueError, match="not SubRip here: hello"):
        read_srt("hello\n\nthere\n")
    with pytest.raises(ValueError, match="does not begin with WEBVTT"):
        read_vtt("1\n00:00:01.000 --> 00:00:02.000\na\n")
    with pytest.raises(ValueError, match="not WebVTT here: 1 --> 2"):
        read_vtt("WEBVTT\n\n1 --> 2\na\n")
