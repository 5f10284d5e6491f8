"""A live session in real time on a clock that is only counted: sound comes, computing takes time.

What time the computing takes is said by whoever asks, so that a test has the same every time.
"""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from qasr_cli.core.outcomes import ClipOutcome
from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.core.types import ClipResult
from qasr_cli.engines.base import Engine
from qasr_cli.live.events import Event
from qasr_cli.live.session import LiveSession
from qasr_cli.live.work import Work

# From a work and the seconds of a processor that it took here, to the seconds that it takes.
Cost = Callable[[Work, float], float]
Sound = npt.NDArray[np.float32]


def free(_: Work, __: float) -> float:
    """Computing that takes no time."""
    return 0.0


@dataclass(slots=True, kw_only=True)
class Played:
    """What became of a session.

    Attributes:
        events: each with the second at which it was said.
        works: each with the second at which it was begun.
        outcomes: of the phrases, by their first sample: the last of each.
    """

    events: list[tuple[float, Event]] = field(default_factory=list)
    works: list[tuple[float, Work]] = field(default_factory=list)
    outcomes: dict[int, ClipOutcome] = field(default_factory=dict)

    def of(self, kind: type[Event]) -> list[Event]:
        """The events of a kind."""
        return [event for _, event in self.events if isinstance(event, kind)]


@dataclass(slots=True, kw_only=True)
class Player:
    """Plays sound to a session, and lets one engine work for it.

    Args:
        frame_samples: of sound that come at a time.
        keeps: False = works and outcomes are not kept, for long sessions.
    """

    session: LiveSession
    engine: Engine
    cost: Cost = free
    frame_samples: int = 320
    keeps: bool = True
    now_s: float = 0.0
    played: Played = field(default_factory=Played)
    _out: tuple[float, Work, ClipResult] | None = None

    def play(self, sound: Iterator[Sound] | Sound) -> Played:
        """Play all of it, stop, and wait for the end."""
        blocks = iter([sound]) if isinstance(sound, np.ndarray) else sound
        for block in blocks:
            for first in range(0, len(block), self.frame_samples):
                frame = block[first : first + self.frame_samples]
                came_s = (self.session.heard_sample + len(frame)) / SAMPLE_RATE_HZ
                self._work_until(came_s)
                self._say(self.session.push(frame))
                self._begin()
        self._say(self.session.stop())
        self._begin()
        self._work_until(math.inf)
        return self.played

    def _work_until(self, moment_s: float) -> None:
        """Let everything happen that happens before a moment; then it is that moment."""
        while True:
            if self._out is not None:
                due_s = self._out[0]
            else:
                wake_s = self.session.wake_at_s
                due_s = math.inf if wake_s is None else max(wake_s, self.now_s)
            if due_s > moment_s or due_s == math.inf:
                break
            self.now_s = due_s
            if self._out is not None:
                _, work, result = self._out
                self._out = None
                self._say(self.session.done(work, result, self.now_s))
            self._begin()
        if moment_s != math.inf:
            self.now_s = moment_s

    def _begin(self) -> None:
        if self._out is not None:
            return
        work = self.session.next_work(self.now_s)
        if work is None:
            return
        if self.keeps:
            self.played.works.append((self.now_s, work))
        began_s = time.process_time()
        (result,) = self.engine.run([work.clip])
        took_s = self.cost(work, time.process_time() - began_s)
        self._out = (self.now_s + took_s, work, result)

    def _say(self, events: list[Event]) -> None:
        self.played.events += ((self.now_s, event) for event in events)
        for outcome in self.session.take_outcomes():
            if self.keeps:
                self.played.outcomes[outcome.span.start_sample] = outcome
