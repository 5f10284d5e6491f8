"""The words of one clip: its text as it will stand, each word with its times and its place. Pure.

A clip whose words were not timed, or not timed in full, keeps its text: its words share the clip by
their length.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from qasr_cli.core.confidence import rounded, word_probabilities
from qasr_cli.core.language.languages import language_from_model
from qasr_cli.core.outcomes import ClipOutcome
from qasr_cli.core.text import (
    CharSpan,
    canonical,
    is_visible,
    split_inside,
    split_words,
    tile,
)
from qasr_cli.core.timing import ms_from_samples
from qasr_cli.core.transcript.proportional import shared_out
from qasr_cli.core.types import (
    ClipDone,
    ClipFailed,
    ClipNote,
    ClipResult,
    HeardToken,
    TextWord,
    Timing,
    Word,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """What all words of a sentence share."""

    language: str | None
    speaker: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipWords:
    """One clip's share of the transcript.

    Attributes:
        text: canonical; "" when nothing was recognised.
        words: their places count characters in `text`, which they tile; () where it is "".
        note: for the record.
        warnings: one line each, for people.
    """

    text: str
    voice: Voice
    words: tuple[TextWord, ...]
    note: ClipNote
    warnings: tuple[str, ...]


def clip_words(clip: ClipOutcome) -> ClipWords:
    """The words of one clip, in file time; a clip without text has none, but leaves a note."""
    start_ms = ms_from_samples(clip.span.start_sample)
    end_ms = ms_from_samples(clip.span.end_sample)
    text = _clip_text(clip.result.text)
    heard_language = clip.result.language if text else None
    words: tuple[TextWord, ...] = ()
    timing = Timing.NONE
    if isinstance(clip.result, ClipDone):
        words = _aligned(text, clip.result, start_ms, end_ms)
        timing = clip.result.timing if words else timing
    if text and not words:
        words, timing = spread_words(text, start_ms, end_ms), Timing.PROPORTIONAL
    if isinstance(clip.result, ClipDone) and clip.result.tokens and text == clip.result.text:
        words = _with_probabilities(text, words, clip.result.tokens)
    note = ClipNote(
        start_ms=start_ms,
        end_ms=end_ms,
        language=heard_language,
        status="done",
        timing=timing,
        attempts=clip.attempts,
    )
    language = language_from_model(heard_language) or heard_language
    return ClipWords(
        text=text,
        voice=Voice(language=language, speaker=clip.speaker),
        words=words,
        note=_completed(note, clip.result),
        warnings=_warnings(clip.result),
    )


def _completed(note: ClipNote, result: ClipResult) -> ClipNote:
    """The note with what else the result says of the clip."""
    match result:
        case ClipDone():
            return replace(
                note,
                truncated=result.truncated,
                repetition=result.repetition,
                repairs=result.repairs,
                languages=result.languages,
            )
        case ClipFailed(text=None):
            return replace(note, status="failed")
        case ClipFailed():
            return note
        case _:
            assert_never(result)


def _warnings(result: ClipResult) -> tuple[str, ...]:
    match result:
        case ClipDone():
            return result.warnings
        case ClipFailed(text=None):
            return (f"nothing was recognised: {result.error}",)
        case ClipFailed():
            return (f"word times are estimated: {result.error}",)
        case _:
            assert_never(result)


def _clip_text(text: str | None) -> str:
    cleaned = canonical(text or "").strip()
    return cleaned if any(map(is_visible, cleaned)) else ""


def _aligned(text: str, done: ClipDone, start_ms: int, end_ms: int) -> tuple[TextWord, ...]:
    """Timed words on the text of their clip; () when there is nothing to put on it."""
    if not text:
        return ()
    timed = _on_text(text, done.words, start_ms, end_ms)
    is_split_by_spaces = done.timing is Timing.ALIGNED_UNLISTED
    return tuple(
        piece for word in timed for piece in _split(text, word, into_syllables=is_split_by_spaces)
    )


def _on_text(text: str, words: Sequence[Word], start_ms: int, end_ms: int) -> list[TextWord]:
    """Timed words on their places in the text."""
    timed: list[TextWord] = []
    early_ms: int | None = None  # start of words before the first that is in the text
    spans = tile(text, [word.text for word in words])
    for word, (char_start, char_end) in zip(words, spans, strict=True):
        word_start_ms = min(max(word.start_ms, start_ms), end_ms)
        word_end_ms = min(max(word.end_ms, word_start_ms), end_ms)
        if char_start < char_end:
            timed.append(
                TextWord(
                    start_ms=word_start_ms if early_ms is None else early_ms,
                    end_ms=word_end_ms,
                    char_start=char_start,
                    char_end=char_end,
                    time_probability=_rounded(word.time_probability),
                )
            )
            early_ms = None
        elif timed:  # its text, if it has any, is with the word before
            timed[-1] = replace(timed[-1], end_ms=max(timed[-1].end_ms, word_end_ms))
        elif early_ms is None:
            early_ms = word_start_ms
    return timed


def _rounded(probability: float | None) -> float | None:
    return None if probability is None else rounded(probability)


def _with_probabilities(
    text: str, words: Sequence[TextWord], tokens: Sequence[HeardToken]
) -> tuple[TextWord, ...]:
    spans = [(word.char_start, word.char_end) for word in words]
    found = word_probabilities(text, spans, tokens)
    return tuple(
        replace(word, probability=probability)
        for word, probability in zip(words, found, strict=True)
    )


def _split(text: str, word: TextWord, *, into_syllables: bool) -> tuple[TextWord, ...]:
    spans = split_inside(text, (word.char_start, word.char_end))
    if into_syllables:
        spans = tuple(piece for span in spans for piece in _syllables(text, span))
    if len(spans) == 1:
        return (word,)
    return shared_out(text, spans, word.start_ms, word.end_ms)


def _syllables(text: str, span: CharSpan) -> tuple[CharSpan, ...]:
    """A span between two spaces, cut where scripts without spaces may have a word end."""
    piece = text[slice(*span)]
    inner = tile(piece, split_words(piece)) or ((0, len(piece)),)
    return tuple((span[0] + first, span[0] + last) for first, last in inner)


def spread_words(text: str, start_ms: int, end_ms: int) -> tuple[TextWord, ...]:
    """The words of a text that nobody timed, each with its share of the time."""
    spans = tile(text, split_words(text)) or ((0, len(text)),)
    return shared_out(text, spans, start_ms, end_ms)
