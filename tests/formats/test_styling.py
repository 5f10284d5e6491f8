"""Markup that a given subtitle has, in the formats that have words for it."""

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.core.subtitles.karaoke import spoken_lines
from qasr_cli.core.types import Cue, Tag
from qasr_cli.formats.readers.srt import read_srt
from qasr_cli.formats.readers.vtt import read_vtt
from qasr_cli.formats.registry import FORMAT_NAMES, format_named
from qasr_cli.options import FormatOptions
from tests.formats.conftest import EMPTY

TAGS = (
    *("<i>", "</i>", "<b>", "</b>", "<u>", "</u>", "<I>", "<s>", "</s>"),
    *('<font color="#ffff00">', "<font color=red>", '<font face="Arial">', "</font>"),
    *("{\\an8}", "{\\i1}", "{\\i0}", "{\\pos(1,2)}"),
)


def cue(content: str) -> Cue:
    """A cue as SubRip has it."""
    (read,) = read_srt(f"1\n00:00:01,000 --> 00:00:02,000\n{content}\n").cues
    return Cue(start_ms=1000, end_ms=2000, lines=read.lines, tags=read.tags)


def written(content: str, name: str, *, highlight_words: bool = False) -> str:
    """The text of such a cue in a format."""
    options = FormatOptions(highlight_words=highlight_words)
    return format_named(name).render(EMPTY, (cue(content),), options).rstrip("\n")


@pytest.mark.parametrize(
    ("content", "vtt", "ass", "ttml"),
    [
        (
            "<i>Dr. Green</i> likes",
            "<i>Dr. Green</i> likes",
            "{\\i1}Dr. Green{\\i0} likes",
            '<span tts:fontStyle="italic">Dr. Green</span> likes',
        ),
        (
            '<font color="#FFFF00">a</font> <font color=red>b</font>',
            "<c.yellow>a</c> <c.red>b</c>",
            "{\\c&H00FFFF&}a{\\c} {\\c&H0000FF&}b{\\c}",
            '<span tts:color="#ffff00">a</span> <span tts:color="#ff0000">b</span>',
        ),
        (
            "<b>a<u>b</b>c</u>",  # crossed, and put right where they must be
            "<b>a</b><b><u>b</u></b><u>c</u>",
            "{\\b1}a{\\u1}b{\\b0}c{\\u0}",
            None,
        ),
        (
            "{\\i1}a\nb",  # to the end of the cue
            "<i>a\nb</i>",
            "{\\i1}a\\Nb",
            '<span tts:fontStyle="italic">a<br/>b</span>',
        ),
        ("<i>&</i> <b></b>x", "<i>&amp;</i> x", "{\\i1}&{\\i0} x", None),
        ("<s>a</s> <font face=x>b</font>", "a b", "a b", "a b"),
    ],
)
def test_each_format_says_it_in_its_way(content: str, vtt: str, ass: str, ttml: str | None) -> None:
    """Italics, bold, underline and colours; SubRip has every tag as it was."""
    assert written(content, "srt").split("\n", 2)[2] == content
    assert written(content, "vtt").split("\n", 3)[3] == vtt
    assert written(content, "ass").rsplit(",,", 1)[1] == ass
    if ttml is not None:
        assert f">{ttml}</p>" in written(content, "ttml")


@pytest.mark.parametrize(
    ("place", "settings"),
    [(8, " line:0"), (5, " line:50%"), (1, " align:left"), (9, " line:0 align:right"), (2, "")],
)
def test_a_place_is_one_in_webvtt_and_ass(place: int, settings: str) -> None:
    """And WebVTT gives it back."""
    content = f"{{\\an{place}}}a"
    vtt = written(content, "vtt")

    assert vtt.split("\n")[2] == f"00:00:01.000 --> 00:00:02.000{settings}"
    assert written(content, "ass").endswith(f",,{content}")
    (read,) = read_vtt(vtt).cues
    assert [tag.text for tag in read.tags] == ([] if place == 2 else [f"{{\\an{place}}}"])


@given(
    st.lists(st.tuples(st.text("ab &<>{}\\", max_size=3), st.sampled_from(TAGS)), max_size=8),
    st.booleans(),
)
def test_no_tag_is_ever_text(pieces: list[tuple[str, str]], highlight_words: bool) -> None:
    """However tags are mixed: the words stay, XML is sound, and what is closed was opened."""
    tags = []
    line = "x"
    for text, tag in pieces:
        line += text
        tags.append(Tag(line=0, char=len(line), text=tag))
    given_cue = Cue(start_ms=1000, end_ms=2000, lines=(f"{line}x",), tags=tuple(tags))
    bare = Cue(start_ms=1000, end_ms=2000, lines=given_cue.lines)
    options = FormatOptions(highlight_words=highlight_words)

    for name in FORMAT_NAMES:
        text = format_named(name).render(EMPTY, (given_cue,), options)
        if name not in ("srt", "vtt", "ass", "ttml"):
            assert text == format_named(name).render(EMPTY, (bare,), options)
        if name == "vtt":
            (read,) = read_vtt(text).cues
            assert read.lines == given_cue.lines
            assert len(re.findall("<[ibuc]", text)) == len(re.findall("</[ibuc]", text))
        if name == "ttml":
            (paragraph,) = ET.fromstring(text.encode()).iter(  # noqa: S314  # our own
                "{http://www.w3.org/ns/ttml}p"
            )
            assert "".join(paragraph.itertext()) == given_cue.lines[0]


def test_karaoke_and_markup_go_together() -> None:
    """The times of words stand between the tags."""
    assert len(spoken_lines(EMPTY, (cue("<i>a</i> b"),))) == 1
    assert written("<i>a</i> b", "vtt", highlight_words=True).endswith("\n<i>a</i> b")
    assert written("<i>a</i> b", "ass", highlight_words=True).endswith(",,{\\i1}{\\k100}a{\\i0} b")
