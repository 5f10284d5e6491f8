"""The contract of `/transcribe` and `/align`: text, words and sentences, in seconds."""

from typing import Any

from qasr_cli.core.types import Segment, TextWord, Transcript


def transcribed(transcript: Transcript) -> dict[str, Any]:
    """The answer of `/transcribe`."""
    return {
        "text": transcript.text,
        "language": transcript.language,
        "duration": transcript.duration_ms / 1000,
        "words": words_of(transcript),
        "sentences": sentences_of(transcript),
        "warnings": list(transcript.warnings),
    }


def aligned(transcript: Transcript) -> dict[str, Any]:
    """The answer of `/align`."""
    answer = transcribed(transcript)
    del answer["text"]
    return answer


def words_of(transcript: Transcript) -> list[dict[str, Any]]:
    """Every word with its times, as it is written."""
    return [
        {"word": text_of(transcript, word), **times_of(word)}
        for segment in transcript.segments
        for word in segment.words
    ]


def sentences_of(transcript: Transcript) -> list[dict[str, Any]]:
    """Every sentence with its times."""
    return [
        {"text": text_of(transcript, segment), **times_of(segment)}
        for segment in transcript.segments
    ]


def text_of(transcript: Transcript, part: Segment | TextWord) -> str:
    """What is written of a part of the text."""
    return transcript.text[part.char_start : part.char_end].strip()


def times_of(part: Segment | TextWord) -> dict[str, float]:
    """Its seconds."""
    return {"start": part.start_ms / 1000, "end": part.end_ms / 1000}
