"""The thread of a session that has its phrases recognised, in turn with everybody else's clips."""

import contextlib
import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from qasr_cli.core.outcomes import ClipOutcome
from qasr_cli.core.types import ClipResult, Span
from qasr_cli.engines.base import Engine
from qasr_cli.errors import EngineError
from qasr_cli.live.events import Event
from qasr_cli.live.session import LiveSession
from qasr_cli.live.work import Work, silence
from qasr_cli.machine.clock import Clock
from qasr_cli.run.healing import Healing
from qasr_cli.serve.models.engine_thread import State
from qasr_cli.serve.models.scheduler import Kind
from qasr_cli.serve.models.session import EngineLost, Session
from qasr_cli.serve.models.shared_engine import SharedEngine

_LOADED = frozenset({State.READY, State.BUSY})
_STALE_S = 0.5  # a look at a phrase that waited so long is worth less than the next

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hears:
    """Who is told, in threads of the session.

    Attributes:
        on_ready: the models are here.
        on_events: what is said, in order.
        on_outcomes: phrases for the transcript, before they are said, and where somebody spoke.
        on_room: there may be room for more sound.
        on_end: nothing more comes; what ended it before its time, if anything did.
    """

    on_ready: Callable[[], None]
    on_events: Callable[[Sequence[Event]], None]
    on_outcomes: Callable[[Sequence[ClipOutcome], Sequence[Span]], None]
    on_room: Callable[[], None]
    on_end: Callable[[EngineError | None], None]


class Recognising:
    """Does the work of a session until that is finished. Start it.

    Args:
        at_end: called in its thread when there is nothing more to do.
    """

    def __init__(
        self,
        live: LiveSession,
        hears: Hears,
        *,
        shared: SharedEngine,
        clock: Clock,
        at_end: Callable[[], None],
    ) -> None:
        self._live = live
        self._hears = hears
        self._shared = shared
        self._clock = clock
        self._at_end = at_end
        self._news = threading.Condition()
        self._session: Session | None = None
        self._partial_since_s: float | None = None
        self._is_given_up = False
        self._thread = threading.Thread(target=self._run, name="qasr-live", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def join(self, timeout_s: float) -> None:
        """Wait for its end."""
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def give_up(self) -> None:
        """Finish nothing more; from any thread."""
        with self._news:
            self._is_given_up = True
            if self._session is not None:
                self._session.stop()
            self._news.notify()

    @contextlib.contextmanager
    def changing(self) -> Iterator[None]:
        """Nobody else touches the session meanwhile; then there may be more to do."""
        with self._news:
            yield
            if self._session is not None and self._is_partial_in_the_way:
                self._session.withdraw()
            self._news.notify()

    @property
    def _is_partial_in_the_way(self) -> bool:
        """Whether a partial is out that a final waits for, or that the sound has overtaken."""
        if self._partial_since_s is None:
            return False
        waited_s = self._clock.monotonic_s() - self._partial_since_s
        return self._live.has_due or self._live.is_stopped or waited_s > _STALE_S

    # --- in its thread ----------------------------------------------------------------------------

    def _run(self) -> None:
        error: EngineError | None = None
        try:
            with self._shared.session(Kind.LIVE) as session:
                self._serve(session)
        except EngineError as lost:
            error = lost
        except Exception as bug:  # noqa: BLE001  # its client is told
            _log.exception("a live session's thread ended")
            error = EngineLost(f"internal error: {type(bug).__name__}")
        self._at_end()
        self._hears.on_end(error)

    def _serve(self, session: Session) -> None:
        with self._news:
            self._session = session
            if self._is_given_up:
                return
        if self._shared.state not in _LOADED:  # nobody is told to speak before they are here
            for _ in session.run([silence()]):
                pass
            with self._news:
                self._live.excuse_lag()
        self._hears.on_ready()
        self._recognise(session, Healing(session))

    def _recognise(self, session: Session, healing: Engine) -> None:
        while (work := self._next_work()) is not None:
            is_partial = work.kind == "partial"
            session.become(Kind.PARTIAL if is_partial else Kind.LIVE)
            engine = session if is_partial else healing
            # A partial that is withdrawn has no result; a final has none where all is given up.
            result = _one_of(engine.run([work.clip]))
            if result is None and not is_partial:
                return
            self._take(work, result)

    def _next_work(self) -> Work | None:
        """The next piece of work, once there is one; None at the end."""
        with self._news:
            while not self._is_given_up and not self._live.is_finished:
                now_s = self._clock.monotonic_s()
                work = self._live.next_work(now_s)
                if work is not None:
                    self._partial_since_s = now_s if work.kind == "partial" else None
                    return work
                wake_at_s = self._live.wake_at_s
                self._news.wait(None if wake_at_s is None else max(0.0, wake_at_s - now_s))
            return None

    def _take(self, work: Work, result: ClipResult | None) -> None:
        with self._news:
            self._partial_since_s = None
            events = self._live.done(work, result, self._clock.monotonic_s())
            outcomes, speech = self._live.take_outcomes(), self._live.take_speech()
        if outcomes or speech:
            self._hears.on_outcomes(outcomes, speech)
        if events:
            self._hears.on_events(events)
        self._hears.on_room()


def _one_of(results: Iterable[ClipResult]) -> ClipResult | None:
    """The result of one clip; all are taken, so that the engine comes to its end."""
    found = list(results)
    return found[0] if found else None
