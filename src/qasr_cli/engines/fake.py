"""An engine without models: one word a second, and failures on demand. For tests and drills."""

import itertools
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Self, TypeVar, assert_never
from zlib import crc32

from qasr_cli.core.text import is_kept
from qasr_cli.core.timing import SAMPLE_RATE_HZ, ms_from_samples
from qasr_cli.core.types import (
    Clip,
    ClipDone,
    ClipFailed,
    ClipResult,
    HeardToken,
    Timing,
    Word,
)
from qasr_cli.engines.word_splitters import timing_by_aligner
from qasr_cli.errors import (
    AlignmentError,
    DeviceLost,
    DeviceMemoryError,
    DeviceUnavailable,
    EngineError,
    ModelLoadError,
    ModelMissing,
)
from qasr_cli.options import EngineOptions

_T = TypeVar("_T")

_WORD_MS = 800
# No further clip can work after these.
_FATAL = (DeviceLost, DeviceUnavailable, ModelLoadError, ModelMissing)


class Ailment(StrEnum):
    """What may be wrong with a result, as models get it wrong."""

    CUT_SHORT = "cut short"  # half the text, then the token cap
    LOOP = "loop"  # one word, again and again, cut down to one turn
    BABBLE = "babble"  # far more text than anyone can say in the time
    MUTE = "mute"  # no text at all
    COLLAPSED = "collapsed"  # every word at the start of the clip, without length
    IN_SILENCE = "in silence"  # a word in the middle of the longest pause
    PARROT = "parrot"  # what it was told, if anything, in place of what is said


class FakeEngine:
    """Hears `word<n>` at every whole second n of a file, however the file was split.

    Args:
        failures: clip id, or file id for all clips of a file -> what happens on the first, second
            ... try of a clip; None is success, and so is every try past the end. A
            `ModelMissing`, `ModelLoadError`, `DeviceUnavailable` or `DeviceLost` stops the engine.
        texts: clip id or file id -> what is heard there instead; its words share the clip evenly.
        spoken: file id -> words with their times; a clip has those that begin in it.
        ailments: clip id or file id -> how clips come out ill.
        healthy_s: clips of at most so many seconds are never ill, as it is with models.
        memory_s: a clip of more seconds does not fit into its memory; None = no limit.
        window_count: clips taken before the first answer; the last one taken is answered first.
        align: False = the words get no times.
        confidence: words, and their times, get probabilities that hang on their letters.
    """

    fingerprint = "fake/1"
    max_clip_s: float | None = None
    clips_at_once: int = 1

    def __init__(
        self,
        failures: Mapping[str, Sequence[EngineError | None]] | None = None,
        *,
        texts: Mapping[str, str] | None = None,
        spoken: Mapping[str, Sequence[Word]] | None = None,
        ailments: Mapping[str, Ailment] | None = None,
        healthy_s: float = 0.0,
        memory_s: float | None = None,
        window_count: int = 1,
        align: bool = True,
        confidence: bool = False,
    ) -> None:
        self._failures = failures or {}
        self._texts = texts or {}
        self._spoken = spoken or {}
        self._ailments = ailments or {}
        self._healthy_s = healthy_s
        self._memory_s = memory_s
        self._window_count = window_count
        self._align = align
        self._confidence = confidence
        self._tries: Counter[str] = Counter()
        self._is_stopped = False

    @classmethod
    def from_options(cls, options: EngineOptions) -> Self:
        """An engine that never fails."""
        return cls(align=options.align, confidence=options.confidence)

    @property
    def models(self) -> dict[str, str]:
        """Role -> "fake", so that nobody takes the result for speech."""
        return {"recogniser": "fake"} | ({"aligner": "fake"} if self._align else {})

    def run(self, clips: Iterable[Clip], /) -> Iterator[ClipResult]:
        """Yield one result a clip, window by window, each window backwards."""
        remaining = iter(clips)
        while window := list(itertools.islice(remaining, self._window_count)):
            for clip in reversed(window):
                if self._is_stopped:
                    return
                yield self._answer(clip)

    def stop(self) -> None:
        """Answer no further clip."""
        self._is_stopped = True

    def close(self) -> None:
        """Do nothing: it holds no memory."""

    def _answer(self, clip: Clip) -> ClipResult:
        error = self._next_failure(clip)
        if isinstance(error, _FATAL):
            raise error
        done = self._hear(clip)
        match error:
            case None:
                return done
            case AlignmentError():
                return ClipFailed(
                    clip_id=clip.clip_id,
                    stage="align",
                    error=error,
                    text=done.text,
                    language=done.language,
                )
            case _:
                return ClipFailed(clip_id=clip.clip_id, stage="recognise", error=error)

    def _next_failure(self, clip: Clip) -> EngineError | None:
        if self._memory_s is not None and _seconds(clip) > self._memory_s:
            return DeviceMemoryError("fake", 1)
        script = _for_clip(self._failures, clip) or ()
        tried_count = self._tries[clip.clip_id]
        self._tries[clip.clip_id] += 1
        return script[tried_count] if tried_count < len(script) else None

    def _hear(self, clip: Clip) -> ClipDone:
        scripted = self._said_in(clip)
        if scripted is None:
            told = _for_clip(self._spoken, clip)
            words = _one_a_second(clip) if told is None else _begun_in(clip, told)
            text = " ".join(word.text for word in words) + ("." if words else "")
        else:
            words = _spread_evenly(clip, scripted)
            text = scripted
        language = (clip.language or "English") if text else None
        done = ClipDone(
            clip_id=clip.clip_id,
            language=language,
            text=text,
            words=words if self._align and clip.wants_times else (),
            timing=self._timing(text, words if clip.wants_times else (), language),
            token_ids=tuple(crc32(word.text.encode()) for word in words if clip.is_partial),
        )
        ailment = self._ailment_of(clip)
        done = done if ailment is None else _ill(done, clip, ailment)
        return _with_confidence(done, is_told=clip.text is not None) if self._confidence else done

    def _ailment_of(self, clip: Clip) -> Ailment | None:
        return None if _seconds(clip) <= self._healthy_s else _for_clip(self._ailments, clip)

    def _said_in(self, clip: Clip) -> str | None:
        """The text that is heard in place of a word a second, or None."""
        if clip.text is not None:
            return clip.text
        if clip.context and self._ailment_of(clip) is Ailment.PARROT:
            return clip.context
        return _for_clip(self._texts, clip)

    def _timing(self, text: str, words: Sequence[Word], language: str | None) -> Timing:
        if not text:
            return Timing.NONE
        if not (self._align and words):
            return Timing.PROPORTIONAL
        return timing_by_aligner((language,))


