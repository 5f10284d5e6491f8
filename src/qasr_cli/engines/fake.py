"""An engine without models: one word a second, and failures on demand. For tests and drills."""

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Self, TypeVar

from qasr_cli.core.timing import ms_from_samples
from qasr_cli.core.types import Clip, ClipDone, ClipFailed, ClipResult, Timing, Word
from qasr_cli.errors import (
    AlignmentError,
    DeviceUnavailable,
    EngineError,
    ModelLoadError,
    ModelMissing,
)
from qasr_cli.options import EngineOptions

_T = TypeVar("_T")

_WORD_MS = 800
_FATAL = (DeviceUnavailable, ModelLoadError, ModelMissing)  # no further clip can work after these


class FakeEngine:
    """Hears `word<n>` at every whole second n of a file, however the file was split.

    Args:
        failures: clip id, or file id for all clips of a file -> what happens on the first, second
            ... try of a clip; None is success, and so is every try past the end. A
            `ModelMissing`, `ModelLoadError` or `DeviceUnavailable` stops the engine.
        texts: clip id or file id -> what is heard there instead; its words share the clip evenly.
        window_count: clips taken before the first answer; the last one taken is answered first.
        align: False = the words get no times.
    """

    fingerprint = "fake/1"
    max_clip_s: float | None = None

    def __init__(
        self,
        failures: Mapping[str, Sequence[EngineError | None]] | None = None,
        *,
        texts: Mapping[str, str] | None = None,
        window_count: int = 1,
        align: bool = True,
    ) -> None:
        self._failures = failures or {}
        self._texts = texts or {}
        self._window_count = window_count
        self._align = align
        self._tries: Counter[str] = Counter()

    @classmethod
    def from_options(cls, options: EngineOptions) -> Self:
        """An engine that never fails."""
        return cls(align=options.align)

    @property
    def models(self) -> dict[str, str]:
        """Named so that nobody takes the result for speech."""
        return {"recogniser": "fake"} | ({"aligner": "fake"} if self._align else {})

    def run(self, clips: Iterable[Clip], /) -> Iterator[ClipResult]:
        """Yield one result a clip, window by window, each window backwards."""
        remaining = iter(clips)
        while window := list(itertools.islice(remaining, self._window_count)):
            for clip in reversed(window):
                yield self._answer(clip)

    def close(self) -> None:
        """There is nothing to give back."""

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
        script = _for_clip(self._failures, clip) or ()
        tried_count = self._tries[clip.clip_id]
        self._tries[clip.clip_id] += 1
        return script[tried_count] if tried_count < len(script) else None

    def _hear(self, clip: Clip) -> ClipDone:
        scripted = _for_clip(self._texts, clip) if clip.text is None else clip.text
        if scripted is None:
            words = _one_a_second(clip)
            text = " ".join(word.text for word in words) + ("." if words else "")
        else:
            words = _spread_evenly(clip, scripted)
            text = scripted
        return ClipDone(
            clip_id=clip.clip_id,
            language=(clip.language or "English") if text else None,
            text=text,
            words=words if self._align else (),
            timing=self._timing(text, words),
        )

    def _timing(self, text: str, words: Sequence[Word]) -> Timing:
        if not text:
            return Timing.NONE
        return Timing.ALIGNED if self._align and words else Timing.PROPORTIONAL


def _for_clip(table: Mapping[str, _T], clip: Clip) -> _T | None:
    file_id = clip.clip_id.rpartition("/")[0]
    return table.get(clip.clip_id, table.get(file_id))


def _bounds_ms(clip: Clip) -> tuple[int, int]:
    return ms_from_samples(clip.span.start_sample), ms_from_samples(clip.span.end_sample)


def _one_a_second(clip: Clip) -> tuple[Word, ...]:
    start_ms, end_ms = _bounds_ms(clip)
    first_ms = -(-start_ms // 1000) * 1000
    return tuple(
        Word(start_ms=at_ms, end_ms=min(at_ms + _WORD_MS, end_ms), text=f"word{at_ms // 1000}")
        for at_ms in range(first_ms, end_ms, 1000)
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
