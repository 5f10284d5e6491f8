"""Where phrases begin and end, from how likely each frame is speech. Pure; sees no samples.

A phrase ends after some quiet. Speech without a pause is cut: from 12 s on in the longest pause of
its later half, or in the next one; at 20 s where speech is least likely in the last 3 s.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from qasr_cli.core.timing import SAMPLES_PER_MS, samples_from_ms
from qasr_cli.core.types import Span
from qasr_cli.media.cutting import SpeechRegions
from qasr_cli.media.vad import FRAME_SAMPLES

_LONG_SHARE = 0.6  # of the longest phrase; from here on any short pause ends it
_PAD_BEFORE_SAMPLES = samples_from_ms(300)
_PAD_AFTER_SAMPLES = samples_from_ms(200)
_PAUSE_SAMPLES = samples_from_ms(200)
_LOOKED_BACK_SAMPLES = samples_from_ms(3000)
_LEAST_FRAMES = 3  # of speech in a phrase; less is a click


@dataclass(frozen=True, slots=True, kw_only=True)
class Began:
    """Somebody began to speak; the phrase has some quiet before that."""

    start_sample: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A phrase ended.

    Attributes:
        speech: regions of speech in it.
        known_sample: how far one had to listen to know that.
    """

    phrase_id: int
    span: Span
    speech: tuple[Span, ...]
    known_sample: int


