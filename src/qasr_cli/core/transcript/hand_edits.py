"""A result document in which somebody may have edited the text -> the transcript they want. Pure.

A document says everything more than once: the text as a whole, by segment and by word. The
segments' text is what a person edits, or else the words; the whole text, and the places in it, say
what stood there before.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from qasr_cli.core.confidence import probability_from_json
from qasr_cli.core.counts import counted
from qasr_cli.core.language.languages import joins_without_space
from qasr_cli.core.text import canonical, is_unspaced, is_visible
from qasr_cli.core.timing import clock_from_ms, ms_from_seconds
from qasr_cli.core.transcript.clip_words import spread_words
from qasr_cli.core.transcript.edits import Piece, edited, joined
from qasr_cli.core.transcript.retiming import Sentence
from qasr_cli.core.transcript.schema import (
    spoken_by,
    transcript_around,
    transcript_from_document,
)
from qasr_cli.core.types import IntervalMs, Segment, TextWord, Transcript

_Fields = Mapping[str, Any]

_TORN = (
    "text, segments and words do not fit together, as after an edit by hand: "
    "what each segment says was taken"
)
_WHOLE_TEXT = (
    "the text as a whole is not that of its segments: what each segment says was taken; "
    "to edit it, edit segments[].text"
)
_BACKWARDS = "segments that end before they start, which count as short"
_DAMAGE = (ValueError, TypeError, LookupError, AttributeError)


def transcript_from_edited(document: object) -> Transcript:
    """The transcript of a result document, with what was edited in it by hand.

    An untouched document gives the transcript that it was made of, exactly. Else warnings say what
    was taken, and the changes each place.

    Raises:
        ValueError: it is not a result document of schema 1, and why in one line.
    """
    warnings: list[str] = []
    if (restored := _with_text_of_words(document)) is not None:
        document = restored
        warnings.append(_WHOLE_TEXT)
    try:
        base = transcript_from_document(document)
        segments: Sequence[_Fields] = cast("dict[str, Any]", document)["segments"]
    except ValueError as error:
        try:
            base, segments = _rebuilt(cast("dict[str, Any]", document))
        except _DAMAGE:
            raise error from None
        warnings.append(_TORN)
    whole_text = cast("dict[str, Any]", document).get("text")
    wanted = (_wanted(segment, whole_text) for segment in segments)
    transcript = edited(base, dict(enumerate(wanted)))
    warnings += (*_edit_warnings(base, transcript), *_time_warnings(segments, base))
    return replace(transcript, warnings=(*base.warnings, *warnings)) if warnings else transcript


def _with_text_of_words(document: object) -> dict[str, Any] | None:
    """The document as before its text as a whole was edited; None where not that alone was."""
    fields = cast("dict[str, Any]", document)
    try:
        segments, whole_text = fields["segments"], fields["text"]
        text = "".join(word["word"] for each in segments for word in each["words"]).lstrip()
        if not _is_of_segments(text, segments) or _is_of_segments(whole_text, segments):
            return None
        restored = fields | {"text": text}
        transcript_from_document(restored)
    except _DAMAGE:
        return None
    return restored


def _is_of_segments(text: str, segments: Sequence[_Fields]) -> bool:
    return len(text) == segments[-1]["char_end"] and all(
        text[each["char_start"] : each["char_end"]].strip() == each["text"] for each in segments
    )


def _edit_warnings(base: Transcript, transcript: Transcript) -> Iterator[str]:
    if changes := transcript.changes[len(base.changes) :]:
        places = counted(len(changes), "place")
        first = changes[0]
        yield (
            f"the text was edited by hand in {places}, the first at "
            f"{clock_from_ms(first.start_ms)}: {first.before!r:.60} is {first.after!r:.60} now"
        )


def _time_warnings(segments: Sequence[_Fields], base: Transcript) -> Iterator[str]:
    """Times that somebody edited where nobody looks."""
    timed = [item for segment in segments for item in (segment, *(segment.get("words") or ()))]
    if count := sum(map(_contradicts_itself, timed)):
        yield (
            f"{counted(count, 'entry has', 'entries have')} other times in seconds than in "
            "milliseconds, which were taken: edit start_ms and end_ms"
        )
    if count := sum(map(_is_backwards, segments)):
        yield f"{_BACKWARDS}: {count}"
    if count := sum(
        (fields.get("start_ms"), fields.get("end_ms")) != (segment.start_ms, segment.end_ms)
        for fields, segment in zip(segments, base.segments, strict=True)
        if isinstance(fields.get("start_ms"), int)
    ):
        yield f"{count} segments have other times than their words, which were taken"


def _is_backwards(fields: _Fields) -> bool:
    start, end = (fields.get(f"{name}_ms", fields.get(name)) for name in ("start", "end"))
    return isinstance(start, int | float) and isinstance(end, int | float) and end < start


def _contradicts_itself(fields: _Fields) -> bool:
    return any(
        isinstance(seconds := fields.get(name), float)
        and isinstance(time_ms := fields.get(f"{name}_ms"), int)
        and abs(seconds * 1000 - time_ms) >= 1
        for name in ("start", "end")
    )


# --- what a segment should say ----------------------------------------------------------------


def _wanted(segment: _Fields, whole_text: object) -> str:
    """The segment's text if it is not what it was, or else that of its words."""
    text, words = segment.get("text"), segment.get("words") or ()
    before = _slice(segment, whole_text)
    if isinstance(text, str) and (before is None or text.strip() != before.strip() or not words):
        return text
    language = segment.get("language")
    return "".join(_word_texts(words, whole_text, language)) if words else before or ""


