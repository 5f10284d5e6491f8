"""The contract of OpenAI's `/v1/audio/transcriptions`.

Source: https://platform.openai.com/docs/api-reference/audio/createTranscription
"""

import json
from collections.abc import Collection, Mapping
from typing import Any

from qasr_cli.core.language.languages import code_of
from qasr_cli.core.types import Segment, Transcript
from qasr_cli.serve.answers.plain import text_of, times_of, words_of

FORMATS = ("json", "text", "srt", "vtt", "verbose_json", "diarized_json")
GRANULARITIES = ("word", "segment")

# Strict readers ask for these fields; nothing here has such numbers.
_WHISPER_ONLY = {
    "seek": 0,
    "tokens": [],
    "temperature": 0.0,
    "avg_logprob": 0.0,
    "compression_ratio": 1.0,
    "no_speech_prob": 0.0,
}


def usage_of(transcript: Transcript) -> dict[str, Any]:
    """What was heard, as their bills count it."""
    return {"type": "duration", "seconds": -(-transcript.duration_ms // 1000)}


def short(transcript: Transcript) -> dict[str, Any]:
    """The answer to `json`."""
    languages = [] if transcript.language is None else [{"code": code_of(transcript.language)}]
    return {"text": transcript.text, "usage": usage_of(transcript), "languages": languages}


def verbose(transcript: Transcript, *, granularities: Collection[str]) -> dict[str, Any]:
    """The answer to `verbose_json`."""
    answer: dict[str, Any] = {
        "task": "transcribe",
        "language": (transcript.language or "").lower(),
        "duration": transcript.duration_ms / 1000,
        "text": transcript.text,
    }
    if "segment" in granularities:
        answer["segments"] = [
            {
                "id": number,
                **_WHISPER_ONLY,
                **times_of(segment),
                "text": text_of(transcript, segment),
            }
            for number, segment in enumerate(transcript.segments)
        ]
    if "word" in granularities:
        answer["words"] = words_of(transcript)
    return answer | {"usage": usage_of(transcript)}


def diarized(transcript: Transcript) -> dict[str, Any]:
    """The answer to `diarized_json`."""
    names: dict[str, str] = {}
    return {
        "task": "transcribe",
        "duration": transcript.duration_ms / 1000,
        "text": transcript.text,
        "segments": [
            diarized_segment(transcript, segment, number, names)
            for number, segment in enumerate(transcript.segments, start=1)
        ],
        "usage": usage_of(transcript),
    }


def diarized_segment(
    transcript: Transcript, segment: Segment, number: int, names: dict[str, str]
) -> dict[str, Any]:
    """One sentence and who says it; a speaker without a name is a letter, in order.

    Args:
        names: of speakers so far; grows.
    """
    speaker = segment.speaker or ""
    return {
        "type": "transcript.text.segment",
        "id": f"seg_{number:03d}",
        **times_of(segment),
        "text": text_of(transcript, segment),
        "speaker": names.setdefault(speaker, speaker or chr(ord("A") + len(names))),
    }


def delta(text: str) -> dict[str, Any]:
    """A piece of a stream."""
    return {"type": "transcript.text.delta", "delta": text}


def done(transcript: Transcript) -> dict[str, Any]:
    """The end of a stream."""
    return {
        "type": "transcript.text.done",
        "text": transcript.text,
        "usage": usage_of(transcript),
    }


def event(document: Mapping[str, Any]) -> str:
    """One event of a stream (server-sent events)."""
    return f"data: {json.dumps(document, ensure_ascii=False)}\n\n"
