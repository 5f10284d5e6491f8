"""JSON of many programs: the same two sentences, wherever they stand."""

from typing import Any

import pytest

from qasr_cli.core.transcript.whisper_json import transcript_from_whisper
from qasr_cli.core.types import Transcript
from tests.core.transcript.recognised import sentences, timed_words

SEGMENTS = [
    {"start": 0.0, "end": 2.0, "text": " Hello there."},
    {"start": 3.0, "end": 5.0, "text": " Good day."},
]
TEXT = "Hello there. Good day."
WORDS = [("Hello", 100, 600), ("there.", 1500, 1900), ("Good", 3000, 3300), ("day.", 4500, 4900)]
BARE = [{"word": w.strip("."), "start": s / 1000, "end": e / 1000} for w, s, e in WORDS]
CPP_TOKENS = [("[_BEG_]", 0, 0), (" Hel", 100, 300), ("lo", 300, 600), (" there", 1500, 1800)]
CPP_TOKENS += [(".", 1800, 1900), ("[_TT_100]", 1900, 1900)]


def read(document: object) -> Transcript:
    """The transcript of a document."""
    return transcript_from_whisper(document, file="talk")


@pytest.mark.parametrize(
    "document",
    [
        {"results": {"segments": SEGMENTS}},
        {"output": [{"segments": SEGMENTS}]},
        {"status": "done", "data": {"result": {"segments": SEGMENTS}}},
        SEGMENTS,
        [{"type": "info", "language": "en"}, *SEGMENTS],
        {"utterances": SEGMENTS},
        {"text": TEXT, "chunks": [{"timestamp": [0, 2], "text": " Hello there."},
                                  {"timestamp": [3.0, 5.0], "text": " Good day."}]},
        {"transcription": [{"offsets": {"from": 0, "to": 2000}, "text": " Hello there."},
                           {"offsets": {"from": 3000, "to": 5000}, "text": " Good day."}]},
        [{"text": "Hello there.", "start": "0", "end": "2.0"},
         {"text": "Good day.", "start": "00:00:03,000", "end": "0:05"}],
        [{"text": "Hello there.", "start": 0.0, "duration": 2.0},
         {"text": "Good day.", "start": 3.0, "dur": "2.0"}],
        [{"text": "Hello there.", "start_ms": 0, "end_ms": 2000},
         {"text": "Good day.", "startTime": "3s", "endTime": "5.000s"}],
        [{"text": "Hello there.", "t0": 0, "t1": 200}, {"text": "Good day.", "t0": 300, "t1": 500}],
    ],
)  # fmt: skip
def test_segments_are_found(document: object) -> None:
    """Under the names, in the units and at the places that are common."""
    transcript = read(document)

    assert sentences(transcript) == ["Hello there.", "Good day."]
    assert [(s.start_ms, s.end_ms) for s in transcript.segments] == [(0, 2000), (3000, 5000)]


@pytest.mark.parametrize(
    "document",
    [
        {"segments": SEGMENTS, "words": BARE},
        {"segments": list(reversed(SEGMENTS)), "word_segments": BARE},
        {"text": TEXT, "words": BARE},
        {"text": TEXT, "result": [{**word, "conf": 1.0} for word in BARE]},
        {"text": TEXT, "chunks": [{"timestamp": [s / 1000, e / 1000], "text": f" {w}"}
                                  for w, s, e in WORDS]},
        [{"word": w, "start": s / 1000, "end": e / 1000} for w, s, e in WORDS],
        {"results": {"channels": [{"alternatives": [{
            "transcript": "hello there good day",
            "words": [{**b, "punctuated_word": w[0]} for b, w in zip(BARE, WORDS, strict=True)],
        }]}]}},
        {"text": f"{TEXT} Bye.", "words": [{"text": w, "start": s, "end": e} for w, s, e in WORDS]
                                + [{"text": "Bye.", "start": 2_000_000, "end": 2_000_500}]},
    ],
)  # fmt: skip
def test_words_by_themselves_find_their_text(document: object) -> None:
    """Punctuation is that of the text, times are those of the words."""
    assert timed_words(read(document))[: len(WORDS)] == WORDS


def test_tokens_of_whisper_cpp_become_words() -> None:
    """Its marks are no words, and what has no space before it goes on with a word."""
    tokens = [{"text": t, "offsets": {"from": s, "to": e}} for t, s, e in CPP_TOKENS]
    entry: dict[str, Any] = {"offsets": {"from": 0, "to": 2000}, "text": " Hello there."}
    document = {"result": {"language": "en"}, "transcription": [{**entry, "tokens": tokens}]}

    transcript = read(document)

    assert timed_words(transcript) == WORDS[:2]
    assert transcript.language == "English"


def test_readings_of_a_speech_service() -> None:
    """The first of several is taken."""
    words = [{"word": "Hello", "startTime": "0.100s", "endTime": "0.600s"}]
    best = {"transcript": "Hello.", "words": words}

    transcript = read({"results": [{"alternatives": [best, {"transcript": "Yellow."}]}]})

    assert timed_words(transcript) == [("Hello.", 100, 600)]


def test_whole_numbers_far_too_far_apart_are_milliseconds() -> None:
    """And that is said."""
    words = [
        {"text": "Hello", "start": 250, "end": 650},
        {"text": "there.", "start": 730, "end": 1022},
    ]

    transcript = read(
        {
            "text": "Hello there. Bye.",
            "words": [*words, {"text": "Bye.", "start": 900_000, "end": 1_900_000}],
        }
    )

    assert timed_words(transcript)[0] == ("Hello", 250, 650)
    assert "milliseconds" in transcript.warnings[0]


@pytest.mark.parametrize("document", [{"segments": []}, {"text": "", "segments": [], "words": []}])
def test_silence_is_a_result(document: object) -> None:
    """Nothing was said, and that is all."""
    assert read(document).segments == ()


def test_sentences_without_spaces_are_no_words() -> None:
    """A list of sentences in Chinese keeps them apart, though no space is in them."""
    texts = ["今天天气很好", "我们出去玩吧"]
    chunks = [{"timestamp": [3 * i, 3 * i + 2], "text": text} for i, text in enumerate(texts)]

    transcript = read({"chunks": chunks, "language": "zh"})

    assert transcript.text == "".join(texts)
    assert len(timed_words(transcript)) == 12


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({"text": "a"}, "qasr align times it"),
        ({"results": []}, "no segments"),
        ([1, 2], "an object with segments"),
        ("a", "an object with segments"),
    ],
)
def test_anything_else_is_refused_in_a_sentence(document: object, reason: str) -> None:
    """It says what was wanted."""
    with pytest.raises(ValueError, match=reason):
        read(document)
