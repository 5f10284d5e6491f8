"""The minutes of a transcript that a person should listen to again, and why. Pure.

All doubts are measured in words that may be wrong or missing, so that they can be compared.
"""

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from qasr_cli.core.outcomes import inaudible_stretches
from qasr_cli.core.transcript.coverage import coverage_of
from qasr_cli.core.types import ClipNote, IntervalMs, TextWord, Timing, Transcript

_MINUTE_MS = 60_000
# Of the demo pair's words below it, every other one is wrong: `python -m tools.measure_confidence`.
UNSURE = 0.7
_WORDS_PER_S = 2.5  # people say some 150 a minute
# How many of a clip's words are in doubt where its text was cut; where it was heard again;
# where only its times are estimated.
_CUT_SHARE, _REPAIRED_SHARE, _TIMES_SHARE = 0.75, 0.05, 0.02
_OF_WHOLE_CLIPS = frozenset({"loop", "cut-short", "repaired", "estimated-times"})
_EXCERPT_CHARS = 48
_WORDS_AROUND = 3  # of a place with fewer


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """One thing to doubt in a stretch of time.

    Attributes:
        kind: one word for programs.
        reason: the same for people.
        word_count: how many words it may concern.
    """

    kind: str
    reason: str
    start_ms: int
    end_ms: int
    word_count: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubtfulMinute:
    """A minute of one recording.

    Attributes:
        minute: its number, from 0.
        start_ms, end_ms: where to listen first: the heaviest place, a whole clip only where there
            is no other.
        excerpt: what is written there, or around it.
        doubts: the heaviest first; never none.
    """

    minute: int
    start_ms: int
    end_ms: int
    excerpt: str
    doubts: tuple[Doubt, ...]

    @property
    def word_count(self) -> float:
        """How many words may be wrong or missing."""
        return sum(doubt.word_count for doubt in self.doubts)


def has_confidence(transcript: Transcript) -> bool:
    """Whether it was heard with confidence, as far as its words tell."""
    return any(word.probability is not None for word in _words_of(transcript))


def doubtful_minutes(
    transcript: Transcript, more: Iterable[Doubt] = ()
) -> tuple[DoubtfulMinute, ...]:
    """The minutes in which there is something to doubt, in order of time.

    Args:
        more: doubts that do not come from the transcript itself.
    """
    words = tuple(_words_of(transcript))
    by_minute: dict[int, list[Doubt]] = defaultdict(list)
    for doubt in (*_unsure_words(transcript, words), *_of_clips(transcript, words), *more):
        for minute, part in _by_minute(doubt):
            by_minute[minute].append(part)
    return tuple(
        _minute(transcript.text, words, minute, by_minute[minute]) for minute in sorted(by_minute)
    )


def _words_of(transcript: Transcript) -> Iterator[TextWord]:
    return (word for segment in transcript.segments for word in segment.words)


def _minute(
    text: str, words: Sequence[TextWord], minute: int, doubts: Sequence[Doubt]
) -> DoubtfulMinute:
    of_kind: dict[str, list[Doubt]] = defaultdict(list)
    for doubt in doubts:
        of_kind[doubt.kind].append(doubt)
    by_kind = {kind: _heaviest(some) for kind, some in of_kind.items()}
    ordered = sorted(by_kind.values(), key=lambda each: -each.word_count)
    place = max(ordered, key=lambda each: (each.kind not in _OF_WHOLE_CLIPS, each.word_count))
    return DoubtfulMinute(
        minute=minute,
        start_ms=place.start_ms,
        end_ms=place.end_ms,
        excerpt=_excerpt(text, words, (place.start_ms, place.end_ms)),
        doubts=tuple(ordered),
    )


def _heaviest(doubts: Sequence[Doubt]) -> Doubt:
    """Of several of one kind the heaviest, with the words of all."""
    heaviest = max(doubts, key=lambda each: each.word_count)
    return replace(heaviest, word_count=math.fsum(each.word_count for each in doubts))


def _by_minute(doubt: Doubt) -> Iterator[tuple[int, Doubt]]:
    """The parts of a doubt in each minute that it touches."""
    first, last = doubt.start_ms // _MINUTE_MS, max(doubt.end_ms - 1, 0) // _MINUTE_MS
    for minute in range(first, max(first, last) + 1):
        start_ms = max(doubt.start_ms, minute * _MINUTE_MS)
        end_ms = min(doubt.end_ms, (minute + 1) * _MINUTE_MS)
        share = (end_ms - start_ms) / ((doubt.end_ms - doubt.start_ms) or 1)
        count = doubt.word_count * share if last > first else doubt.word_count
        yield minute, replace(doubt, start_ms=start_ms, end_ms=end_ms, word_count=count)