def _slice(fields: _Fields, whole_text: object) -> str | None:
    """What stood there before; None where the document does not know."""
    start, end = fields.get("char_start"), fields.get("char_end")
    if not (isinstance(whole_text, str) and isinstance(start, int) and isinstance(end, int)):
        return None
    return whole_text[start:end] if 0 <= start < end <= len(whole_text) else None


def _word_texts(
    words: Sequence[_Fields], whole_text: object, language: str | None
) -> tuple[str, ...]:
    """The text of each word with the white space after it; "" for one that was emptied."""
    befores = [_slice(fields, whole_text) for fields in words]
    shown = [_shown(fields, before) for fields, before in zip(words, befores, strict=True)]
    same_count = sum(
        before is not None and before.strip() == text.strip()
        for before, text in zip(befores, shown, strict=True)
    )
    if 2 * same_count < len(words):  # their places are not to be trusted
        befores = [None] * len(words)
    texts: list[str] = []
    was_placed = False
    for text, before in zip(shown, befores, strict=True):
        if texts and not (was_placed and before) and _is_apart(texts[-1], text, language):
            texts[-1] += " "
        was_placed = before is not None
        texts.append(_in_place_of(before, text.strip()))
    return tuple(texts)


def _shown(fields: _Fields, before: str | None) -> str:
    word = fields.get("word")
    return word if isinstance(word, str) else before or ""


def _in_place_of(before: str | None, text: str) -> str:
    """The text with the white space of what stood there."""
    if not text or before is None:
        return text
    head = len(before) - len(before.lstrip())
    return before[:head] + text + before[len(before.rstrip()) :]


def _is_apart(left: str, right: str, language: str | None) -> bool:
    """Whether a space goes between a text and a word that somebody put after it."""
    if not left or not right.strip() or left[-1].isspace():
        return False
    is_dense = is_unspaced(left[-1]) and is_unspaced(right[0])
    return right[0].isspace() or not (is_dense or joins_without_space(language))


# --- where the parts do not fit together ------------------------------------------------------


def _rebuilt(document: _Fields) -> tuple[Transcript, list[_Fields]]:
    """The transcript of what each segment says by itself, and the segments that are in it."""
    whole_text = document.get("text")
    if not isinstance(document["segments"], list):
        raise TypeError("segments are no list")
    kept = [(s, piece) for s in document["segments"] if (piece := _piece(s, whole_text))]
    text, segments = joined([piece for _, piece in kept])
    transcript = transcript_around(segments, {**document, "cues": None}, text=text)
    return transcript, [fields for fields, _ in kept]


def _piece(fields: _Fields, whole_text: object) -> Piece | None:
    """A segment by itself; None where it says nothing."""
    language, speaker = spoken_by(fields)
    words = fields.get("words") or []
    befores = [_slice(word, whole_text) for word in words]
    sentence = _sentence(words, _word_texts(words, whole_text, language), befores)
    if sentence is None:
        text = canonical(_wanted(fields, whole_text)).strip()
        if not any(map(is_visible, text)):
            return None
        sentence = Sentence(text=text, words=spread_words(text, *_times_ms(fields)))
    segment = Segment(
        start_ms=sentence.words[0].start_ms,
        end_ms=sentence.words[-1].end_ms,
        char_start=0,
        char_end=len(sentence.text),
        language=language,
        speaker=speaker,
        words=sentence.words,
    )
    return Piece(segment=segment, sentence=sentence, is_changed=True)


def _sentence(
    words: Sequence[_Fields], texts: Sequence[str], befores: Sequence[str | None]
) -> Sentence | None:
    """The words that have times, on their own text; None where there are none."""
    text = ""
    timed: list[TextWord] = []
    for fields, raw, before in zip(words, texts, befores, strict=True):
        shown = canonical(raw).lstrip()
        if not any(map(is_visible, shown)) or (fields.get("start_ms"), fields.get("start")) == (
            None,
            None,
        ):
            continue
        start_ms, end_ms = _times_ms(fields)
        # Of a word that somebody wrote nobody knows how sure a model was.
        is_as_heard = before is not None and before.strip() == shown.strip()
        timed.append(
            TextWord(
                start_ms=start_ms,
                end_ms=end_ms,
                char_start=len(text),
                char_end=len(text) + len(shown),
                probability=_probability(fields, "probability") if is_as_heard else None,
                time_probability=_probability(fields, "time_probability"),
            )
        )
        text += shown
    return Sentence(text=text, words=tuple(timed)) if timed else None


def _probability(fields: _Fields, name: str) -> float | None:
    try:
        return probability_from_json(fields, name)
    except ValueError:
        return None


def _times_ms(fields: _Fields) -> IntervalMs:
    times = [
        fields[f"{name}_ms"] if f"{name}_ms" in fields else ms_from_seconds(fields[name])
        for name in ("start", "end")
    ]
    if not all(type(time) is int for time in times):
        raise ValueError(f"{times!r:.40} are no times")
    return times[0], max(times)
