"""JSON as whisper and its kin write it, made to confuse."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.core.text import canonical
from qasr_cli.core.transcript.schema import document_from_transcript, transcript_from_document
from qasr_cli.core.transcript.whisper_json import transcript_from_whisper
from qasr_cli.core.types import Timing, Transcript
from tests.strategies import texts


def read(*segments: dict[str, Any], **fields: Any) -> Transcript:  # noqa: ANN401  # any JSON
    """The transcript of a document with these segments."""
    return transcript_from_whisper({"segments": list(segments), **fields}, file="talk")


def words_of(transcript: Transcript) -> list[tuple[str, int, int]]:
    """Every word with its punctuation and its times."""
    return [
        (transcript.text[word.char_start : word.char_end].strip(), word.start_ms, word.end_ms)
        for segment in transcript.segments
        for word in segment.words
    ]


def test_words_that_carry_their_spaces() -> None:
    """As openai-whisper, faster-whisper and stable-ts write them."""
    words = [
        {"word": " Mr.", "start": 0.5, "end": 0.9, "probability": 0.9},
        {"word": " Fox,", "start": 0.9, "end": 1.2},
        {"word": " well", "start": 1.4, "end": 1.6},
        {"word": "-known.", "start": 1.6, "end": 2.08},
    ]

    transcript = read(
        {"start": 0.0, "end": 2.1, "text": " Mr. Fox, well-known.", "words": words}, language="en"
    )

    assert transcript.text == "Mr. Fox, well-known."
    assert transcript.language == "English"
    assert words_of(transcript) == [
        ("Mr.", 500, 900),
        ("Fox,", 900, 1200),
        ("well-", 1400, 1600),
        ("known.", 1600, 2080),
    ]
    assert len(transcript.segments) == 1


def test_speakers_are_kept_apart() -> None:
    """As whisperX names them where it was asked to."""
    transcript = read(
        {"start": 0.0, "end": 1.0, "text": "so I said", "speaker": "SPEAKER_00"},
        {"start": 1.0, "end": 2.0, "text": "no you did not", "speaker": "SPEAKER_01"},
        {"start": 2.0, "end": 3.0, "text": "well", "speaker": None},
    )

    assert [s.speaker for s in transcript.segments] == ["SPEAKER_00", "SPEAKER_01", None]


def test_words_without_times_share_the_time_between_the_others() -> None:
    """As whisperX leaves figures, which its aligner cannot hear."""
    words = [
        {"word": "In", "start": 1.0, "end": 1.2},
        {"word": "2014"},
        {"word": "or"},
        {"word": "so", "start": 1.8, "end": 2.0},
        {"word": "$5."},
    ]

    transcript = read({"start": 1.0, "end": 2.5, "text": "In 2014 or so $5.", "words": words})

    assert words_of(transcript) == [
        ("In", 1000, 1200),
        ("2014", 1200, 1600),
        ("or", 1600, 1800),
        ("so", 1800, 2000),
        ("$5.", 2000, 2500),
    ]


@pytest.mark.parametrize(
    ("language", "words", "text"),
    [
        ("en", [" Hello", " there."], "Hello there."),
        ("en", ["Hello", "there."], "Hello there."),
        ("zh", ["你好，", "再见。"], "你好，再见。"),
    ],
)
def test_a_segment_without_text_is_its_words(language: str, words: list[str], text: str) -> None:
    """Words with spaces of their own are joined as they are, others by the custom of the script."""
    timed = [{"word": word, "start": i, "end": i + 1} for i, word in enumerate(words)]

    assert read({"words": timed}, language=language).text == text


def test_a_segment_without_words_is_spread_by_length() -> None:
    """Its note says that the times are estimated."""
    transcript = read({"start": 2, "end": 4, "text": " one three"})

    assert words_of(transcript) == [("one", 2000, 2750), ("three", 2750, 4000)]
    assert [clip.timing for clip in transcript.clips] == [Timing.PROPORTIONAL]


def test_the_language_of_the_user_comes_first() -> None:
    """A code is turned into its name; a language of whisper alone stays as it is."""
    segment = {"start": 0, "end": 1, "text": "a"}
    document = {"segments": [segment], "language": "nn"}

    assert transcript_from_whisper(document, file="talk").language == "nn"
    assert transcript_from_whisper(document, file="talk", language="Danish").language == "Danish"


def test_the_length_of_the_recording() -> None:
    """As the file says, or else with a second for the last cue to be read."""
    segment = {"start": 0, "end": 1, "text": "a"}

    assert read(segment, duration=7.5).duration_ms == 7500
    assert read(segment).duration_ms == 2000


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "start": st.integers(0, 40).map(lambda tick: tick / 4),
                "end": st.integers(0, 40).map(lambda tick: tick / 4),
                "text": texts(max_pieces=6),
            }
        ),
        max_size=6,
    ),
    st.booleans(),
)
def test_no_text_is_lost(segments: list[dict[str, Any]], has_words: bool) -> None:
    """Segments that overlap, are empty or run backwards still give a whole, ordered result."""
    for segment in segments:
        pieces = segment["text"].split()
        if has_words:
            segment["words"] = [
                {"word": piece, "start": segment["start"], "end": segment["end"]}
                for piece in pieces
            ]

    transcript = read(*segments)

    spoken = [canonical(segment["text"]) for segment in segments]
    spoken = [text for text in spoken if any(char.isalnum() for char in text)]
    flat = "".join(transcript.text.split())
    assert all("".join(text.split()) in flat for text in spoken)
    assert transcript_from_document(document_from_transcript(transcript)) == transcript


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ([], "object"),
        ({"text": "a"}, "no segments"),
        ({"segments": [{"text": "a"}]}, "segment 0 has no times"),
        ({"segments": ["a"]}, "object"),
        ({"segments": [{"start": "0", "end": 1, "text": "a"}]}, "start is '0'"),
        ({"segments": [{"start": 0, "end": float("nan"), "text": "a"}]}, "end is nan"),
        ({"segments": [{"start": -1, "end": 1, "text": "a"}]}, "start is -1"),
        ({"segments": [{"start": 0, "end": 10**400, "text": "a"}]}, "end is 1000"),
        ({"segments": [{"start": 0, "end": 1, "words": [{"word": 5}]}]}, "a word is 5"),
        ({"segments": [{"start": 0, "end": 1, "words": 5}]}, "words is 5"),
    ],
)
def test_damage_is_named(document: object, reason: str) -> None:
    """Whatever is not such a document is refused with a reason of one line."""
    with pytest.raises(ValueError, match=reason):
        transcript_from_whisper(document, file="talk")