class Endpoints:
    """Finds the phrases in a stream of frames.

    Attributes:
        phrase_id: of the phrase at hand, or to come; counted from 1.
        looked_at_sample: end of the last frame.

    Args:
        endpoint_samples: of quiet that end a phrase.
        longest_samples: of a phrase; whole ms.
    """

    def __init__(self, *, endpoint_samples: int, longest_samples: int) -> None:
        self._endpoint_samples = endpoint_samples
        self._longest_samples = longest_samples
        self._long_samples = int(longest_samples * _LONG_SHARE)
        looked_back_samples = min(_LOOKED_BACK_SAMPLES, longest_samples // 2)
        self._last: deque[float] = deque(maxlen=max(1, looked_back_samples // FRAME_SAMPLES))
        self._regions = SpeechRegions(frame_samples=FRAME_SAMPLES)
        self._floor_sample = 0  # end of the phrase before
        self._is_announced = False
        self._speech_frames = 0
        self.phrase_id = 1
        self.looked_at_sample = 0

    def push(self, probability: float) -> Iterator[Began | Ended]:
        """What becomes known with one more frame."""
        speech_end = self._speech_end()
        self._regions.push([probability])
        self._last.append(probability)
        self.looked_at_sample += FRAME_SAMPLES
        self._speech_frames += self._speech_end() > speech_end
        yield from self._announced()
        yield from self._ended()

    def flush(self, heard_sample: int) -> Iterator[Ended]:
        """End the phrase at hand, if there is one.

        Args:
            heard_sample: end of the sound, which may lie inside the last frame.
        """
        self._regions.end_at(heard_sample)
        if self._is_announced and self._regions.pending:
            yield self._closed()

    @property
    def needed_sample(self) -> int:
        """No sound before this will be asked for."""
        if self._regions.pending:
            return self._start_sample()
        return max(0, self.looked_at_sample - _PAD_BEFORE_SAMPLES)

    def so_far(
        self, *, first_samples: int, step_samples: int, after_sample: int
    ) -> tuple[Span, tuple[Span, ...]] | None:
        """The phrase at hand up to the last of its steps, and the speech in it.

        Args:
            first_samples: of speech at the first step.
            after_sample: end of what was seen of it already; None is given where that is all.
        """
        if not (self._is_announced and self._regions.pending):
            return None
        first_sample = self._regions.pending[0].start_sample + first_samples
        count = (self.looked_at_sample - first_sample) // step_samples
        end_sample = first_sample + count * step_samples
        if count < 0 or end_sample <= after_sample:
            return None
        span = Span(start_sample=self._start_sample(), end_sample=end_sample)
        return span, _inside(self._regions.pending, span)

    def _announced(self) -> Iterator[Began]:
        if not self._is_announced and self._speech_frames >= _LEAST_FRAMES:
            self._is_announced = True
            yield Began(start_sample=self._start_sample())

    def _ended(self) -> Iterator[Began | Ended]:
        pending = self._regions.pending
        if not pending:
            return
        quiet_samples = self.looked_at_sample - self._speech_end()
        length_samples = self.looked_at_sample - self._start_sample()
        is_long = length_samples >= self._long_samples
        if quiet_samples >= (_PAUSE_SAMPLES if is_long else self._endpoint_samples):
            if self._is_announced:
                yield self._closed()
            else:
                self._go_on(self._floor_sample, [])
            return
        if is_long and (index := self._best_pause()) is not None:
            yield self._cut_in_pause(pending[:index], pending[index:])
        elif length_samples + FRAME_SAMPLES > self._longest_samples:
            yield self._cut_through()
        yield from self._announced()

    def _closed(self) -> Ended:
        latest = min(self.looked_at_sample, self._start_sample() + self._longest_samples)
        end_sample = min(self._speech_end() + _PAD_AFTER_SAMPLES, latest)
        return self._end_at(end_sample, [])

    def _cut_in_pause(self, before: Sequence[Span], after: Sequence[Span]) -> Ended:
        pause_samples = after[0].start_sample - before[-1].end_sample
        pad_samples = min(_PAD_AFTER_SAMPLES, pause_samples // 2)
        return self._end_at(before[-1].end_sample + pad_samples, after)

    def _cut_through(self) -> Ended:
        least = min(range(len(self._last)), key=lambda index: (self._last[index], -index))
        frame_start = self.looked_at_sample - (len(self._last) - least) * FRAME_SAMPLES
        cut_sample = frame_start + FRAME_SAMPLES // 2
        cut_sample -= cut_sample % SAMPLES_PER_MS
        rest = Span(start_sample=cut_sample, end_sample=self.looked_at_sample)
        return self._end_at(cut_sample, _inside(self._regions.pending, rest))

    def _end_at(self, end_sample: int, rest: Sequence[Span]) -> Ended:
        """End the phrase here, and go on with the rest of its speech."""
        span = Span(start_sample=self._start_sample(), end_sample=end_sample)
        ended = Ended(
            phrase_id=self.phrase_id,
            span=span,
            speech=_inside(self._regions.pending, span),
            known_sample=self.looked_at_sample,
        )
        self.phrase_id += 1
        self._go_on(end_sample, rest)
        return ended

    def _go_on(self, floor_sample: int, rest: Sequence[Span]) -> None:
        self._regions.pending[:] = rest
        self._floor_sample = floor_sample
        self._is_announced = False
        self._speech_frames = sum(region.sample_count for region in rest) // FRAME_SAMPLES

    def _best_pause(self) -> int | None:
        """Index of the region after the longest pause of the later half, if one is long enough."""
        pending = self._regions.pending
        earliest = self._start_sample() + self._long_samples // 2
        pauses = [
            (pending[index].start_sample - pending[index - 1].end_sample, index)
            for index in range(1, len(pending))
            if pending[index - 1].end_sample >= earliest
        ]
        pause_samples, index = max(pauses, default=(0, 0))
        return index if pause_samples >= _PAUSE_SAMPLES else None

    def _start_sample(self) -> int:
        first = self._regions.pending[0].start_sample
        return max(first - _PAD_BEFORE_SAMPLES, self._floor_sample)

    def _speech_end(self) -> int:
        return self._regions.pending[-1].end_sample if self._regions.pending else -1


def _inside(regions: Sequence[Span], span: Span) -> tuple[Span, ...]:
    edges = (
        (max(region.start_sample, span.start_sample), min(region.end_sample, span.end_sample))
        for region in regions
    )
    return tuple(Span(start_sample=first, end_sample=end) for first, end in edges if first < end)
