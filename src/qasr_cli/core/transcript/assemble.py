"""Clips of one file -> its transcript: one text, words in file time, sentences. Pure and linear.

No word is lost, none is outside the file, none overlaps another, and together the words tile the
text.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from operator import itemgetter

from qasr_cli.core.counts import counted
from qasr_cli.core.language.languages import joins_without_space
from qasr_cli.core.language.limits import LONG_PAUSE_MS
from qasr_cli.core.language.sentences import ends_sentence
from qasr_cli.core.outcomes import ClipOutcome
from qasr_cli.core.text import is_kept, is_unspaced, stray_count
from qasr_cli.core.timing import clock_from_ms, ms_from_samples
from qasr_cli.core.transcript.clip_words import ClipWords, Voice, clip_words
from qasr_cli.core.types import ClipNote, IntervalMs, Segment, Span, TextWord, Transcript


def assemble(
    *,
    file: str,
    duration_ms: int,
    clips: Iterable[ClipOutcome],
    models: Mapping[str, str],
    settings: Mapping[str, object],
    warnings: Iterable[str] = (),
    speech: Iterable[Span] = (),
) -> Transcript:
    """The transcript of a file from what was heard in its clips, in any order.

    A clip without text leaves a note and a warning.

    Args:
        file: its relative path.
        duration_ms: of the decoded sound; no word ends later.
        clips: their spans do not overlap.
        models, settings: for the record.
        warnings: about the file, from before its clips.
        speech: regions of the file in which somebody speaks, in order, not overlapping.
    """
    # One by one: clips that wait packed are not all unpacked at once.
    by_place = sorted(((clip.span, clip_words(clip)) for clip in clips), key=itemgetter(0))
    parts = [part for _, part in by_place]
    spoken = [part for part in parts if part.text]
    text, words, voices = _joined(spoken)
    words = in_time_order(words, duration_ms)
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
        speech=tuple(map(_interval_ms, speech)),
    )


def _interval_ms(span: Span) -> IntervalMs:
    return ms_from_samples(span.start_sample), ms_from_samples(span.end_sample)


def _joined(parts: Sequence[ClipWords]) -> tuple[str, list[TextWord], list[Voice]]:
    """The text, the words on it, and the voice of each word."""
    texts: list[str] = []
    words: list[TextWord] = []
    voices: list[Voice] = []
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
            replace(
                word,
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


def in_time_order(words: Sequence[TextWord], duration_ms: int) -> list[TextWord]:
    """The same words, in order of time: where two overlap, the later start holds."""
    starts_ms = list(accumulate((min(word.start_ms, duration_ms) for word in words), max))
    ordered: list[TextWord] = []
    for word, start_ms, next_ms in zip(
        words, starts_ms, [*starts_ms, duration_ms][1:], strict=True
    ):
        end_ms = min(max(word.end_ms, start_ms), next_ms)
        is_in_order = (start_ms, end_ms) == (word.start_ms, word.end_ms)
        ordered.append(word if is_in_order else replace(word, start_ms=start_ms, end_ms=end_ms))
    return ordered


def _segments(text: str, words: Sequence[TextWord], voices: Sequence[Voice]) -> Iterator[Segment]:
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
    text: str, words: Sequence[TextWord], voices: Sequence[Voice], index: int
) -> bool:
    if index + 1 == len(words) or voices[index] != voices[index + 1]:
        return True
    word, following = words[index], words[index + 1]
    return following.start_ms - word.end_ms >= LONG_PAUSE_MS or ends_sentence(
        text[word.char_start : word.char_end],
        text[following.char_start : following.char_end],
        voices[index].language,
    )


def _main_language(parts: Sequence[ClipWords]) -> str | None:
    spoken_ms: Counter[str] = Counter()
    for part in parts:
        if part.voice.language is not None:
            spoken_ms[part.voice.language] += part.words[-1].end_ms - part.words[0].start_ms
    return max(spoken_ms, key=spoken_ms.__getitem__, default=None)


def _clip_warnings(parts: Sequence[ClipWords]) -> Iterator[str]:
    """One line for each different warning, with the first place it is about."""
    places: dict[str, list[ClipNote]] = {}
    for part in parts:
        for warning in part.warnings:
            places.setdefault(warning, []).append(part.note)
    for warning, notes in places.items():
        more = f" (and {counted(len(notes) - 1, 'more clip')})" if len(notes) > 1 else ""
        times = f"{clock_from_ms(notes[0].start_ms)} - {clock_from_ms(notes[0].end_ms)}"
        yield f"{times}: {warning}{more}"
