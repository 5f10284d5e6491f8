"""A stream of sound into clips cut at pauses. Holds one window in memory, whatever the length."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from qasr_cli.core.timing import ms_from_seconds, samples_from_ms
from qasr_cli.core.types import Span
from qasr_cli.media.cutting import PAD_SAMPLES, Cutter, SpeechRegions
from qasr_cli.media.pcm import Pcm
from qasr_cli.media.quiet import quietest_index
from qasr_cli.media.vad import FRAME_SAMPLES, SpeechDetector

_BATCH_SAMPLES = 512 * FRAME_SAMPLES  # 16 s; silero is no faster with more


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stretch:
    """A stretch of sound that will be one clip.

    Attributes:
        pcm: its samples, a copy of its own.
        speech: regions of speech in it, in order.
    """

    span: Span
    pcm: Pcm
    speech: tuple[Span, ...]


def split(
    blocks: Iterable[Pcm], *, detector: SpeechDetector, max_clip_s: float
) -> Iterator[Stretch]:
    """Stretches of speech in order, not overlapping, of at most `max_clip_s`.

    The rules are those of `cutting.Cutter`. The result does not depend on the size of the blocks.

    Args:
        detector: a fresh one.
        max_clip_s: counted down to whole ms.
    """
    splitter = _Splitter(detector, max_samples=samples_from_ms(ms_from_seconds(max_clip_s)))
    for batch in _batches(blocks):
        splitter.hear(batch)
        yield from splitter.ready()
    yield from splitter.rest()


def _batches(blocks: Iterable[Pcm]) -> Iterator[Pcm]:
    """The same sound in arrays of one size; the last may be shorter."""
    pending: list[Pcm] = []
    count = 0
    for block in blocks:
        pending.append(block)
        count += len(block)
        if count >= _BATCH_SAMPLES:
            joined = np.concatenate(pending)
            whole = count - count % _BATCH_SAMPLES
            yield from np.split(joined[:whole], whole // _BATCH_SAMPLES)
            pending, count = [joined[whole:]], count - whole
    if count:
        yield np.concatenate(pending)


class _Splitter:
    def __init__(self, detector: SpeechDetector, *, max_samples: int) -> None:
        self._detector = detector
        self._cutter = Cutter(max_samples=max_samples, quietest=self._quietest)
        self._regions = SpeechRegions(frame_samples=FRAME_SAMPLES)
        self._window = np.zeros(0, np.float32)
        self._window_start = 0
        self._clips_end = 0

    @property
    def _heard(self) -> int:
        return self._window_start + len(self._window)

    def hear(self, batch: Pcm) -> None:
        frames = np.pad(batch, (0, -len(batch) % FRAME_SAMPLES)).reshape(-1, FRAME_SAMPLES)
        self._regions.push(self._detector.push(frames).tolist())
        self._window = np.concatenate((self._window, batch))

    def ready(self) -> Iterator[Stretch]:
        """Stretches that no later sound can change."""
        regions = self._regions
        while regions.pending and self._heard >= self._cutter.horizon(regions.pending[0]):
            yield self._next()
        self._forget()

    def rest(self) -> Iterator[Stretch]:
        """The stretches that are left at the end."""
        self._regions.end_at(self._heard)
        while self._regions.pending:
            yield self._next()

    def _next(self) -> Stretch:
        plan = self._cutter.next_clip(
            self._regions.pending, floor_sample=self._clips_end, heard_sample=self._heard
        )
        self._regions.pending[:] = plan.rest
        self._clips_end = plan.span.end_sample
        return Stretch(
            span=plan.span,
            pcm=self._sound(plan.span.start_sample, plan.span.end_sample).copy(),
            speech=plan.speech,
        )

    def _forget(self) -> None:
        pending = self._regions.pending
        needed = (pending[0].start_sample if pending else self._heard) - PAD_SAMPLES
        surplus = max(0, needed - self._window_start)
        self._window = self._window[surplus:]
        self._window_start += surplus

    def _sound(self, start_sample: int, end_sample: int) -> Pcm:
        return self._window[start_sample - self._window_start : end_sample - self._window_start]

    def _quietest(self, earliest: int, latest: int) -> int:
        offset = self._window_start
        return offset + quietest_index(self._window, earliest - offset, latest - offset)