def _for_clip(table: Mapping[str, _T], clip: Clip) -> _T | None:
    file_id = clip.clip_id.rpartition("/")[0]
    return table.get(clip.clip_id, table.get(file_id))


def _seconds(clip: Clip) -> float:
    return clip.span.sample_count / SAMPLE_RATE_HZ


def _bounds_ms(clip: Clip) -> tuple[int, int]:
    return ms_from_samples(clip.span.start_sample), ms_from_samples(clip.span.end_sample)


def _one_a_second(clip: Clip) -> tuple[Word, ...]:
    start_ms, end_ms = _bounds_ms(clip)
    first_ms = -(-start_ms // 1000) * 1000
    return tuple(
        Word(start_ms=at_ms, end_ms=min(at_ms + _WORD_MS, end_ms), text=f"word{at_ms // 1000}")
        for at_ms in range(first_ms, end_ms, 1000)
    )


def _begun_in(clip: Clip, spoken: Sequence[Word]) -> tuple[Word, ...]:
    start_ms, end_ms = _bounds_ms(clip)
    return tuple(
        replace(word, end_ms=min(word.end_ms, end_ms))
        for word in spoken
        if start_ms <= word.start_ms < end_ms
    )


def _spread_evenly(clip: Clip, text: str) -> tuple[Word, ...]:
    spelt = (
        "".join(char for char in chunk if char.isalnum() or char == "'") for chunk in text.split()
    )
    tokens = [token for token in spelt if token]
    start_ms, end_ms = _bounds_ms(clip)
    edges_ms = [
        start_ms + (end_ms - start_ms) * index // max(1, len(tokens))
        for index in range(len(tokens) + 1)
    ]
    return tuple(
        Word(start_ms=word_start_ms, end_ms=word_end_ms, text=token)
        for token, (word_start_ms, word_end_ms) in zip(
            tokens, itertools.pairwise(edges_ms), strict=True
        )
    )


def _with_confidence(done: ClipDone, *, is_told: bool) -> ClipDone:
    tokens = () if is_told else tuple(map(_token, re.finditer(r"\s*\S+", done.text)))
    words = tuple(replace(word, time_probability=_probability(word.text)) for word in done.words)
    return replace(done, words=words, tokens=tokens)


def _token(found: re.Match[str]) -> HeardToken:
    probability = _probability("".join(filter(is_kept, found[0])))
    return HeardToken(char_start=found.start(), char_end=found.end(), probability=probability)


def _probability(letters: str) -> float:
    return (1 + sum(map(ord, letters)) % 100) / 100


# --- ailments ---------------------------------------------------------------------------------


def _ill(done: ClipDone, clip: Clip, ailment: Ailment) -> ClipDone:
    match ailment:
        case Ailment.CUT_SHORT:
            done = replace(_first_words(done, len(done.words) // 2), truncated=True)
        case Ailment.LOOP:
            done = replace(_first_words(done, 1), repetition=True)
        case Ailment.BABBLE:
            text = "and so on and on " * 10 * math.ceil(_seconds(clip))
            done = replace(done, text=text.strip(), words=_spread_evenly(clip, text))
        case Ailment.MUTE:
            done = replace(done, text="", language=None, words=(), timing=Timing.NONE)
        case Ailment.COLLAPSED:
            start_ms, _ = _bounds_ms(clip)
            words = tuple(Word(start_ms=start_ms, end_ms=start_ms, text=w.text) for w in done.words)
            done = replace(done, words=words)
        case Ailment.IN_SILENCE:
            done = replace(done, words=_one_into_silence(done.words, clip))
        case Ailment.PARROT:
            pass  # what it said is its own, but nobody said it
        case _:
            assert_never(ailment)
    return done


def _first_words(done: ClipDone, count: int) -> ClipDone:
    text = " ".join(done.text.split()[:count])
    return replace(done, text=text, words=done.words[:count])


def _one_into_silence(words: tuple[Word, ...], clip: Clip) -> tuple[Word, ...]:
    speech = clip.speech or ()
    pauses = [(left.end_sample, right.start_sample) for left, right in itertools.pairwise(speech)]
    if not words or not pauses:
        return words
    pause_start, pause_end = max(pauses, key=lambda pause: pause[1] - pause[0])
    middle_ms = ms_from_samples((pause_start + pause_end) // 2)
    moved = max((i for i, word in enumerate(words) if word.start_ms <= middle_ms), default=0)
    stray = Word(start_ms=middle_ms, end_ms=middle_ms, text=words[moved].text)
    return (*words[:moved], stray, *words[moved + 1 :])
