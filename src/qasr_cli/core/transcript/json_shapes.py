"""Where JSON of other programs keeps what was said: many shapes -> one. Pure.

`segments[].words[]` of openai-whisper, faster-whisper, whisperX, stable-ts and OpenAI's API;
`transcription[].tokens[]` of whisper.cpp; `chunks[]` of transformers; a bare list; the same inside
of `results`; words alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from qasr_cli.core.text import canonical, is_unspaced
from qasr_cli.core.transcript.json_times import Doubts, seconds_ms, times_of

_SEGMENTS = ("segments", "transcription", "chunks", "utterances")
_WORDS = ("words", "word_segments")
_AROUND = (
    *("results", "result", "output", "outputs", "response", "data"),
    *("transcript", "transcription", "channels", "alternatives"),
)
_TEXTS = ("text", "transcript", "sentence")
_WORD_TEXTS = ("punctuated_word", "word", "text")
_DEEPEST = 8
# Characters; more is a sentence, in scripts without spaces and in others.
_LONGEST_DENSE_WORD, _LONGEST_WORD = 4, 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A word as it stands in the file; a time is None where it has none."""

    text: str
    start_ms: int | None
    end_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A segment as it stands in the file; what it does not say is None."""

    text: str | None
    start_ms: int | None
    end_ms: int | None
    words: tuple[Heard, ...] = ()
    speaker: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """All that a document says.

    Attributes:
        words: of the whole recording, where they are not in the segments.
    """

    stretches: tuple[Stretch, ...]
    words: tuple[Heard, ...]
    language: str | None
    duration_ms: int | None


def found_in(document: object, doubts: Doubts) -> Found:
    """What a document says, in its order.

    Raises:
        ValueError: it says nothing that has times, and why in one line.
    """
    fields = _opened(document, 0)
    if fields is None:
        raise ValueError(_nothing_in(document))
    items = next((fields[name] for name in _SEGMENTS if _is_filled(fields.get(name))), ())
    stretches = tuple(_stretch(_mapping(item), doubts) for item in items)
    heard: tuple[Heard, ...] = ()
    if not any(stretch.words for stretch in stretches):
        heard = _all_words(fields, doubts)
    if not heard and _are_words(stretches) and not _is_filled(fields.get("segments")):
        heard, stretches = _as_words(stretches), ()
    if heard and not stretches:
        stretches = (Stretch(text=_whole_text(fields), start_ms=None, end_ms=None, words=heard),)
    return Found(
        stretches=stretches,
        words=heard,
        language=_language(fields),
        duration_ms=seconds_ms(fields.get("duration")),
    )


def _all_words(fields: Mapping[str, Any], doubts: Doubts) -> tuple[Heard, ...]:
    words = next((fields[name] for name in _WORDS if _is_filled(fields.get(name))), ())
    return tuple(_heard(word, doubts) for word in words if isinstance(word, dict))


def _whole_text(fields: Mapping[str, Any]) -> str | None:
    """The text of all words, unless only these have punctuation."""
    words = fields.get("words")
    words = words if isinstance(words, list) else []
    is_bare = any(isinstance(word, dict) and "punctuated_word" in word for word in words)
    return None if is_bare else _text_of(fields, _TEXTS)


# --- the place --------------------------------------------------------------------------------


def _opened(value: object, depth: int) -> Mapping[str, Any] | None:
    """The object that holds the segments or words, with what stands around it; None for none."""
    if depth > _DEEPEST:
        return None
    if isinstance(value, list):
        return _opened_list(value, depth)
    if not isinstance(value, dict):
        return None
    if any(isinstance(value.get(name), list) for name in (*_SEGMENTS, *_WORDS)):
        return value
    for name in _AROUND:
        inner = _opened(value.get(name), depth + 1)
        if inner is not None:
            return {**value, **inner}
    return {"segments": [value]} if _is_segment(value) else None


def _opened_list(values: Sequence[object], depth: int) -> Mapping[str, Any] | None:
    """A list of segments or words, maybe with an object of another kind before them."""
    objects = [_unfolded(value) for value in values if isinstance(value, dict)]
    if not objects or len(objects) < len(values):
        return None
    segments = [fields for fields in objects if _is_segment(fields)]
    if segments:
        name = "words" if all("word" in fields for fields in segments) else "segments"
        others = [fields for fields in objects if not _is_segment(fields)]
        return {key: fields[key] for fields in others for key in fields} | {name: segments}
    whole = [inner for fields in objects if (inner := _opened(fields, depth + 1)) is not None]
    if len(whole) > 1:
        raise ValueError(f"{len(whole)} results in one file; give each a file of its own")
    return whole[0] if whole else None


def _unfolded(fields: dict[str, Any]) -> dict[str, Any]:
    """The first of several readings of one stretch, as speech services give them."""
    readings = fields.get("alternatives")
    if isinstance(readings, list) and readings and isinstance(readings[0], dict):
        return fields | readings[0]
    return fields


def _is_segment(fields: Mapping[str, Any]) -> bool:
    if _text_of(fields, (*_TEXTS, *_WORD_TEXTS)) is None:
        return False
    return times_of(fields, Doubts()) != (None, None) or _is_filled(fields.get("words"))


def _is_filled(value: object) -> bool:
    return isinstance(value, list) and bool(value)


def _nothing_in(document: object) -> str:
    if not isinstance(document, dict):
        return f"an object with segments should stand in place of {document!r:.40}"
    reason = "no segments: neither a result of qasr nor JSON as whisper writes it"
    if _text_of(document, _TEXTS):
        reason += " (a text without times; qasr align times it to its recording)"
    return reason


# --- what stands there ------------------------------------------------------------------------


def _stretch(fields: Mapping[str, Any], doubts: Doubts) -> Stretch:
    start_ms, end_ms = times_of(fields, doubts)
    language = fields.get("language")
    return Stretch(
        text=_whole_text(fields) or _text_of(fields, ("word",)),
        start_ms=start_ms,
        end_ms=end_ms,
        words=_words(fields, doubts),
        speaker=_speaker(fields.get("speaker")),
        language=language if isinstance(language, str) and language.strip() else None,
    )


def _words(fields: Mapping[str, Any], doubts: Doubts) -> tuple[Heard, ...]:
    words, tokens = fields.get("words") or [], fields.get("tokens")
    if not isinstance(words, list):
        raise ValueError(f"words is {words!r:.40}, not list")  # noqa: TRY004  # one error for all damage
    if words or not isinstance(tokens, list):
        return tuple(_heard(_mapping(word), doubts) for word in words)
    heard = (_heard(token, doubts) for token in tokens if isinstance(token, dict))
    return _from_tokens([word for word in heard if not word.text.startswith(("[_", "<|"))])


def _heard(fields: Mapping[str, Any], doubts: Doubts) -> Heard:
    text = _text_of(fields, _WORD_TEXTS)
    if text is None:
        value = fields.get("word", fields.get("text"))
        raise ValueError(f"a word is {value!r:.40}, not str")
    start_ms, end_ms = times_of(fields, doubts)
    return Heard(text=canonical(text), start_ms=start_ms, end_ms=end_ms)


def _from_tokens(tokens: Sequence[Heard]) -> tuple[Heard, ...]:
    """The words of a model's tokens, which begin with a space where a word does."""
    words: list[list[Heard]] = []
    for token in tokens:
        last = words[-1][-1].text[-1:] if words else " "
        first = token.text[:1]
        if not token.text or last.isspace() or first.isspace() or _is_dense(first + last):
            words.append([token])
        else:
            words[-1].append(token)
    return tuple(map(_joined, words))


