"""JSON as whisper and its kin write it, made to confuse."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.core.text import canonical
from qasr_cli.core.transcript.schema import document_from_transcript, transcript_from_document
from qasr_cli.core.transcript.whisper_json import transcript_from_whisper
from qasr_cli.core.types import Timing, Transcript
from tests.core.transcript.recognised import visible
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


# --- times that do not agree ------------------------------------------------------------------


def starts_of(transcript: Transcript) -> dict[str, int]:
    """When each word begins."""
    return {word: start_ms for word, start_ms, _ in words_of(transcript)}


def test_segments_are_put_in_order_of_time() -> None:
    """In whatever order they stand, and that is said."""
    transcript = read(
        {"start": 60, "end": 62, "text": "Third."},
        {"start": 0, "end": 2, "text": "First."},
        {"start": 30, "end": 32, "text": "Second."},
    )

    assert transcript.text == "First. Second. Third."
    assert list(starts_of(transcript).values()) == [0, 30_000, 60_000]
    assert transcript.warnings == ("segments out of order, put in order of time: 3",)


def test_one_word_out_of_its_place_moves_no_other() -> None:
    """A time that contradicts all others is estimated, and that is said."""
    words = [{"word": "a", "start": 0.1, "end": 0.5}, {"word": "b", "start": 1, "end": 1.4}]
    words += [{"word": "far", "start": 900, "end": 901}, {"word": "c", "start": 2, "end": 2.5}]
    words += [{"word": "back", "start": 0.2, "end": 0.1}, {"word": "d", "start": 3, "end": 3.5}]

    transcript = read({"start": 0, "end": 4, "words": words}, {"start": 5, "end": 6, "text": "e"})

    assert starts_of(transcript) == {
        "a": 100, "b": 1000, "far": 1400, "c": 2000, "back": 2500, "d": 3000, "e": 5000
    }  # fmt: skip
    assert transcript.warnings == (
        "words at times that contradict those around them, estimated: 2",
    )


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), 10**400, "soon", True, [1]])
def test_one_time_that_is_none_costs_one_word(bad: object) -> None:
    """The word shares the time between the others, and that is said."""
    words = [{"word": "a", "start": 0, "end": 1}, {"word": "b", "start": bad, "end": 1.5}]
    words += [{"word": "c", "start": 2, "end": 3}]

    transcript = read({"start": 0, "end": 3, "words": words})

    assert words_of(transcript) == [("a", 0, 1000), ("b", 1000, 2000), ("c", 2000, 3000)]
    assert transcript.warnings == ("times that could not be read, estimated: 1",)


def test_times_before_the_start_count_as_the_start() -> None:
    """And that is said; a time of -1 twice is how some write that there is none."""
    transcript = read(
        {"start": -0.02, "end": 2.0, "text": "a"},
        {"words": [{"word": "b", "start": -1, "end": -1}, {"word": "c", "start": 3, "end": 4}]},
    )

    assert words_of(transcript) == [("a", 0, 2000), ("b", 3000, 3000), ("c", 3000, 4000)]
    assert len(transcript.warnings) == 1


def test_segments_with_a_time_missing() -> None:
    """They stand between their neighbours, as long as their text takes to say."""
    transcript = read(
        {"text": "Aaaa."},
        {"start": 5, "end": None, "text": "Bbbb."},
        {"start": 5.1, "text": "Cccc."},
        {"start": 9, "end": 10, "text": "Dddd."},
    )

    assert [(s.start_ms, s.end_ms) for s in transcript.segments] == [
        (0, 281),
        (5000, 5100),
        (5100, 5381),
        (9000, 10_000),
    ]


def test_a_segment_that_ends_before_it_starts() -> None:
    """Its end counts as missing, is estimated, and that is said."""
    transcript = read(
        {"start": 5, "end": 2, "text": "Aaaa."}, {"start": 9, "end": 10, "text": "Bbbb."}
    )

    assert [(s.start_ms, s.end_ms) for s in transcript.segments] == [(5000, 5281), (9000, 10_000)]
    assert any("end before they start" in warning for warning in transcript.warnings)


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

    # Where segments overlap, one may break into the other.
    spoken = (char for segment in segments for char in visible(canonical(segment["text"])))
    assert Counter(visible(transcript.text)) == Counter(spoken)
    assert transcript_from_document(document_from_transcript(transcript)) == transcript


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ([], "object"),
        ({"text": "a"}, "no segments"),
        ({"segments": [{"text": "a"}]}, "segment 0 has no times"),
        ({"segments": ["a"]}, "object"),
        ({"segments": [{"start": "soon", "end": {}, "text": "a"}]}, "segment 0 has no times"),
        ([{"segments": []}, {"segments": []}], "2 results in one file"),
        ({"segments": [{"start": 0, "end": 1, "words": [{"word": 5}]}]}, "a word is 5"),
        ({"segments": [{"start": 0, "end": 1, "words": 5}]}, "words is 5"),
    ],
)
def test_damage_is_named(document: object, reason: str) -> None:
    """Whatever is not such a document is refused with a reason of one line."""
    with pytest.raises(ValueError, match=reason):
        transcript_from_whisper(document, file="talk")
