"""Engines of tests, behind the protocol, on a clock that moves when they work; who asks them."""

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.core.types import Clip, ClipResult, Span
from qasr_cli.engines.fake import FakeEngine
from qasr_cli.machine.clock import Clock
from qasr_cli.serve.models.scheduler import Kind, seconds_of
from qasr_cli.serve.models.session import Session
from qasr_cli.serve.models.shared_engine import SharedEngine

TURN_S = 2.0
PATIENCE_S = 60.0  # for what must come; no test waits so long unless it fails


@dataclass(slots=True, kw_only=True)
class VirtualTime:
    """A clock that stands still but for what is added."""

    now_s: float = 0.0

    def clock(self) -> Clock:
        """It, as qasr asks it."""
        moment = datetime(2026, 11, 28, tzinfo=UTC)
        return Clock(monotonic_s=lambda: self.now_s, now=lambda: moment, sleep=self.pass_s)

    def pass_s(self, seconds: float) -> None:
        """Let so much time pass."""
        self.now_s += seconds


@dataclass(slots=True, kw_only=True)
class WorkingEngine:
    """Hears a word a second, and takes time for it, on a clock of its own.

    Attributes:
        cost: seconds of work for a second of sound.
        before_turn: called in the models' thread with what is about to be heard.
        turns: clips of each, without the models' warming up.
        closed_count: how often it was unloaded.
    """

    cost: float = 0.01
    clips_at_once: int = 1
    max_clip_s: float | None = None
    before_turn: Callable[[list[Clip]], None] = lambda _: None
    time: VirtualTime = field(default_factory=VirtualTime)
    turns: list[list[Clip]] = field(default_factory=list)
    loaded: threading.Event = field(default_factory=threading.Event)
    closed_count: int = 0
    is_stopped: bool = False
    fingerprint: str = "working/1"

    @property
    def models(self) -> dict[str, str]:
        """None that anybody takes for real."""
        return {"recogniser": "working"}

    @property
    def heard(self) -> list[str]:
        """Ids of all clips in the order of their turns."""
        return [clip.clip_id for turn in self.turns for clip in turn]

    def run(self, clips: Iterable[Clip], /) -> Iterator[ClipResult]:
        """All clips as one turn, the last one first."""
        taken = list(clips)
        is_warm_up = [clip.clip_id for clip in taken] == ["warm-up"]
        if not is_warm_up:
            self.turns.append(taken)
        self.before_turn(taken)
        self.loaded.set()
        if self.is_stopped:
            return
        self.time.pass_s(self.cost * sum(map(seconds_of, taken)))
        yield from FakeEngine().run(reversed(taken))

    def stop(self) -> None:
        """Hear nothing more."""
        self.is_stopped = True

    def close(self) -> None:
        """Unload."""
        self.loaded.clear()
        self.closed_count += 1


def clip_of(name: str, seconds: float = 30.0) -> Clip:
    """A clip without sound."""
    count = round(seconds * SAMPLE_RATE_HZ)
    span = Span(start_sample=0, end_sample=count)
    return Clip(clip_id=name, span=span, language=None, pcm=np.zeros(0, np.float32))


@contextlib.contextmanager
def shared_engine_with(engine: WorkingEngine, **settings: float | None) -> Iterator[SharedEngine]:
    """An engine that everybody shares, loaded; it is closed at last."""
    shared = SharedEngine(engine, clock=engine.time.clock(), turn_s=TURN_S, **settings)  # type: ignore[arg-type]
    shared.start()
    try:
        yield shared
    finally:
        shared.close()


@dataclass(slots=True)
class Asking:
    """Somebody's clips, on their way through the models in a thread of their own.

    Attributes:
        waits: set once so many of its clips wait as may.
    """

    shared: SharedEngine
    kind: Kind
    clips: Iterable[Clip]
    at_most_waiting: int = 1
    waits: threading.Event = field(default_factory=threading.Event)
    results: list[ClipResult] = field(default_factory=list)
    error: BaseException | None = None
    session: Session | None = None
    _thread: threading.Thread | None = None

    def start(self) -> "Asking":
        """Begin."""
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        return self

    def join(self) -> "Asking":
        """Wait for its end."""
        assert self._thread is not None
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()
        return self

    def _run(self) -> None:
        try:
            with self.shared.session(self.kind) as self.session:
                self.results.extend(self.session.run(self._noted()))
        except BaseException as error:  # noqa: BLE001  # looked at by the test
            self.error = error
        finally:
            self.waits.set()

    def _noted(self) -> Iterator[Clip]:
        for number, clip in enumerate(self.clips):
            if number == self.at_most_waiting:
                self.waits.set()
            yield clip
        self.waits.set()


def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    turn = threading.Event()
    for _ in range(int(PATIENCE_S * 100)):
        if is_so():
            return
        turn.wait(0.01)
    raise AssertionError("it did not come to that")