def _joined(tokens: Sequence[Heard]) -> Heard:
    ends_ms = (token.end_ms for token in reversed(tokens))
    return Heard(
        text="".join(token.text for token in tokens),
        start_ms=tokens[0].start_ms,
        end_ms=next((end_ms for end_ms in ends_ms if end_ms is not None), None),
    )


def _is_dense(text: str) -> bool:
    return any(map(is_unspaced, text))


def _are_words(stretches: Sequence[Stretch]) -> bool:
    """Whether what looks like segments is a list of words."""
    texts = [(stretch.text or "").strip() for stretch in stretches]
    return (
        len(stretches) > 1
        and not any(stretch.words or stretch.speaker for stretch in stretches)
        and not any(any(map(str.isspace, text)) for text in texts)
        and all(len(t) <= (_LONGEST_DENSE_WORD if _is_dense(t) else _LONGEST_WORD) for t in texts)
    )


def _as_words(stretches: Sequence[Stretch]) -> tuple[Heard, ...]:
    return tuple(
        Heard(text=canonical(each.text or ""), start_ms=each.start_ms, end_ms=each.end_ms)
        for each in stretches
    )


def _text_of(fields: Mapping[str, Any], names: Sequence[str]) -> str | None:
    return next((fields[name] for name in names if isinstance(fields.get(name), str)), None)


def _speaker(value: object) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return (canonical(value).strip() or None) if isinstance(value, str) else None


def _language(fields: Mapping[str, Any]) -> str | None:
    for place in (fields, fields.get("result"), fields.get("params")):
        value = place.get("language") if isinstance(place, dict) else None
        if isinstance(value, str) and value.strip():
            return value.strip()
    return None


def _mapping(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"an object should stand in place of {value!r:.40}")  # noqa: TRY004  # one error for all damage
    return cast("dict[str, Any]", value)
