"""A live session as a state: sound in, work out, results in, events out. See the package."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from qasr_cli.core.outcomes import ClipOutcome
from qasr_cli.core.timing import SAMPLE_RATE_HZ, ms_from_seconds, samples_from_ms
from qasr_cli.core.types import ClipResult, Span
from qasr_cli.live.events import Event, Failed, Ready, SpeechBegan
from qasr_cli.live.finals import Finals
from qasr_cli.live.lag import LagWatch
from qasr_cli.live.listener import LONGEST_S, Listener, Phrase, live_detector
from qasr_cli.live.live_options import LiveOptions
from qasr_cli.live.partials import Partials
from qasr_cli.live.work import Work
from qasr_cli.media.pcm import FULL_SCALE

if TYPE_CHECKING:
    import numpy.typing as npt

    from qasr_cli.media.pcm import Pcm
    from qasr_cli.media.vad import SpeechDetector


class LiveSession:
    """Decides what is recognised when, and what is said of it.

    Args:
        name: of the sound; ids of its clips begin with it. Two that share an engine at one time
            have different ones.
        max_clip_s: the longest clip that the engine takes; None = any.
        detector: a fresh one; None = of the kind that the options name.
    """

    def __init__(
        self,
        options: LiveOptions,
        *,
        name: str = "live",
        max_clip_s: float | None = None,
        detector: "SpeechDetector | None" = None,
    ) -> None:
        self._options = options
        longest_s = min(LONGEST_S, max_clip_s or LONGEST_S)
        self._listener = Listener(
            endpoint_ms=options.endpoint_ms,
            longest_samples=samples_from_ms(ms_from_seconds(longest_s)),
            detector=detector or live_detector(options.vad),
        )
        self._finals = Finals(options, name=name)
        self._partials = Partials(options, self._listener, name=name)
        self._out: Work | None = None
        self._out_since_s = 0.0
        self._is_stopped = False
        self._lag = LagWatch(options.max_lag_s)
        self._excused_sample = 0

    @property
    def heard_sample(self) -> int:
        """How many samples were taken."""
        return self._listener.heard_sample

    @property
    def is_stopped(self) -> bool:
        """True once no more sound is taken."""
        return self._is_stopped

    @property
    def is_finished(self) -> bool:
        """True once everything that was heard has its text, and its times."""
        return self._is_stopped and not self._finals and self._out is None

    @property
    def has_due(self) -> bool:
        """True while a phrase that has ended waits for its text or its times."""
        return bool(self._finals)

    @property
    def lag_s(self) -> float:
        """How long the sound went on since the end of the first phrase without a final."""
        waiting = self._finals.waiting
        if waiting is None:
            return 0.0
        since_sample = max(waiting.known_sample, self._excused_sample)
        return max(0, self.heard_sample - since_sample) / SAMPLE_RATE_HZ

    @property
    def wake_at_s(self) -> float | None:
        """When there may be work although nothing happens; None = only after `push` or `done`."""
        return self._partials.due_s if self._may_show and self._out is None else None

    def ready(self, session: str) -> Ready:
        """The first event, with the name that the driver has for the session."""
        options = self._options
        return Ready(session=session, step_ms=options.step_ms, endpoint_ms=options.endpoint_ms)

    def push(self, samples: "npt.NDArray[np.float32] | npt.NDArray[np.int16]", /) -> list[Event]:
        """Take more sound, 16 kHz, mono; none is taken once it is stopped.

        Args:
            samples: float32 in [-1, 1], or int16.
        """
        if self._is_stopped:
            return []
        return [*self._heard(self._listener.push(_pcm_of(samples))), *self._lag_events()]

    def flush(self) -> list[Event]:
        """End the phrase at hand now."""
        return [] if self._is_stopped else self._heard(self._listener.flush())

    def stop(self) -> list[Event]:
        """End the phrase at hand, and take no more sound."""
        if self._is_stopped:
            return []
        self._is_stopped = True
        return self._heard(self._listener.end())

    def excuse_lag(self, coming_count: int = 0) -> None:
        """Count lag from behind so many samples to come alone: before, nobody could recognise."""
        self._excused_sample = self.heard_sample + coming_count

    def next_work(self, now_s: float) -> Work | None:
        """What to recognise next; None where there is nothing, or the last is still out."""
        if self._out is not None:
            return None
        self._out = self._finals.next_work()
        if self._out is None and self._may_show:
            self._out = self._partials.next_work(now_s)
        self._out_since_s = now_s
        return self._out

    def done(self, work: Work, result: ClipResult | None, now_s: float) -> list[Event]:
        """Take the result of the work that is out; None = it was skipped, as only partials may be.

        Raises:
            ValueError: it is not out, or may not be skipped.
        """
        if work is not self._out:
            raise ValueError(f"not out: {work.kind} of {work.clip.clip_id}")
        if work.kind == "partial":
            self._out = None
            return [*self._partials.take(work, result, since_s=self._out_since_s, now_s=now_s)]
        if result is None:
            raise ValueError(f"cannot be skipped: {work.kind} of {work.clip.clip_id}")
        self._out = None
        return [*self._finals.take(work, result), *self._lag_events()]

    def take_outcomes(self) -> list[ClipOutcome]:
        """Phrases whose text became final, or whose words were timed, since the last call."""
        return self._finals.take_outcomes()

    def take_speech(self) -> list[Span]:
        """Regions of speech in phrases that ended since the last call."""
        return self._finals.take_speech()

    @property
    def _may_show(self) -> bool:
        return self._options.has_partials and not self._is_stopped and not self._finals

    def _heard(self, found: Iterable[SpeechBegan | Phrase]) -> list[Event]:
        events: list[Event] = []
        for each in found:
            if isinstance(each, Phrase):
                self._finals.add(each, self._partials.draft_for(each.phrase_id))
            else:
                events.append(each)
        return events

    def _lag_events(self) -> list[Event]:
        if self._is_stopped:
            return []
        found = self._lag.look(self.lag_s)
        is_over = any(isinstance(event, Failed) for event in found)
        return [*found, *(self.stop() if is_over else [])]


def _pcm_of(samples: "npt.NDArray[np.float32] | npt.NDArray[np.int16]") -> "Pcm":
    if samples.dtype == np.int16:
        return samples.astype(np.float32) / np.float32(FULL_SCALE)
    return np.nan_to_num(samples.astype(np.float32), posinf=1.0, neginf=-1.0)
