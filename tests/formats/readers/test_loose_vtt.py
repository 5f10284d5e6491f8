"""WebVTT as programs write it, and what of its markup SubRip has words for."""

import pytest

from qasr_cli.core.types import ReadSubtitles
from qasr_cli.formats.readers.vtt import read_vtt

CUE = "00:01.000 --> 00:02.000"


def texts(read: ReadSubtitles) -> list[str]:
    """The text of each cue, its lines joined by |."""
    return ["|".join(cue.lines) for cue in read.cues]


@pytest.mark.parametrize(
    "text",
    [
        f"WEBVTT\n{CUE}\nHello\n",
        f"WEBVTT\n1\n{CUE}\nHello\n",
        f"\ufeffWEBVTT - title\nKind: captions\n\n{CUE}\nHello",
        f"\n\nWEBVTT\n\n1\n{CUE}\n\nHello\n",
        f"WEBVTT\n\nNOTE\nno --> arrow\n\nSTYLE\n::cue {{}}\n\nREGION\nid:a\n\n{CUE}\nHello\n",
        f"WEBVTT\n\nNOTE one line\n\n{CUE} \nHello\n\nWEBVTT\nX-TIMESTAMP-MAP=MPEGTS:1\n",
    ],
)
def test_a_cue_is_found_wherever_it_stands(text: str) -> None:
    """Under the header, after notes, styles and regions, before a header that comes again."""
    read = read_vtt(text)

    assert texts(read) == ["Hello"]
    assert read.notes == ()


def test_cues_without_a_blank_line_between_them_are_two() -> None:
    """A line of times begins a cue; a number above it is its own where it counts on."""
    text = f"WEBVTT\n\n{CUE}\nHello\n2\n00:02,000-->0:00:03,000\n5\n00:00:04 --> 00:00:05\nBye\n"

    read = read_vtt(text)

    assert texts(read) == ["Hello", "5", "Bye"]
    assert [cue.start_ms for cue in read.cues] == [1000, 2000, 4000]


def test_text_that_no_player_shows_is_said() -> None:
    """Text after a blank line in a cue, and numbers without times."""
    read = read_vtt(f"WEBVTT\n\n{CUE}\nHello\n\nstray text\n\n7\n")

    assert texts(read) == ["Hello"]
    assert read.notes == (
        "text without times is left out: stray text",
        "a number without times is left out: 7",
    )


@pytest.mark.parametrize(
    ("settings", "tags", "unkept"),
    [
        ("", [], ()),
        ("align:center line:-1", [], ()),
        ("line:0", ["{\\an8}"], ()),
        ("line:10%", ["{\\an8}"], ()),
        ("line:50%,center align:end", ["{\\an6}"], ()),
        ("align:start position:0%", ["{\\an1}"], ("settings (position)",)),
    ],
)
def test_settings_become_a_place(settings: str, tags: list[str], unkept: tuple[str, ...]) -> None:
    """A third of the picture; what is finer is left out by name."""
    read = read_vtt(f"WEBVTT\n\n{CUE} {settings}\nHello\n")

    assert [tag.text for tag in read.cues[0].tags] == tags
    assert read.unkept == unkept


def test_tags_become_those_of_subrip() -> None:
    """Italics, colours by their class; voices, other classes and languages are left out by name."""
    read = read_vtt(
        f"WEBVTT\n\n{CUE}\n<v.loud Ann><i>One</i> <c.yellow.bg_blue>two</c> <c>three</c></v>\n"
    )

    (cue,) = read.cues
    assert cue.lines == ("One two three",)
    assert [(tag.char, tag.text) for tag in cue.tags] == [
        (0, "<i>"),
        (3, "</i>"),
        (4, '<font color="yellow">'),
        (7, "</font>"),
    ]
    assert read.unkept == ("who speaks (<v>)", "classes (.bg_blue)")
