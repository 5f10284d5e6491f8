import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from qasr_cli.core.transcript.schema import document_from_transcript, transcript_from_document
from qasr_cli.core.types import (
    Change,
    ClipNote,
    Segment,
    ShotChanges,
    TextWord,
    Timing,
    Transcript,
)
from tests.strategies import transcripts

TRANSCRIPT = Transcript(
    file="a/talk.wav",
    duration_ms=2000,
    language="English",
    text="Oh yes.",
    segments=(
        Segment(
            start_ms=100,
            end_ms=900,
            char_start=0,
            char_end=7,
            language="English",
            words=(
                TextWord(start_ms=100, end_ms=340, char_start=0, char_end=3),
                TextWord(start_ms=340, end_ms=900, char_start=3, char_end=7),
            ),
        ),
    ),
    clips=(
        ClipNote(
            start_ms=0,
            end_ms=1000,
            language="English",
            status="done",
            timing=Timing.ALIGNED,
            attempts=2,
            repairs=("loop cut",),
        ),
    ),
    models={"recogniser": "demo"},
    settings={"cue": {"gap_ms": 84}},
    warnings=("a warning",),
    changes=(Change(start_ms=340, end_ms=900, before="yea", after="yes", line=3),),
    speech=((80, 920),),
)

DOCUMENT: dict[str, Any] = {
    "schema_version": 1,
    "file": "a/talk.wav",
    "duration_ms": 2000,
    "language": "English",
    "text": "Oh yes.",
    "segments": [
        {
            "id": 0,
            "start": 0.1,
            "end": 0.9,
            "start_ms": 100,
            "end_ms": 900,
            "text": "Oh yes.",
            "language": "English",
            "speaker": None,
            "char_start": 0,
            "char_end": 7,
            "words": [
                {
                    "word": " Oh",
                    "start": 0.1,
                    "end": 0.34,
                    "start_ms": 100,
                    "end_ms": 340,
                    "char_start": 0,
                    "char_end": 3,
                },
                {
                    "word": " yes.",
                    "start": 0.34,
                    "end": 0.9,
                    "start_ms": 340,
                    "end_ms": 900,
                    "char_start": 3,
                    "char_end": 7,
                },
            ],
        }
    ],
    "clips": [
        {
            "start_ms": 0,
            "end_ms": 1000,
            "language": "English",
            "status": "done",
            "timing": "aligned",
            "attempts": 2,
            "truncated": False,
            "repetition": False,
            "repairs": ["loop cut"],
        }
    ],
    "speech": [[80, 920]],
    "corrections": [{"start_ms": 340, "end_ms": 900, "before": "yea", "after": "yes", "line": 3}],
    "models": {"recogniser": "demo"},
    "settings": {"cue": {"gap_ms": 84}},
    "warnings": ["a warning"],
}


def test_the_document_has_the_documented_shape() -> None:
    """Names, order and units of schema 1, nothing more."""
    document = document_from_transcript(TRANSCRIPT)

    assert document == DOCUMENT
    assert list(document) == list(DOCUMENT)


def test_several_languages_and_unlisted_ones_are_said() -> None:
    """Of a clip in two languages all are named; the document says so, and says nothing else."""
    (clip,) = TRANSCRIPT.clips
    mixed = replace(clip, timing=Timing.ALIGNED_UNLISTED, languages=("English", "Dutch"))
    transcript = replace(TRANSCRIPT, clips=(mixed,))

    document = document_from_transcript(transcript)

    named = {"timing": "aligned-unlisted", "languages": ["English", "Dutch"]}
    assert document["clips"] == [{**DOCUMENT["clips"][0], **named}]
    assert transcript_from_document(document) == transcript


def test_cuts_of_the_picture_are_kept_where_somebody_looked() -> None:
    """With their frame rate; a document without them has no such field."""
    cuts = ShotChanges(times_ms=(40, 1280), fps=23.976)
    transcript = replace(TRANSCRIPT, shot_changes=cuts)

    document = document_from_transcript(transcript)

    assert document == {**DOCUMENT, "shot_changes": {"fps": 23.976, "times_ms": [40, 1280]}}
    assert transcript_from_document(document) == transcript


@pytest.mark.parametrize(
    "damage",
    [
        [1],
        {"times_ms": [1]},
        {"fps": 25, "times_ms": ["1"]},
        {"fps": 25, "times_ms": [2, 1]},
        {"fps": 0, "times_ms": []},
    ],
)
def test_damaged_cuts_are_refused(damage: object) -> None:
    """As any other damage of a result."""
    with pytest.raises(ValueError, match="shot changes"):
        transcript_from_document({**DOCUMENT, "shot_changes": damage})


def test_the_mark_stands_first_and_only_when_given() -> None:
    """A result on disk carries the mark right after its version."""
    mark = {"key": "k", "outputs": []}

    document = document_from_transcript(TRANSCRIPT, mark=mark)

    assert list(document)[:3] == ["schema_version", "mark", "file"]
    assert document["mark"] == mark
    assert transcript_from_document(document) == TRANSCRIPT


@pytest.mark.parametrize("name", ["corrections", "speech"])
def test_an_older_result_is_read(name: str) -> None:
    """Results of before there were corrections, or kept speech, say nothing of them."""
    document = {key: value for key, value in DOCUMENT.items() if key != name}

    transcript = transcript_from_document(document)

    assert transcript in (replace(TRANSCRIPT, changes=()), replace(TRANSCRIPT, speech=()))


@given(transcripts())
def test_json_gives_the_same_transcript_back(transcript: Transcript) -> None:
    """Nothing is lost on the way through a file."""
    document = json.loads(json.dumps(document_from_transcript(transcript)))

    assert transcript_from_document(document) == transcript


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        ((), [], "an object should stand"),
        (("schema_version",), 2, "schema_version is 2, not 1"),
        (("text",), None, "text is None, not str"),
        (("duration_ms",), True, "duration_ms is True, not int"),
        (("duration_ms",), 899, "outside the file"),
        (("language",), 5, "language is 5, not str"),
        (("text",), "Oh yes. No.", "do not tile the text"),
        (("text",), "Oh     ", "a word is blank"),
        (("segments",), [1], "an object should stand"),
        (("segments", 0, "start_ms"), 90, "not that of its words"),
        (("segments", 0, "words", 1, "start_ms"), 300, "out of order"),
        (("segments", 0, "words", 1, "char_start"), 4, "words do not tile"),
        (("segments", 0, "words", 0, "char_end"), 0, "words do not tile"),
        (("clips", 0, "status"), "lost", "status is 'lost'"),
        (("clips", 0, "timing"), "guessed", "guessed"),
        (("speech", 0), [80], "an interval"),
        (("corrections", 0, "line"), "3", "line is '3', not int"),
    ],
)
def test_a_damaged_document_is_refused_with_a_reason(
    path: tuple[str | int, ...], value: object, reason: str
) -> None:
    """What the types or the text contradict raises ValueError in one line."""
    document: Any = {"": json.loads(json.dumps(DOCUMENT))}
    place = document
    for step in ("", *path)[:-1]:
        place = place[step]
    place[("", *path)[-1]] = value

    with pytest.raises(ValueError, match=reason):
        transcript_from_document(document[""])
