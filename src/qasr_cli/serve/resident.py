"""Models that stay in memory, and the one thread that works with them for everybody.

A request has a `Session`, which is an engine like any other: whoever transcribes a recording with
it does not know that it shares the models.
"""

import contextlib
import logging
import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from enum import StrEnum

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.core.types import Clip, ClipResult, Span
from qasr_cli.engines.base import Engine
from qasr_cli.errors import EngineError
from qasr_cli.machine.clock import Clock
from qasr_cli.serve.turns import Kind, Ticket, Turns, seconds_of

# Clips of one request that may wait for the models at once: enough to fill the next turn while
# this one is at work.
_TURNS_AHEAD = 2
# How much the latest turn counts for what the models take for a second of sound.
_NEWEST_SHARE = 0.3
_WARM_UP_S = 1.0

_log = logging.getLogger(__name__)


class State(StrEnum):
    """What the models are at."""

    LOADING = "loading"
    READY = "ready"
    BUSY = "busy"
    UNLOADED = "unloaded"  # the next clip loads them again
    DRAINING = "draining"  # what is begun is finished, nothing else is taken
    FAILED = "failed"


class EngineLost(EngineError):
    """The models work no more, and this process will not get them back."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return self.reason


class Resident:
    """An engine that is kept loaded, shared by everybody's clips in turn.

    Args:
        turn_s: most work of the models, predicted, for which a live request may have to wait.
        idle_unload_s: the models leave memory when nothing was heard for so long; None = never.
        on_lost: told, in the models' thread, what ended their work for good.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        clock: Clock,
        turn_s: float,
        idle_unload_s: float | None = None,
        on_lost: Callable[[EngineError], None] = lambda _: None,
    ) -> None:
        self.engine = engine
        self._clock = clock
        self._turn_s = turn_s
        self._idle_unload_s = idle_unload_s
        self._on_lost = on_lost
        self._when_ready: Callable[[], None] = lambda: None
        self._turns = Turns()
        self._news = threading.Condition()
        self._sessions: dict[Ticket, Session] = {}
        self._cost: float | None = None  # seconds of work for a second of sound
        self._wants_load = True
        self._wants_unload = False
        self._is_closing = False
        self.lost: EngineError | None = None
        self.state = State.LOADING
        self.done_s = 0.0
        self.work_s = 0.0
        self._thread = threading.Thread(target=self._run, name="qasr-models", daemon=True)

    def start(self) -> None:
        """Begin to load the models."""
        self._thread.start()

    @contextlib.contextmanager
    def session(self, kind: Kind) -> "Iterator[Session]":
        """An engine for one request; what it has waiting goes with it.

        Raises:
            EngineLost: there are no models any more.
        """
        with self._news:
            self._check_alive()
            ticket = self._turns.ticket(kind)
            session = self._sessions[ticket] = Session(self, ticket)
            if self._is_closing:
                session.end()
        try:
            yield session
        finally:
            with self._news:
                del self._sessions[ticket]
                self._turns.drop(ticket)
                self._news.notify()  # the models may have been wanted out of memory

    def when_ready(self, act: Callable[[], None]) -> None:
        """Call this, in the models' thread, when they are loaded; say so before `start`."""
        self._when_ready = act

    def load(self) -> None:
        """Begin to load the models, if they are not here."""
        with self._news:
            self._wants_load = self._wants_load or self.state is State.UNLOADED
            self._wants_unload = False
            self._news.notify()

    def unload(self) -> None:
        """Give the models' memory back once nobody is served; the next clip loads them again."""
        with self._news:
            self._wants_unload = True
            self._news.notify()

    def drain(self) -> None:
        """Say that nothing else is taken."""
        if self.state is not State.FAILED:
            self.state = State.DRAINING

    def close(self) -> None:
        """Finish the clips that are in the models, answer no other, and unload."""
        with self._news:
            self._is_closing = True
            self._news.notify()
            for session in self._sessions.values():
                session.end()
        self.engine.stop()
        if self._thread.is_alive():
            self._thread.join()

    def predicted_s(self, sound_s: float, *, kind: Kind = Kind.BULK) -> float:
        """When that much more sound of a kind would be done, from what the models did so far."""
        with self._news:
            waiting_s = self._turns.waiting_s(kind)
        return (waiting_s + sound_s) * (self._cost or 0.0)

    def shared_s(self, sound_s: float) -> float:
        """How long one request takes for so much sound while all that are here share the models."""
        with self._news:
            return sound_s * max(1, len(self._sessions)) * (self._cost or 0.0)

    # --- for sessions -----------------------------------------------------------------------------

    def room(self) -> int:
        """Clips that each request may have waiting: all of them together fill a few turns."""
        most = _TURNS_AHEAD * self.engine.clips_at_once
        return max(_TURNS_AHEAD, most // max(1, len(self._sessions)))

    def add(self, ticket: Ticket, clip: Clip) -> None:
        """A clip waits for its turn.

        Raises:
            EngineLost: there are no models any more.
        """
        with self._news:
            self._check_alive()
            self._turns.add(ticket, clip)
            self._news.notify()

    def drop(self, ticket: Ticket) -> None:
        """Whoever asked for them is gone."""
        with self._news:
            self._turns.drop(ticket)

    def _check_alive(self) -> None:
        if self.lost is not None:
            raise EngineLost(str(self.lost))

    # --- in the models' thread --------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while self._wait_for_work():
                if self._may_unload:
                    self._unload()
                elif self._wants_load:
                    self._warm_up()
                else:
                    self._take_turn()
        except EngineError as error:
            self._give_up(error)
        except BaseException as error:  # noqa: BLE001  # whoever waits must not wait for ever
            _log.exception("the models' thread ended")
            self._give_up(EngineLost(f"internal error: {type(error).__name__}: {error}"))
        finally:
            self.engine.close()

    def _wait_for_work(self) -> bool:
        """Whether there is any; False at the end."""
        with self._news:
            while not (self._turns or self._wants_load or self._may_unload or self._is_closing):
                is_idle = not self._news.wait(self._rest_s()) and self.state is State.READY
                if is_idle and self._idle_unload_s is not None and not self._sessions:
                    self._wants_unload = True
            return not self._is_closing

    @property
    def _may_unload(self) -> bool:
        return self._wants_unload and not self._sessions

    def _rest_s(self) -> float | None:
        return self._idle_unload_s if self.state is State.READY else None

    def _unload(self) -> None:
        self.engine.close()
        self._wants_unload = False
        self._set(State.UNLOADED)

    def _warm_up(self) -> None:
        """Load the models by having them hear nothing for a moment."""
        self._set(State.LOADING)
        import numpy as np

        count = int(_WARM_UP_S * SAMPLE_RATE_HZ)
        silence = Clip(
            clip_id="warm-up",
            span=Span(start_sample=0, end_sample=count),
            language=None,
            pcm=np.zeros(count, dtype=np.float32),
        )
        for _ in self.engine.run([silence]):
            pass
        self._wants_load = False
        self._set(State.READY)
        self._when_ready()

    def _take_turn(self) -> None:
        most_s = self._turn_s / self._cost if self._cost else 0.0
        with self._news:
            taken = self._turns.take(most_count=self.engine.clips_at_once, most_s=most_s)
        if not taken:  # dropped meanwhile
            return
        was_loaded = self.state is not State.UNLOADED
        self._set(State.BUSY if was_loaded else State.LOADING)
        began_s = self._clock.monotonic_s()
        tickets = {clip.clip_id: ticket for ticket, clip in taken}
        for result in self.engine.run([clip for _, clip in taken]):
            self._set(State.BUSY)
            self._hand_over(tickets.pop(result.clip_id), result)
        if tickets and not self._is_closing:
            raise AssertionError("clips were left without a result")  # they would be waited for
        sound_s = sum(seconds_of(clip) for _, clip in taken)
        if was_loaded:
            self._learn(self._clock.monotonic_s() - began_s, sound_s)
        self.done_s += sound_s
        self._set(State.READY)

    def _learn(self, work_s: float, sound_s: float) -> None:
        self.work_s += work_s
        cost = max(work_s, 1e-6) / sound_s
        if self._cost is None:
            self._cost = cost
        else:
            self._cost += _NEWEST_SHARE * (cost - self._cost)

    def _hand_over(self, ticket: Ticket, result: ClipResult) -> None:
        with self._news:
            session = self._sessions.get(ticket)
        if session is not None:  # else whoever asked is gone
            session.answer(result)

    def _give_up(self, error: EngineError) -> None:
        with self._news:
            self.lost = error
            self.state = State.FAILED
            for session in self._sessions.values():
                session.end()
        self._on_lost(error)

    def _set(self, state: State) -> None:
        if self.state not in {State.DRAINING, State.FAILED}:
            self.state = state


class Session:
    """The engine of one request. Its results come in any order, as every engine's."""

    def __init__(self, resident: Resident, ticket: Ticket) -> None:
        self._ticket = ticket
        self._resident = resident
        self._results: queue.SimpleQueue[ClipResult | None] = queue.SimpleQueue()
        self._is_stopped = False

    @property
    def fingerprint(self) -> str:
        """The shared engine's."""
        return self._resident.engine.fingerprint

    @property
    def models(self) -> dict[str, str]:
        """The shared engine's."""
        return self._resident.engine.models

    @property
    def max_clip_s(self) -> float | None:
        """The shared engine's."""
        return self._resident.engine.max_clip_s

    @property
    def clips_at_once(self) -> int:
        """What others leave of the shared engine's."""
        return max(1, self._resident.room() // _TURNS_AHEAD)

    def run(self, clips: Iterable[Clip], /) -> Iterator[ClipResult]:
        """One result for each clip.

        Raises:
            EngineLost: the models work no more.
        """
        waiting: dict[str, str] = {}  # clip ids of other requests may be the same
        for clip in clips:
            shared_id = f"{self._ticket.number}:{clip.clip_id}"
            waiting[shared_id] = clip.clip_id
            self._resident.add(self._ticket, replace(clip, clip_id=shared_id))
            yield from self._taken(waiting, leaving=self._resident.room() - 1)
            if self._is_stopped:
                return
        yield from self._taken(waiting, leaving=0)

    def become(self, kind: Kind) -> None:
        """Change its class, before it has clips."""
        self._ticket.kind = kind

    def stop(self) -> None:
        """Answer no further clip; what waits is forgotten."""
        self._resident.drop(self._ticket)
        self.end()

    def close(self) -> None:
        """The models stay."""

    def answer(self, result: ClipResult) -> None:
        """Take a result; in the models' thread."""
        self._results.put(result)

    def end(self) -> None:
        """No further result comes."""
        self._is_stopped = True
        self._results.put(None)

    def _taken(self, waiting: dict[str, str], *, leaving: int) -> Iterator[ClipResult]:
        """Results that are there, and more until no more than so many clips wait."""
        while waiting:
            try:
                result = self._results.get(block=len(waiting) > leaving)
            except queue.Empty:
                return
            if result is None:
                if self._resident.lost is not None:
                    raise EngineLost(str(self._resident.lost))
                return
            yield replace(result, clip_id=waiting.pop(result.clip_id))
