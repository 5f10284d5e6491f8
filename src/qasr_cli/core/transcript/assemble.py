"""Clips of one file -> its transcript: one text, words in file time, sentences. Pure and linear.

No word is lost, none is outside the file, none overlaps another, and together the words tile the
text.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import assert_never

from qasr_cli.core.language.languages import joins_without_space, language_from_model
from qasr_cli.core.language.limits import LONG_PAUSE_MS
from qasr_cli.core.language.sentences import ends_sentence
from qasr_cli.core.outcomes import ClipOutcome
from qasr_cli.core.text import (
    canonical,
    is_kept,
    is_unspaced,
    is_visible,
    split_inside,
    split_words,
    stray_count,
    tile,
)
from qasr_cli.core.timing import clock_from_ms, ms_from_samples
from qasr_cli.core.transcript.proportional import shared_out
from qasr_cli.core.types import (
    ClipDone,
    ClipFailed,
    ClipNote,
    Segment,
    Span,
    TextWord,
    Timing,
    Transcript,
    Word,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Voice:
    """What all words of a sentence share."""

    language: str | None
    speaker: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One clip's share of the transcript; its words count characters in its own text."""

    text: str
    voice: _Voice
    words: tuple[TextWord, ...]
    note: ClipNote
    warnings: tuple[str, ...]


def assemble(
    *,
    file: str,
    duration_ms: int,
    clips: Sequence[ClipOutcome],
    models: Mapping[str, str],
    settings: Mapping[str, object],
    warnings: Iterable[str] = (),
    speech: Iterable[Span] = (),
) -> Transcript:
    """The transcript of a file from what was heard in its clips, in any order.

    A clip whose words were not timed, or not timed in full, keeps its text: its words share the
    clip by their length. A clip without text leaves a note and a warning.

    Args:
        file: its relative path.
        duration_ms: of the decoded sound; no word ends later.
        clips: their spans do not overlap.
        models, settings: for the record.
        warnings: about the file, from before its clips.
        speech: regions of the file in which somebody speaks, in order, not overlapping.
    """
    parts = [_part(clip) for clip in sorted(clips, key=lambda clip: clip.span)]
    spoken = [part for part in parts if part.text]
    text, words, voices = _joined(spoken)
    words = settled(words, duration_ms)
    return Transcript(
        file=file,
        duration_ms=duration_ms,
        language=_main_language(spoken),
        text=text,
        segments=tuple(_segments(text, words, voices)),
        clips=tuple(part.note for part in parts),
        models=dict(models),
        settings=dict(settings),
        warnings=(*warnings, *_clip_warnings(parts)),
        speech=tuple(
            (ms_from_samples(span.start_sample), ms_from_samples(span.end_sample))
            for span in speech
        ),
    )


# --- one clip ---------------------------------------------------------------------------------


def _part(clip: ClipOutcome) -> _Part:
    start_ms = ms_from_samples(clip.span.start_sample)
    end_ms = ms_from_samples(clip.span.end_sample)
    result = clip.result
    text = _clip_text(result.text)
    heard_language = result.language if text else None
    words: tuple[TextWord, ...] = ()
    timing = Timing.NONE
    note = ClipNote(
        start_ms=start_ms,
        end_ms=end_ms,
        language=heard_language,
        status="done",
        timing=timing,
        attempts=clip.attempts,
    )
    match result:
        case ClipDone():
            words = _aligned(text, result.words, start_ms, end_ms)
            timing = Timing.ALIGNED if words else timing
            note = replace(
                note,
                truncated=result.truncated,
                repetition=result.repetition,
                repairs=result.repairs,
            )
            warnings = result.warnings
        case ClipFailed(text=None):
            note = replace(note, status="failed")
            warnings = (f"nothing was recognised: {result.error}",)
        case ClipFailed():
            warnings = (f"word times are estimated: {result.error}",)
        case _:
            assert_never(result)
    if text and not words:
        words, timing = spread_words(text, start_ms, end_ms), Timing.PROPORTIONAL
    return _Part(
        text=text,
        voice=_Voice(
            language=language_from_model(heard_language) or heard_language, speaker=clip.speaker
        ),
        words=words,
        note=replace(note, timing=timing),
        warnings=warnings,
    )


def _clip_text(text: str | None) -> str:
    cleaned = canonical(text or "").strip()
    return cleaned if any(map(is_visible, cleaned)) else ""


def _aligned(text: str, words: Sequence[Word], start_ms: int, end_ms: int) -> tuple[TextWord, ...]:
    """Timed words on the text of their clip; () when there is nothing to put on it."""
    if not text:
        return ()
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
                )
            )
            early_ms = None
        elif timed:  # its text, if it has any, is with the word before
            timed[-1] = replace(timed[-1], end_ms=max(timed[-1].end_ms, word_end_ms))
        elif early_ms is None:
            early_ms = word_start_ms
    return tuple(piece for word in timed for piece in _split(text, word))


