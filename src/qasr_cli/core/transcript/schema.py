"""The result document (schema 1): the only place that knows its JSON shape.

Seconds as float and bare `start`/`end` exist here alone, beside the exact milliseconds: readers
of whisper's JSON expect them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, TypeVar, cast

from qasr_cli.core.confidence import probabilities_to_json, probability_from_json
from qasr_cli.core.cues_json import cues_from_json, shot_changes_from_json, subtitles_to_json
from qasr_cli.core.language.languages import joins_without_space
from qasr_cli.core.text import canonical, is_unspaced
from qasr_cli.core.transcript.consistency import check_consistent
from qasr_cli.core.types import Change, ClipNote, IntervalMs, Segment, TextWord, Timing, Transcript

SCHEMA_VERSION = 1
HEARD = "heard"  # the field of what was there before corrections and names

_T = TypeVar("_T")

# --- to JSON ----------------------------------------------------------------------------------


def document_from_transcript(
    transcript: Transcript, *, mark: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The document of a transcript: JSON's own types, where `settings` holds only those.

    Args:
        mark: what makes it the commit mark of a file; left out of the document when None.
    """
    document = lazy_document(transcript, mark=mark)
    segments = [segment | {"words": list(segment["words"])} for segment in document["segments"]]
    return document | {"segments": segments}


def lazy_document(
    transcript: Transcript,
    *,
    mark: Mapping[str, Any] | None = None,
    heard: Transcript | None = None,
) -> dict[str, Any]:
    """The same for `json_pieces`: segments and words are iterators, made when their turn comes.

    Args:
        heard: what it was before corrections and names; None where they changed nothing.
    """
    document: dict[str, Any] = {"schema_version": SCHEMA_VERSION}
    if mark is not None:
        document["mark"] = dict(mark)
    before = {} if heard is None else {"text": heard.text, "segments": _lazy_segments(heard)}
    return document | {
        "file": transcript.file,
        "duration_ms": transcript.duration_ms,
        "language": transcript.language,
        "text": transcript.text,
        "segments": _lazy_segments(transcript),
        "clips": [_clip_to_json(clip) for clip in transcript.clips],
        "speech": [list(interval) for interval in transcript.speech],
        "corrections": [asdict(change) for change in transcript.changes],
        "models": transcript.models,
        "settings": transcript.settings,
        "warnings": list(transcript.warnings),
        **subtitles_to_json(transcript.cues, transcript.shot_changes),
        **({HEARD: before} if before else {}),
    }


def _lazy_segments(transcript: Transcript) -> Iterator[dict[str, Any]]:
    return (
        _segment_to_json(index, segment, transcript.text)
        for index, segment in enumerate(transcript.segments)
    )


def _segment_to_json(index: int, segment: Segment, text: str) -> dict[str, Any]:
    return {
        "id": index,
        **_times_to_json(segment),
        "text": text[segment.char_start : segment.char_end].strip(),
        "language": segment.language,
        "speaker": segment.speaker,
        "char_start": segment.char_start,
        "char_end": segment.char_end,
        "words": (_word_to_json(word, text, segment.language) for word in segment.words),
    }


def _word_to_json(word: TextWord, text: str, language: str | None) -> dict[str, Any]:
    return {
        "word": _with_space_before(text, word, language),
        **_times_to_json(word),
        "char_start": word.char_start,
        "char_end": word.char_end,
        **probabilities_to_json(word),
    }


def _with_space_before(text: str, word: TextWord, language: str | None) -> str:
    """The word as whisper's writers want it, which put words together as they are."""
    shown = text[word.char_start : word.char_end].rstrip()
    if word.char_start == 0:
        is_apart = not (joins_without_space(language) or is_unspaced(shown.lstrip()[:1]))
        return " " + shown.lstrip() if is_apart else shown.lstrip()
    start = word.char_start
    while start > 0 and text[start - 1].isspace():
        start -= 1
    return text[start : word.char_start] + shown


def _times_to_json(timed: Segment | TextWord) -> dict[str, Any]:
    return {
        "start": timed.start_ms / 1000,
        "end": timed.end_ms / 1000,
        "start_ms": timed.start_ms,
        "end_ms": timed.end_ms,
    }


def _clip_to_json(clip: ClipNote) -> dict[str, Any]:
    return {
        "start_ms": clip.start_ms,
        "end_ms": clip.end_ms,
        "language": clip.language,
        "status": clip.status,
        "timing": clip.timing.value,
        "attempts": clip.attempts,
        "truncated": clip.truncated,
        "repetition": clip.repetition,
        "repairs": list(clip.repairs),
        **({"languages": list(clip.languages)} if clip.languages else {}),
    }


# --- from JSON --------------------------------------------------------------------------------


def transcript_from_document(document: object) -> Transcript:
    """The transcript that a document was made of, exactly.

    Raises:
        ValueError: it is not a result document of schema 1, and why in one line. Who called
            knows which file it came from.
    """
    fields = _mapping(document)
    version = fields.get("schema_version")
    if version != SCHEMA_VERSION:
        raise ValueError(f"schema_version is {version!r:.40}, not {SCHEMA_VERSION}")
    segments = tuple(map(_segment_from_json, _get(fields, "segments", list)))
    return transcript_around(segments, fields, text=_get(fields, "text", str))


