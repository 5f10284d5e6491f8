"""What subtitles have beside text and times stays in their file when somebody corrects it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.core.types import Cue, ReadCue, Tag
from qasr_cli.saved.in_place.markup import with_markup
from qasr_cli.saved.in_place.opening import opened
from qasr_cli.saved.in_place.places import find
from qasr_cli.saved.in_place.vtt_blocks import with_blocks_of
from tests.saved.in_place.conftest import save_as, with_lines

_SRT = """1
00:00:01,000 --> 00:00:02,500
{\\an8}<i>Hello there.</i>

2
00:00:03,000 --> 00:00:05,000
Now <b>you</b> say it.

"""
_VTT = """WEBVTT - a talk
Kind: captions

STYLE
::cue(.loud) { color: red }

REGION
id:fred

NOTE by hand

greeting
00:01.000 --> 00:02.500 position:20% region:fred
<v Ann><c.loud>Hello</c> there

NOTE between

2
00:03.000 --> 00:05.000 line:0
<v Bob>Now <i>you</i> say it

00:06.000 --> 00:07.000
- <v Ann>Yes</v>
- <v Bob>No</v>

NOTE at the end
"""

Corrected = Callable[[str, Callable[[Sequence[Cue]], Sequence[Cue]]], tuple[str, tuple[str, ...]]]


@pytest.fixture
def corrected(tmp_path: Path) -> Corrected:
    """What a file of subtitles holds once somebody corrected it, and what is said of it."""

    def correct(
        text: str, change: Callable[[Sequence[Cue]], Sequence[Cue]]
    ) -> tuple[str, tuple[str, ...]]:
        path = tmp_path / ("talk.vtt" if text.startswith("WEBVTT") else "talk.srt")
        path.write_text(text)
        (editable,) = find([str(path)]).editables
        found = opened(editable)
        assert found.notes == ()
        saved = save_as(editable, found, tuple(change(found.cues)))
        return path.read_text(), saved.notes

    return correct


def _first_says(text: str) -> Callable[[Sequence[Cue]], Sequence[Cue]]:
    return lambda cues: (replace(cues[0], lines=tuple(text.split("\n"))), *cues[1:])


@pytest.mark.parametrize(
    "text", ["Hello there!", "Oh, hello there.", "Hello there. And you?", "Good\nmorning."]
)
def test_a_new_text_looks_as_the_old_one(corrected: Corrected, text: str) -> None:
    """Place and italics of all of it are those of the new text, wherever it changed."""
    after, notes = corrected(_SRT, _first_says(text))
    assert after == _SRT.replace("Hello there.", text)
    assert notes == ()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("And now you all say it.", "And now <b>you</b> all say it."),
        ("Now everybody says it.", "Now <b>everybody</b> says it."),
        ("Now say it.", "Now say it."),
    ],
)
def test_parts_of_a_text_look_as_they_did(corrected: Corrected, text: str, wanted: str) -> None:
    """Bold is the word that was bold, or what took its place; nothing, where it is gone."""

    def change(cues: Sequence[Cue]) -> Sequence[Cue]:
        return (cues[0], replace(cues[1], lines=(text,)))

    after, _ = corrected(_SRT, change)
    assert f"\n{wanted}\n" in after


def test_two_parts_look_alike_and_joined_ones_as_each_did(corrected: Corrected) -> None:
    """What was split is in italics twice; of what was joined, what was before."""

    def split(cues: Sequence[Cue]) -> Sequence[Cue]:
        halves = (
            replace(cues[0], end_ms=1700, lines=("Hello",)),
            replace(cues[0], start_ms=1700, lines=("there.",)),
        )
        return (*halves, cues[1])

    after, _ = corrected(_SRT, split)
    assert "{\\an8}<i>Hello</i>\n" in after
    assert "{\\an8}<i>there.</i>\n" in after

    def join(cues: Sequence[Cue]) -> Sequence[Cue]:
        return (replace(cues[0], end_ms=5000, lines=("Hello there.", "Now you say it.")),)

    joined, notes = corrected(_SRT, join)
    assert "{\\an8}<i>Hello there.</i>\nNow <b>you</b> say it.\n" in joined
    assert notes == ()


def test_markup_that_is_gone_is_counted(corrected: Corrected) -> None:
    """Where its subtitle was removed."""
    _, notes = corrected(_SRT, lambda cues: cues[1:])
    assert notes == ("talk.srt: styles and places of 1 changed cue are gone",)


def test_webvtt_keeps_all_that_nobody_changed(corrected: Corrected) -> None:
    """Notes, styles, regions, names, settings, speakers: only the text that was mended is new."""

    def change(cues: Sequence[Cue]) -> Sequence[Cue]:
        assert [cue.speaker for cue in cues] == ["Ann", "Bob", None]
        return (cues[0], replace(cues[1], lines=("Now you say that",)), cues[2])

    after, notes = corrected(_VTT, change)
    assert after == _VTT.replace("say it", "say that")
    assert notes == ()


def test_webvtt_whose_times_or_speakers_change(corrected: Corrected) -> None:
    """A cue that moved keeps its settings and its markup; another speaker takes the place."""

    def change(cues: Sequence[Cue]) -> Sequence[Cue]:
        return (replace(cues[0], end_ms=2750), replace(cues[1], speaker="Eve"), cues[2])

    after, notes = corrected(_VTT, change)
    moved = _VTT.replace("00:01.000 --> 00:02.500", "00:00:01.000 --> 00:00:02.750")
    assert after == moved.replace("<v Bob>Now", "<v Eve>Now")
    assert notes == ()


def test_webvtt_that_loses_markup_says_so(corrected: Corrected) -> None:
    """Classes of a text that changed, and two speakers in one subtitle, have no words here."""
    after, notes = corrected(_VTT, _first_says("Good morning"))
    assert (
        "greeting\n00:01.000 --> 00:02.500 position:20% region:fred\n<v Ann>Good morning" in after
    )
    assert notes == ("talk.vtt: classes, languages and voices of 1 changed cue are gone",)


def test_webvtt_split_removed_and_inserted(corrected: Corrected) -> None:
    """Both parts have the settings, one of them the name; notes stay in their order."""

    def change(cues: Sequence[Cue]) -> Sequence[Cue]:
        halves = (
            replace(cues[1], end_ms=4000, lines=("Now you",)),
            replace(cues[1], start_ms=4000, lines=("say it",)),
        )
        return (Cue(start_ms=0, end_ms=500, lines=("New",)), *halves)

    after, _ = corrected(_VTT, change)
    blocks = after.strip().split("\n\n")
    assert [block.split("\n")[0] for block in blocks] == [
        *("WEBVTT - a talk", "STYLE", "REGION", "NOTE by hand", "00:00:00.000 --> 00:00:00.500"),
        *("NOTE between", "2", "00:00:04.000 --> 00:00:05.000 line:0", "NOTE at the end"),
    ]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_line_ends_stay_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    """What was written with those of Windows still is, as UTF-8."""
    path = tmp_path / "talk.srt"
    path.write_bytes(_SRT.replace("\n", "\r\n").encode(encoding))
    (editable,) = find([str(path)]).editables
    found = opened(editable)
    save_as(editable, found, with_lines(found.cues, "Good", "morning"))
    after = path.read_bytes().decode("utf-8-sig")
    assert after == _SRT.replace("Hello there.", "Good\nmorning").replace("\n", "\r\n")


def test_webvtt_in_a_file_of_subrip(tmp_path: Path) -> None:
    """It becomes SubRip: what that has no words for is said, and speakers stand before texts."""
    path = tmp_path / "talk.srt"
    path.write_text(_VTT)
    (editable,) = find([str(path)]).editables
    found = opened(editable)
    assert found.notes[0] == "read as WebVTT, which it is"
    assert found.notes[1].startswith("left out, as it has no words here: classes (.loud)")
    save_as(editable, found, with_lines(found.cues, "Good morning"))
    assert path.read_text().startswith("1\n00:00:01,000 --> 00:00:02,500\nAnn: Good morning\n")


def test_webvtt_of_a_batch_keeps_notes_of_other_programs(heard: Path) -> None:
    """As often as it is saved; the other outputs have none of it."""
    path = heard / "a.vtt"
    path.write_text(path.read_text().replace("WEBVTT\n", "WEBVTT\n\nNOTE seen by Ann\n", 1))
    (editable, _) = find([str(heard)]).editables
    for word in ("Once", "Twice"):
        found = opened(editable)
        save_as(editable, found, with_lines(found.cues, word))
        assert path.read_text().startswith("WEBVTT\n\nNOTE seen by Ann\n\n00:00")
        assert word in path.read_text()
    assert "Ann" not in (heard / "a.srt").read_text()


_LINE = st.text(st.sampled_from("ab <>/&-:1.\n"), max_size=12)


@given(st.lists(_LINE, max_size=12))
def test_webvtt_that_nobody_changed_is_the_same(lines: list[str]) -> None:
    """Whatever it holds, written over itself it has every line that stood in it."""
    text = "WEBVTT\n\n00:01.000 --> 00:02.000\nHi\n\nNOTE\n" + "\n".join(lines)
    carried = with_blocks_of(text, text)
    assert with_blocks_of(carried.text, carried.text) == carried
    assert "NOTE" in carried.text


@given(
    old=st.text(st.sampled_from("ab\n"), max_size=8),
    new=st.text(st.sampled_from("ab\n"), max_size=8),
    data=st.data(),
)
def test_tags_stay_in_order_and_inside(old: str, new: str, data: st.DataObject) -> None:
    """However a text changes, no tag stands outside of it or before one that it came after."""
    lines = tuple(old.split("\n"))
    places = [(at, char) for at, line in enumerate(lines) for char in range(len(line) + 1)]
    chosen = sorted(data.draw(st.lists(st.sampled_from(places), max_size=4)))
    tags = tuple(
        Tag(line=line, char=char, text="</i>" if number % 2 else "<i>")
        for number, (line, char) in enumerate(chosen)
    )
    read = ReadCue(start_ms=0, end_ms=1000, lines=lines, tags=tags)
    cue = Cue(start_ms=0, end_ms=1000, lines=tuple(new.split("\n")))
    (found,), _ = with_markup([cue], [read])
    moved = [(tag.line, tag.char) for tag in found.tags]
    assert moved == sorted(moved)
    assert (len(tags) - len(moved)) % 2 == 0  # nothing, or what began and ended where nothing is
    assert all(char <= len(cue.lines[line]) for line, char in moved)