def _split(text: str, word: TextWord) -> tuple[TextWord, ...]:
    spans = split_inside(text, (word.char_start, word.char_end))
    if len(spans) == 1:
        return (word,)
    return shared_out(text, spans, word.start_ms, word.end_ms)


def spread_words(text: str, start_ms: int, end_ms: int) -> tuple[TextWord, ...]:
    """The words of a text that nobody timed, each with its share of the time."""
    spans = tile(text, split_words(text)) or ((0, len(text)),)
    return shared_out(text, spans, start_ms, end_ms)


# --- the whole file ---------------------------------------------------------------------------


def _joined(parts: Sequence[_Part]) -> tuple[str, list[TextWord], list[_Voice]]:
    """The text, the words on it, and the voice of each word."""
    texts: list[str] = []
    words: list[TextWord] = []
    voices: list[_Voice] = []
    offset = 0
    for before, part in zip((None, *parts), parts, strict=False):
        if before is not None and needs_space(
            (before.text, before.voice.language), (part.text, part.voice.language)
        ):
            texts.append(" ")
            words[-1] = replace(words[-1], char_end=words[-1].char_end + 1)
            offset += 1
        texts.append(part.text)
        stray = 0 if before is None else stray_count(part.text)
        if stray:
            words[-1] = replace(words[-1], char_end=words[-1].char_end + stray)
        own = [word for word in part.words if word.char_end > stray]
        words.extend(
            TextWord(
                start_ms=word.start_ms,
                end_ms=word.end_ms,
                char_start=max(word.char_start, stray) + offset,
                char_end=word.char_end + offset,
            )
            for word in own
        )
        voices.extend(part.voice for _ in own)
        offset += len(part.text)
    return "".join(texts), words, voices


def needs_space(left: tuple[str, str | None], right: tuple[str, str | None]) -> bool:
    """Whether a space goes between two texts, neither of them empty, with their languages."""
    if not (joins_without_space(left[1]) and joins_without_space(right[1])):
        return True
    # Two Latin words inside Chinese text.
    last, first = left[0][-1], right[0][0]
    return is_kept(last) and is_kept(first) and not (is_unspaced(last) or is_unspaced(first))


def settled(words: Sequence[TextWord], duration_ms: int) -> list[TextWord]:
    """The same words, in order of time: where two overlap, the later start holds."""
    starts_ms = list(accumulate((min(word.start_ms, duration_ms) for word in words), max))
    return [
        TextWord(
            start_ms=start_ms,
            end_ms=min(max(word.end_ms, start_ms), next_ms),
            char_start=word.char_start,
            char_end=word.char_end,
        )
        for word, start_ms, next_ms in zip(
            words, starts_ms, [*starts_ms, duration_ms][1:], strict=True
        )
    ]


def _segments(text: str, words: Sequence[TextWord], voices: Sequence[_Voice]) -> Iterator[Segment]:
    first = 0
    for index in range(len(words)):
        if _ends_segment(text, words, voices, index):
            inside = tuple(words[first : index + 1])
            yield Segment(
                start_ms=inside[0].start_ms,
                end_ms=inside[-1].end_ms,
                char_start=inside[0].char_start,
                char_end=inside[-1].char_end,
                language=voices[index].language,
                speaker=voices[index].speaker,
                words=inside,
            )
            first = index + 1


def _ends_segment(
    text: str, words: Sequence[TextWord], voices: Sequence[_Voice], index: int
) -> bool:
    if index + 1 == len(words) or voices[index] != voices[index + 1]:
        return True
    word, following = words[index], words[index + 1]
    return following.start_ms - word.end_ms >= LONG_PAUSE_MS or ends_sentence(
        text[word.char_start : word.char_end],
        text[following.char_start : following.char_end],
        voices[index].language,
    )


def _main_language(parts: Sequence[_Part]) -> str | None:
    spoken_ms: Counter[str] = Counter()
    for part in parts:
        if part.voice.language is not None:
            spoken_ms[part.voice.language] += part.words[-1].end_ms - part.words[0].start_ms
    return max(spoken_ms, key=spoken_ms.__getitem__, default=None)


def _clip_warnings(parts: Sequence[_Part]) -> Iterator[str]:
    """One line for each different warning, with the first place it is about."""
    places: dict[str, list[ClipNote]] = {}
    for part in parts:
        for warning in part.warnings:
            places.setdefault(warning, []).append(part.note)
    for warning, notes in places.items():
        more = f" (and {len(notes) - 1} more clips)" if len(notes) > 1 else ""
        times = f"{clock_from_ms(notes[0].start_ms)} - {clock_from_ms(notes[0].end_ms)}"
        yield f"{times}: {warning}{more}"