def heard_from_document(document: object) -> Transcript | None:
    """The transcript before corrections and names; None where the document has no other one.

    Raises:
        ValueError: as `transcript_from_document`.
    """
    fields = _mapping(document)
    if fields.get(HEARD) is None:
        return None
    heard = _mapping(fields[HEARD])
    segments = tuple(map(_segment_from_json, _get(heard, "segments", list)))
    transcript = transcript_around(segments, fields, text=_get(heard, "text", str))
    return replace(transcript, changes=(), cues=None)


def transcript_around(
    segments: Sequence[Segment], fields: Mapping[str, Any], *, text: str
) -> Transcript:
    """The transcript of these segments; all else is as the document says.

    Raises:
        ValueError: the document does not say it, or the segments do not make one.
    """
    duration_ms = _get(fields, "duration_ms", int)
    transcript = Transcript(
        file=_get(fields, "file", str),
        duration_ms=duration_ms,
        language=_get_or_none(fields, "language", str),
        text=text,
        segments=tuple(segments),
        clips=tuple(map(_clip_from_json, _get(fields, "clips", list))),
        models=_get(fields, "models", dict),
        settings=_get(fields, "settings", dict),
        warnings=_texts(fields, "warnings"),
        # Older results have neither of these.
        changes=tuple(map(_change_from_json, _get_or_none(fields, "corrections", list) or ())),
        speech=tuple(map(_interval_from_json, _get_or_none(fields, "speech", list) or ())),
        cues=cues_from_json(_get_or_none(fields, "cues", list), duration_ms=duration_ms),
        shot_changes=shot_changes_from_json(fields.get("shot_changes")),
    )
    check_consistent(transcript)
    return transcript


def _segment_from_json(value: object) -> Segment:
    fields = _mapping(value)
    language, speaker = spoken_by(fields)
    return Segment(
        start_ms=_get(fields, "start_ms", int),
        end_ms=_get(fields, "end_ms", int),
        char_start=_get(fields, "char_start", int),
        char_end=_get(fields, "char_end", int),
        language=language,
        words=tuple(map(_word_from_json, _get(fields, "words", list))),
        speaker=speaker,
    )


def spoken_by(fields: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Language and speaker of a segment, who may be a number; no name holds controls.

    Raises:
        ValueError: they are no names.
    """
    language = _get_or_none(fields, "language", str)
    speaker = fields.get("speaker")
    is_number = isinstance(speaker, int) and not isinstance(speaker, bool)
    speaker = str(speaker) if is_number else _get_or_none(fields, "speaker", str)
    return language, None if speaker is None else canonical(speaker).strip() or None


def _word_from_json(value: object) -> TextWord:
    fields = _mapping(value)
    return TextWord(
        start_ms=_get(fields, "start_ms", int),
        end_ms=_get(fields, "end_ms", int),
        char_start=_get(fields, "char_start", int),
        char_end=_get(fields, "char_end", int),
        probability=probability_from_json(fields, "probability"),
        time_probability=probability_from_json(fields, "time_probability"),
    )


def _clip_from_json(value: object) -> ClipNote:
    fields = _mapping(value)
    status = _get(fields, "status", str)
    if status not in ("done", "failed"):
        raise ValueError(f"status is {status!r}")
    return ClipNote(
        start_ms=_get(fields, "start_ms", int),
        end_ms=_get(fields, "end_ms", int),
        language=_get_or_none(fields, "language", str),
        status="failed" if status == "failed" else "done",
        timing=Timing(_get(fields, "timing", str)),
        attempts=_get(fields, "attempts", int),
        truncated=_get(fields, "truncated", bool),
        repetition=_get(fields, "repetition", bool),
        repairs=_texts(fields, "repairs"),
        languages=_texts(fields, "languages") if "languages" in fields else (),
    )


def _change_from_json(value: object) -> Change:
    fields = _mapping(value)
    return Change(
        start_ms=_get(fields, "start_ms", int),
        end_ms=_get(fields, "end_ms", int),
        before=_get(fields, "before", str),
        after=_get(fields, "after", str),
        line=_get(fields, "line", int),
    )


def _interval_from_json(value: object) -> IntervalMs:
    match value:
        case [int(start_ms), int(end_ms)]:
            return start_ms, end_ms
        case _:
            raise ValueError(f"an interval should stand in place of {value!r:.40}")


def _mapping(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"an object should stand in place of {value!r:.40}")  # noqa: TRY004  # one error for all damage
    return cast("dict[str, Any]", value)


def _get(fields: Mapping[str, Any], name: str, kind: type[_T]) -> _T:
    value = fields.get(name)
    # bool is an int to Python, not to us.
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is int):
        raise ValueError(f"{name} is {value!r:.40}, not {kind.__name__}")
    return value


def _texts(fields: Mapping[str, Any], name: str) -> tuple[str, ...]:
    values = _get(fields, name, list)
    if not all(isinstance(value, str) for value in values):
        raise ValueError(f"{name} is {values!r:.40}, not a list of texts")
    return tuple(values)


def _get_or_none(fields: Mapping[str, Any], name: str, kind: type[_T]) -> _T | None:
    return None if fields.get(name) is None else _get(fields, name, kind)
