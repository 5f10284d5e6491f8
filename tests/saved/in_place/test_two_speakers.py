"""Cues of two people, corrected where they stand."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from qasr_cli.core.transcript.schema import document_from_transcript
from qasr_cli.formats.rendering import render
from qasr_cli.saved.in_place.opening import opened
from qasr_cli.saved.in_place.places import Editable, find
from tests.core.subtitles.speakers.dialogue import dialogue
from tests.saved.in_place.conftest import save_as

_TALK = dialogue(
    ("Ann", 0, "Well then, now we can begin."),
    ("Ann", 2000, "Ready?"),
    ("Bo", 2250, "Yes."),
    ("Ann", 2500, "Then it is time to go home now."),
)


@pytest.fixture(params=["srt", "vtt"])
def subtitles(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Subtitles beside the result that they were rendered from."""
    path = tmp_path / f"talk.{request.param}"
    path.write_text(render(_TALK, request.param))
    (tmp_path / "talk.json").write_text(json.dumps(document_from_transcript(_TALK)))
    return path


def _editable(subtitles: Path) -> Editable:
    (found,) = find([str(subtitles.with_suffix(".json"))]).editables
    return found


def test_they_are_read_as_they_were_cut(subtitles: Path) -> None:
    """Nothing is somebody's edit, and a save of another cue leaves them to the letter."""
    before = subtitles.read_text()
    found = opened(_editable(subtitles))
    assert found.cues == found.cut
    assert found.cues[1].line_speakers == ("Ann", "Bo")

    others = (*found.cues[:2], replace(found.cues[2], lines=("Then it is time to leave.",)))
    save_as(_editable(subtitles), found, others)

    after = subtitles.read_text()
    assert after.partition("Then")[0] == before.partition("Then")[0]
    document = json.loads(subtitles.with_suffix(".json").read_text())
    assert [each["speaker"] for each in document["segments"]] == ["Ann", "Ann", "Bo", "Ann"]
    assert document["cues"][1]["line_speakers"] == ["Ann", "Bo"]
    assert opened(_editable(subtitles)).cues == others


def test_an_edit_by_another_program_keeps_both(subtitles: Path) -> None:
    """Names before lines are who speaks, and else who spoke there; a dash is no text."""
    subtitles.write_text(subtitles.read_text().replace("Yes.", "Yes, now."))

    found = opened(_editable(subtitles))

    assert found.cues[1].lines == ("-Ready?", "-Yes, now.")
    assert found.cues[1].line_speakers == ("Ann", "Bo")
    save_as(_editable(subtitles), found, found.cues)
    document = json.loads(subtitles.with_suffix(".json").read_text())
    assert "Ready? Yes, now. Then" in document["text"]
    assert [each["speaker"] for each in document["segments"]] == ["Ann", "Ann", "Bo", "Ann"]


def test_without_their_dashes_nobody_is_told(subtitles: Path) -> None:
    """Somebody who takes dashes and names away has made it a cue of one."""
    text = subtitles.read_text()
    start, end = text.index("-"), text.index("Then")
    kept = text[start:end].replace("-->", "\0").replace("-", "").replace("\0", "-->")
    subtitles.write_text(text[:start] + kept.replace("Bo: ", "") + text[end:])

    found = opened(_editable(subtitles))

    assert found.cues[1].line_speakers == ()
    assert found.cues[1].speaker is None


@pytest.mark.parametrize(
    ("written", "lines", "speakers"),
    [
        ("Ann: Ready?\nBo: Yes.", ("-Ready?", "-Yes."), ("Ann", "Bo")),  # two cues made one
        ("-Ready?\nBo: Yes.", ("-Ready?", "-Yes."), ("Ann", "Bo")),
        ("Ready?\n- Yes.", ("Ready?", "- Yes."), ("Ann", "Bo")),  # a custom of some languages
        ("\u2010Ready?\n\u2010 Yes.", ("\u2010Ready?", "\u2010 Yes."), ("Ann", "Bo")),
        ("Ready?\n\uff0dYes.", ("Ready?", "\uff0dYes."), ("Ann", "Bo")),  # as in Japanese
        ("-Ready?\n-Yes.\n-So?", ("-Ready?", "-Yes.", "-So?"), ("Ann", "Bo", None)),
        ("-Bo: Ready?\n-Ann: Yes.", ("-Ready?", "-Yes."), ("Bo", "Ann")),
    ],
)
def test_people_write_dialogue_in_other_ways(
    tmp_path: Path, written: str, lines: tuple[str, ...], speakers: tuple[str | None, ...]
) -> None:
    """Each line stays its speaker's, and no name becomes a word that somebody said."""
    text = render(_TALK, "srt")
    assert "-Ready?\n-Bo: Yes." in text
    (tmp_path / "talk.srt").write_text(text.replace("-Ready?\n-Bo: Yes.", written))
    (tmp_path / "talk.json").write_text(json.dumps(document_from_transcript(_TALK)))

    found = opened(_editable(tmp_path / "talk.srt"))

    assert (found.cues[1].lines, found.cues[1].line_speakers) == (lines, speakers)
    save_as(_editable(tmp_path / "talk.srt"), found, found.cues)
    document = json.loads((tmp_path / "talk.json").read_text())
    assert "Bo" not in document["text"]
    assert opened(_editable(tmp_path / "talk.srt")).cues == found.cues


def test_a_dash_of_the_text_is_nobody_s(tmp_path: Path) -> None:
    """A thought after a dash, on the second line of one person's cue, is that person's."""
    text = render(_TALK, "srt").replace("Well then, now", "Well then,\n– at last –")
    (tmp_path / "talk.srt").write_text(text)
    (tmp_path / "talk.json").write_text(json.dumps(document_from_transcript(_TALK)))

    first, *_ = opened(_editable(tmp_path / "talk.srt")).cues

    assert first.lines == ("Well then,", "– at last – we can begin.")
    assert (first.speaker, first.line_speakers) == ("Ann", ())


def test_files_from_before_keep_who_speaks(tmp_path: Path) -> None:
    """Where each of two had a cue, one without a name is whose words they are in the result."""
    before = render(replace(_TALK, settings={}), "srt")
    assert "\nReady?\n" in before
    (tmp_path / "talk.srt").write_text(before)
    (tmp_path / "talk.json").write_text(json.dumps(document_from_transcript(_TALK)))

    found = opened(_editable(tmp_path / "talk.srt"))

    assert [cue.speaker for cue in found.cues] == ["Ann", "Ann", "Bo", "Ann"]
