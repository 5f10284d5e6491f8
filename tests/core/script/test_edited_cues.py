"""Subtitles that a person edited, back in the transcript that they were cut from."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.core.script.edited_cues import transcript_with_cues
from qasr_cli.core.text import canonical
from qasr_cli.core.transcript.hand_edits import transcript_from_edited
from qasr_cli.core.transcript.retiming import letters
from qasr_cli.core.transcript.schema import document_from_transcript, transcript_from_document
from qasr_cli.core.types import Change, Cue, Transcript
from qasr_cli.formats.rendering import cues_of
from qasr_cli.options import Options
from tests.core.subtitles.speakers.dialogue import dialogue
from tests.core.transcript.recognised import timed_words
from tests.core.transcript.test_apply_corrections import heard
from tests.strategies import transcripts

_TALK = heard("He sad so. She left the old house for good.")


def _cue(text: str, start_ms: int, end_ms: int, speaker: str | None = None) -> Cue:
    return Cue(start_ms=start_ms, end_ms=end_ms, lines=tuple(text.split("\n")), speaker=speaker)


def _folded(before: list[Cue], cues: list[Cue], transcript: Transcript = _TALK) -> Transcript:
    found = transcript_with_cues(transcript, before, cues)
    assert found.cues == tuple(cues)
    document = json.loads(json.dumps(document_from_transcript(found)))
    assert transcript_from_document(document) == found
    return found


_BEFORE = [_cue("He sad so.", 0, 1200), _cue("She left\nthe old house for good.", 1200, 4000)]


def test_a_word_that_is_mended_has_the_time_of_the_wrong_one() -> None:
    """All others keep theirs, and the change is told."""
    found = _folded(_BEFORE, [_cue("He said so.", 0, 1200, "Ada"), _BEFORE[1]])

    assert found.text == "He said so. She left the old house for good."
    assert [times for _, *times in timed_words(found)] == [t for _, *t in timed_words(_TALK)]
    assert [segment.speaker for segment in found.segments] == ["Ada", None]
    assert found.changes == (Change(start_ms=400, end_ms=700, before="sad", after="said", line=0),)


def test_words_go_where_their_cue_goes() -> None:
    """By as much as it was moved, and stretched as it is."""
    moved = [_cue("He sad so.", 10_000, 11_200), _cue(_TALK.text[11:], 12_000, 17_600)]
    long = replace(_TALK, duration_ms=20_000)
    starts_ms = {word: start_ms for word, start_ms, _ in timed_words(_folded(_BEFORE, moved, long))}

    assert (starts_ms["He"], starts_ms["sad"], starts_ms["so."]) == (10_000, 10_400, 10_800)
    assert (starts_ms["She"], starts_ms["left"]) == (12_000, 12_800)


@pytest.mark.parametrize(
    "cues",
    [
        [_cue("He sad so. She left", 0, 1900), _cue("the old house for good.", 1900, 4000)],
        [_cue("He sad\nso. She left the old house for good.", 0, 4000)],
        [_cue("He", 0, 400), _cue("sad so.", 400, 1200), _BEFORE[1]],
    ],
)
def test_cues_cut_otherwise_say_the_same(cues: list[Cue]) -> None:
    """Words and sentences stay as they were heard where only the cuts between cues moved."""
    assert replace(_folded(_BEFORE, cues), cues=None) == _TALK


def test_what_nobody_heard_shares_the_time_of_its_cue() -> None:
    """And what is in no cue any more is out of the text; both are told."""
    found = _folded(_BEFORE, [_cue("Ach ja", 100, 900, "Bo"), _BEFORE[1]])

    assert timed_words(found)[:2] == [("Ach", 100, 580), ("ja", 580, 900)]
    found = _folded(_BEFORE, [_BEFORE[1]])
    assert (found.text, found.changes[0].before) == (_TALK.text[11:], "He sad so.")
    assert _folded(_BEFORE, []).text == ""
    found = _folded([], [_cue("New", 5, 100)], replace(_TALK, text="", segments=()))
    assert (found.text, found.changes[0].after) == ("New", "New")


def test_subtitles_that_options_ask_for_are_cut_anew() -> None:
    """Only where they do: else a result with edited subtitles shows those."""
    found = _folded(_BEFORE, [_cue("He said so.", 0, 5000)])

    assert cues_of(found) == found.cues
    options = Options(cue=replace(Options().cue, max_line_width=20))
    assert cues_of(found, options)[0].end_ms < 5000


@given(transcript=transcripts(), data=st.data())
def test_any_edit_makes_a_whole_transcript(transcript: Transcript, data: st.DataObject) -> None:
    """Whatever is edited, all of it is said in order, and what was not edited is as heard."""
    before = list(cues_of(transcript))
    assert replace(transcript_with_cues(transcript, before, before), cues=None) == transcript
    kept = [cue for cue in before if data.draw(st.booleans(), label="kept")]
    words = st.text("ab 東é-", min_size=1, max_size=9).filter(lambda text: bool(letters(text)))
    cues = [
        replace(cue, lines=(data.draw(words).strip() or "a",)) if data.draw(st.booleans()) else cue
        for cue in kept
    ]
    found = _folded(before, cues, transcript)
    said = "".join(letters(canonical(" ".join(cue.lines))) for cue in cues)
    assert letters(found.text) == said


def test_text_edited_later_has_its_cues_cut_anew() -> None:
    """A result whose text somebody edits besides shows that, and no older subtitles."""
    document = document_from_transcript(_folded(_BEFORE, [_cue("He said so.", 0, 4000)]))
    assert transcript_from_edited(document).cues is not None
    document["segments"][0]["text"] = "He says so."
    found = transcript_from_edited(document)
    assert (found.text, found.cues) == ("He says so.", None)


@pytest.mark.parametrize(
    "change",
    [
        {"start_ms": 5000, "end_ms": 4000},
        {"end_ms": 10**9},
        {"start_ms": -1},
        {"start_ms": "0"},
        {"text": " \n"},
        {"text": None},
        {"speaker": 5},
    ],
)
def test_damaged_cues_are_no_subtitles(change: dict[str, object]) -> None:
    """What stands in their place is refused, or left aside with a word where the rest is whole."""
    document = document_from_transcript(_folded(_BEFORE, [_cue("He said so.", 0, 4000)]))
    document["cues"][0] |= change
    with pytest.raises(ValueError, match="cue"):
        transcript_from_document(document)
    found = transcript_from_edited(document)
    assert (found.cues, len(found.warnings)) == (None, 1)


_TWO = dialogue(
    ("Ann", 0, "Well then, now we can begin."),
    ("Ann", 2000, "Ready?"),
    ("Bo", 2250, "Yes."),
    ("Ann", 2500, "Then it is time to go home now."),
)


def _speakers(found: Transcript) -> list[tuple[str | None, str]]:
    return [(s.speaker, found.text[s.char_start : s.char_end].strip()) for s in found.segments]


def test_two_people_in_a_cue_stay_two() -> None:
    """Whatever is edited around them, each says the own line, and no dash is text."""
    cut = list(cues_of(_TWO))
    assert [cue.line_speakers for cue in cut] == [(), ("Ann", "Bo"), ()]

    assert replace(_folded(cut, cut, _TWO), cues=None) == _TWO
    other = [cut[0], cut[1], replace(cut[2], lines=("Then it is time to leave now.",))]
    found = _folded(cut, other, _TWO)
    assert _speakers(found)[:3] == _speakers(_TWO)[:3]
    assert "-" not in found.text


def test_what_one_of_two_says_is_mended() -> None:
    """The word is the one's whose line it stands in; a new name is that line's alone."""
    cut = list(cues_of(_TWO))
    mended = replace(cut[1], lines=("-Ready?", "-Yes, soon."), line_speakers=("Ann", "Cy"))
    found = _folded(cut, [cut[0], mended, cut[2]], _TWO)

    assert _speakers(found)[1:3] == [("Ann", "Ready?"), ("Cy", "Yes, soon.")]
    alone = replace(cut[1], lines=("Ready?", "Yes."), speaker="Ann", line_speakers=())
    assert _speakers(_folded(cut, [cut[0], alone, cut[2]], _TWO))[1:3] == [
        ("Ann", "Ready?"),
        ("Ann", "Yes."),
    ]