def _excerpt(text: str, words: Sequence[TextWord], stretch: IntervalMs) -> str:
    first = bisect_left(words, stretch[0], key=lambda word: max(word.end_ms - 1, word.start_ms))
    end = bisect_left(words, max(stretch[1], stretch[0] + 1), key=lambda word: word.start_ms)
    if first < end:
        if end - first < _WORDS_AROUND:  # a word alone is hard to find
            first, end = max(0, first - _WORDS_AROUND), min(len(words), end + _WORDS_AROUND)
        return _cut(text[words[first].char_start : words[end - 1].char_end].strip())
    before = words[max(0, first - _WORDS_AROUND) : first]
    after = words[first : first + _WORDS_AROUND]
    parts = (_text_of(text, before), "[...]", _text_of(text, after))
    return _cut(" ".join(part for part in parts if part))


def _text_of(text: str, words: Sequence[TextWord]) -> str:
    return text[words[0].char_start : words[-1].char_end].strip() if words else ""


def _cut(text: str) -> str:
    return text if len(text) <= _EXCERPT_CHARS else f"{text[: _EXCERPT_CHARS - 3].rstrip()}..."


# --- low confidence ---------------------------------------------------------------------------


def _unsure_words(transcript: Transcript, words: Sequence[TextWord]) -> Iterator[Doubt]:
    """For each minute the stretch whose words are furthest below what is sure."""
    by_minute: dict[int, list[tuple[TextWord, float]]] = defaultdict(list)
    for word in words:
        if word.probability is not None and word.start_ms < transcript.duration_ms:
            by_minute[word.start_ms // _MINUTE_MS].append((word, word.probability))
    for known in by_minute.values():
        unsure = [1 - probability for _, probability in known if probability < UNSURE]
        if unsure:
            stretch = _least_sure(known)
            mean = math.fsum(probability for _, probability in stretch) / len(stretch)
            minute_end_ms = (stretch[0][0].start_ms // _MINUTE_MS + 1) * _MINUTE_MS
            yield Doubt(
                kind="low-confidence",
                reason=f"confidence {mean:.2f}",
                start_ms=stretch[0][0].start_ms,
                end_ms=min(stretch[-1][0].end_ms, minute_end_ms),
                word_count=math.fsum(unsure),
            )


def _least_sure(known: Sequence[tuple[TextWord, float]]) -> Sequence[tuple[TextWord, float]]:
    """The run of words with the largest sum of what each lacks, where one that is sure has some."""
    best, best_sum = known[:1], -math.inf
    first, running = 0, 0.0
    for index, (_, probability) in enumerate(known):
        if running <= 0:
            first, running = index, 0.0
        running += UNSURE - probability
        if running > best_sum:
            best, best_sum = known[first : index + 1], running
    return best


# --- what is known without ----------------------------------------------------------------------


def _of_clips(transcript: Transcript, words: Sequence[TextWord]) -> Iterator[Doubt]:
    for kind, reason, stretches in (
        ("inaudible", "inaudible", inaudible_stretches(transcript)),
        ("no-words", "speech without words", coverage_of(transcript).gaps),
    ):
        for start_ms, end_ms in stretches:
            yield Doubt(
                kind=kind,
                reason=reason,
                start_ms=start_ms,
                end_ms=end_ms,
                word_count=_WORDS_PER_S * (end_ms - start_ms) / 1000,
            )
    # Where no clip has any of its own, nobody asked for them, or the aligner lacks the language.
    has_times = any(
        clip.timing not in (Timing.PROPORTIONAL, Timing.NONE) for clip in transcript.clips
    )
    starts_ms = [word.start_ms for word in words]
    for clip in transcript.clips:
        count = bisect_left(starts_ms, clip.end_ms) - bisect_left(starts_ms, clip.start_ms)
        for kind, reason, share in _signs(clip, has_times=has_times):
            yield Doubt(
                kind=kind,
                reason=reason,
                start_ms=clip.start_ms,
                end_ms=clip.end_ms,
                word_count=share * max(count, 1),
            )


def _signs(clip: ClipNote, *, has_times: bool) -> Iterator[tuple[str, str, float]]:
    """Kind and reason of what a clip's note says, and how much of its words is in doubt."""
    if clip.repetition:
        yield "loop", "a loop was cut", _CUT_SHARE
    if clip.truncated:
        yield "cut-short", "text cut short", _CUT_SHARE
    if clip.repairs:
        yield "repaired", f"repaired: {clip.repairs[0].partition(':')[0]}", _REPAIRED_SHARE
    if has_times and clip.timing is Timing.PROPORTIONAL and clip.status == "done":
        yield "estimated-times", "estimated times", _TIMES_SHARE
