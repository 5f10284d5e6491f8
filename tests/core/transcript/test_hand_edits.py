"""Results in which somebody edited by hand, wherever in them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.core.transcript.hand_edits import transcript_from_edited
from qasr_cli.core.transcript.schema import document_from_transcript, transcript_from_document
from qasr_cli.core.types import Transcript
from tests.core.transcript.recognised import timed_words
from tests.core.transcript.test_apply_corrections import heard
from tests.strategies import transcripts

WHOLE = heard("Hello there. He sad no. Good day.")


def document_of(transcript: Transcript, *, is_old: bool = False) -> dict[str, Any]:
    """The document on disk; old ones have words without the space before them."""
    document: dict[str, Any] = json.loads(json.dumps(document_from_transcript(transcript)))
    for segment in document["segments"] if is_old else ():
        for word in segment["words"]:
            word["word"] = word["word"].strip()
    return document


@given(transcripts(), st.booleans())
def test_an_untouched_document_is_read_exactly(transcript: Transcript, is_old: bool) -> None:
    """So are those of before words had their spaces."""
    assert transcript_from_edited(document_of(transcript, is_old=is_old)) == transcript


@pytest.mark.parametrize("is_old", [False, True])
@pytest.mark.parametrize("edit", ["text", "words", "both"])
def test_an_edit_is_taken_wherever_it_is(edit: str, is_old: bool) -> None:
    """In the segment's text, in its words, or in both."""
    document = document_of(WHOLE, is_old=is_old)
    segment = document["segments"][1]
    if edit != "words":
        segment["text"] = "He said no."
    if edit != "text":
        segment["words"][1]["word"] = "said"

    transcript = transcript_from_edited(document)

    assert transcript.text == "Hello there. He said no. Good day."
    assert [w[1:] for w in timed_words(transcript)] == [w[1:] for w in timed_words(WHOLE)]
    assert [(c.before, c.after) for c in transcript.changes] == [("sad", "said")]
    assert transcript.warnings == (
        "the text was edited by hand in 1 place, the first at 00:00:01.200: 'sad' is 'said' now",
    )


def test_a_segment_that_was_emptied_or_deleted_is_gone() -> None:
    """What is left keeps its times."""
    emptied, deleted = document_of(WHOLE), document_of(WHOLE)
    emptied["segments"][1]["text"] = ""
    del deleted["segments"][1]

    for document in (emptied, deleted):
        transcript = transcript_from_edited(document)

        assert transcript.text == "Hello there. Good day."
        assert timed_words(transcript) == timed_words(WHOLE)[:2] + timed_words(WHOLE)[5:]
        assert transcript.warnings


def test_a_word_that_was_deleted_or_put_in() -> None:
    """Deleted, it is gone from the text; put in, it has the time that it names, or a share."""
    document = document_of(WHOLE)
    del document["segments"][0]["words"][0]
    document["segments"][1]["words"].insert(1, {"word": "then"})

    transcript = transcript_from_edited(document)

    assert transcript.text == "there. He then sad no. Good day."
    assert ("sad", 1200, 1500) in timed_words(transcript)


def test_words_that_were_left_alone_stay_as_sure_as_they_were() -> None:
    """Whatever was deleted around them; of a new word, or a damaged number, nothing is known."""
    document = document_of(WHOLE)
    for word in (word for segment in document["segments"] for word in segment["words"]):
        word |= {"probability": 0.5, "time_probability": 0.25}
    del document["segments"][0]
    document["segments"][0]["words"][1]["word"] = " said"
    document["segments"][1]["words"][0]["probability"] = 50

    words = [w for segment in transcript_from_edited(document).segments for w in segment.words]

    assert [word.probability for word in words] == [0.5, None, 0.5, None, 0.5]
    assert {word.time_probability for word in words} == {0.25}


def test_a_segment_that_was_put_in_shares_its_own_time() -> None:
    """It needs no more than its text and its times."""
    document = document_of(WHOLE)
    document["segments"].append({"start": 3.0, "end": 3.2, "text": "Bye now."})

    transcript = transcript_from_edited(document)

    assert timed_words(transcript)[-2:] == [("Bye", 3000, 3100), ("now.", 3100, 3200)]


@pytest.mark.parametrize(
    "text", ["Hello there. He said no. Good day.", "Hello there. He had no. Good day.", "Hello."]
)
def test_an_edit_of_the_whole_text_alone_is_not_taken_and_that_is_said(text: str) -> None:
    """The segments stand."""
    document = document_of(WHOLE)
    document["text"] = text

    transcript = transcript_from_edited(document)

    assert timed_words(transcript) == timed_words(WHOLE)
    assert transcript.changes == ()
    assert len(transcript.warnings) == 1
    assert "edit segments[].text" in transcript.warnings[0]


def test_edited_times_are_taken_in_milliseconds_and_else_said() -> None:
    """Seconds beside them are for other programs."""
    document = document_of(WHOLE)
    document["segments"][0]["words"][0] |= {"start": 0.1, "start_ms": 0}

    transcript = transcript_from_edited(document)

    assert timed_words(transcript) == timed_words(WHOLE)
    assert "edit start_ms and end_ms" in transcript.warnings[0]


def test_a_speaker_may_be_a_number() -> None:
    """As other programs count them."""
    document = document_of(WHOLE)
    document["segments"][1]["speaker"] = 7

    assert [s.speaker for s in transcript_from_edited(document).segments] == [None, "7", None]


@pytest.mark.parametrize(
    ("field", "value"), [("speaker", {"name": "Ann"}), ("speaker", True), ("language", 5)]
)
@pytest.mark.parametrize("text", ["He sad no.", "He said no."])
def test_what_is_no_name_is_refused(field: str, value: object, text: str) -> None:
    """In one line, whether more was edited or not."""
    document = document_of(WHOLE)
    document["segments"][1] |= {field: value, "text": text}

    with pytest.raises(ValueError, match=f"{field} is .*, not str"):
        transcript_from_edited(document)


@pytest.mark.parametrize("segments", [{}, None, "abc"])
def test_segments_that_are_no_list_are_refused(segments: object) -> None:
    """Not taken for none."""
    with pytest.raises(ValueError, match=r"segments is .*, not list"):
        transcript_from_edited(document_of(WHOLE) | {"segments": segments})


def test_a_segment_that_ends_before_it_starts_is_short_and_that_is_said() -> None:
    """Its text is kept."""
    document = document_of(WHOLE)
    document["segments"].append({"start": 3.2, "end": 3.0, "text": "Bye now."})

    transcript = transcript_from_edited(document)

    assert timed_words(transcript)[-2:] == [("Bye", 3200, 3200), ("now.", 3200, 3200)]
    assert any("end before they start" in warning for warning in transcript.warnings)


def test_what_is_no_result_is_refused_as_before() -> None:
    """The reason is that of the document as it stands."""
    document = document_of(WHOLE)
    document["segments"][2]["words"][0]["start_ms"] = 90_000

    with pytest.raises(ValueError, match="out of order"):
        transcript_from_edited(document)


@given(transcripts(), st.data())
def test_whatever_is_deleted_the_rest_is_read(transcript: Transcript, data: st.DataObject) -> None:
    """Words and segments may go; what is left is a whole result."""
    document = document_of(transcript)
    segments = document["segments"]
    for _ in range(min(len(segments), 2)):
        words = segments[data.draw(st.integers(0, len(segments) - 1))]["words"]
        del words[: data.draw(st.integers(0, len(words)))]
    del segments[: data.draw(st.integers(0, 1))]

    read = transcript_from_edited(document)

    assert transcript_from_document(document_of(read)) == read
