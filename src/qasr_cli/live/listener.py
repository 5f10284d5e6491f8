"""Phrases with their sound, from sound that is still coming.

Frames of 32 ms decide, one after the other, so that it does not matter how the sound came.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from qasr_cli.core.timing import ms_from_samples, samples_from_ms
from qasr_cli.core.types import Span
from qasr_cli.live.endpoints import Began, Ended, Endpoints
from qasr_cli.live.events import SpeechBegan
from qasr_cli.live.sound_window import SoundWindow
from qasr_cli.media.pcm import Pcm
from qasr_cli.media.vad import FRAME_SAMPLES, EnergyDetector, SileroDetector, SpeechDetector

LONGEST_S = 20.0
_BATCH_SAMPLES = 16 * FRAME_SAMPLES  # half a second: silero is no faster with more
_SURROUNDING_FRAMES = 94  # three seconds


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Phrase:
    """A stretch of speech that has ended, or has come so far.

    Attributes:
        phrase_id: counted from 1, in the order in which they began.
        pcm: its sound, a copy of its own.
        speech: regions of speech in it.
        known_sample: how far one had to listen to know its end.
    """

    phrase_id: int
    span: Span
    pcm: Pcm
    speech: tuple[Span, ...]
    known_sample: int


class Listener:
    """Hears phrases in sound that comes bit by bit.

    Args:
        endpoint_ms: of quiet that end a phrase.
        longest_samples: of a phrase; whole ms.
        detector: a fresh one.
    """

    def __init__(self, *, endpoint_ms: int, longest_samples: int, detector: SpeechDetector) -> None:
        self._detector = detector
        self._window = SoundWindow()
        self._endpoints = Endpoints(
            endpoint_samples=samples_from_ms(endpoint_ms), longest_samples=longest_samples
        )

    @property
    def heard_sample(self) -> int:
        """End of the sound that came."""
        return self._window.end_sample

    @property
    def phrase_id(self) -> int:
        """That of the phrase at hand, or to come."""
        return self._endpoints.phrase_id

    def push(self, pcm: Pcm) -> Iterator[SpeechBegan | Phrase]:
        """What becomes known with more sound."""
        for first in range(0, len(pcm), _BATCH_SAMPLES):
            self._window.add(pcm[first : first + _BATCH_SAMPLES])
            looked_at_sample = self._endpoints.looked_at_sample
            count = (self.heard_sample - looked_at_sample) // FRAME_SAMPLES
            if count:
                end_sample = looked_at_sample + count * FRAME_SAMPLES
                sound = self._window.copied(looked_at_sample, end_sample)
                yield from self._look(sound.reshape(count, FRAME_SAMPLES))

    def flush(self) -> Iterator[Phrase]:
        """End the phrase at hand, if there is one."""
        for ended in self._endpoints.flush(self.heard_sample):
            yield self._phrase(ended)

    def end(self) -> Iterator[SpeechBegan | Phrase]:
        """Take in the last sound, and end the phrase at hand; nothing is pushed after it."""
        rest = self._window.copied(self._endpoints.looked_at_sample, self.heard_sample)
        if len(rest):
            frame = np.pad(rest, (0, FRAME_SAMPLES - len(rest)))
            yield from self._look(frame.reshape(1, FRAME_SAMPLES))
        yield from self.flush()

    def has_step(self, *, first_ms: int, step_ms: int, after_sample: int) -> bool:
        """Whether the phrase at hand came to a step that is after what was seen of it.

        Args:
            first_ms: of speech at the first step.
        """
        return self._step(first_ms, step_ms, after_sample) is not None

    def so_far(self, *, first_ms: int, step_ms: int, after_sample: int) -> Phrase | None:
        """The phrase at hand up to that step, with a copy of its sound; None without one."""
        found = self._step(first_ms, step_ms, after_sample)
        if found is None:
            return None
        span, speech = found
        return Phrase(
            phrase_id=self.phrase_id,
            span=span,
            pcm=self._window.copied(span.start_sample, span.end_sample),
            speech=speech,
            known_sample=span.end_sample,
        )

    def _step(
        self, first_ms: int, step_ms: int, after_sample: int
    ) -> tuple[Span, tuple[Span, ...]] | None:
        return self._endpoints.so_far(
            first_samples=samples_from_ms(first_ms),
            step_samples=samples_from_ms(step_ms),
            after_sample=after_sample,
        )

    def _look(self, frames: Pcm) -> Iterator[SpeechBegan | Phrase]:
        for probability in self._detector.push(frames).tolist():
            for found in self._endpoints.push(probability):
                if isinstance(found, Began):
                    yield SpeechBegan(start_ms=ms_from_samples(found.start_sample))
                else:
                    yield self._phrase(found)
            self._window.forget_before(self._endpoints.needed_sample)

    def _phrase(self, ended: Ended) -> Phrase:
        # A last frame is made up to its length with silence.
        heard_sample = self.heard_sample
        first, end = ended.span.start_sample, min(ended.span.end_sample, heard_sample)
        return Phrase(
            phrase_id=ended.phrase_id,
            span=Span(start_sample=first, end_sample=end),
            pcm=self._window.copied(first, end),
            speech=ended.speech,
            known_sample=min(ended.known_sample, heard_sample),
        )


def live_detector(kind: Literal["silero", "energy"]) -> SpeechDetector:
    """A fresh detector that says the same of a frame, however many come at a time.

    Raises:
        UsageError: silero's model is not installed.
    """
    return SileroDetector() if kind == "silero" else _SurroundedDetector()


class _SurroundedDetector:
    """Loud or not, beside the seconds before."""

    def __init__(self) -> None:
        self._detector = EnergyDetector()
        self._before = np.zeros((0, FRAME_SAMPLES), np.float32)

    def push(self, frames: Pcm, /) -> npt.NDArray[np.float32]:
        """1.0 or 0.0 for each of the next frames."""
        found = np.zeros(len(frames), np.float32)
        for index in range(len(frames)):
            window = np.concatenate((self._before, frames[index : index + 1]))
            self._before = window[-_SURROUNDING_FRAMES:]
            found[index] = self._detector.push(window)[-1]
        return found
