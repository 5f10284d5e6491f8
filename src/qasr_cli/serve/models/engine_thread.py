"""The one thread that works with the models: loads them, takes turns, unloads them."""

import logging
import threading
from collections.abc import Callable
from enum import StrEnum

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.core.types import Clip, Span
from qasr_cli.engines.base import Engine
from qasr_cli.errors import EngineError
from qasr_cli.machine.clock import Clock
from qasr_cli.serve.models.pace import Pace
from qasr_cli.serve.models.scheduler import seconds_of
from qasr_cli.serve.models.session import EngineLost
from qasr_cli.serve.models.waiting import Waiting

_WARM_UP_S = 1.0
LIVE_TURN_S = 0.3  # of work, while somebody is heard who speaks

_log = logging.getLogger(__name__)


class State(StrEnum):
    """What the models are at."""

    LOADING = "loading"
    READY = "ready"
    BUSY = "busy"
    UNLOADED = "unloaded"  # the next clip loads them again
    DRAINING = "draining"  # what is begun is finished, nothing else is taken
    FAILED = "failed"


class EngineThread:
    """Works until it is closed, or the models are lost. Start it.

    Args:
        waiting: whose clips they are.
        turn_s, idle_unload_s, on_lost, loads_when_asked: as `SharedEngine` has them.

    Attributes:
        pace, when_ready: as `SharedEngine` has them; called in this thread.
    """

    def __init__(
        self,
        engine: Engine,
        waiting: Waiting,
        *,
        clock: Clock,
        turn_s: float,
        idle_unload_s: float | None,
        on_lost: Callable[[EngineError], None],
        loads_when_asked: bool = False,
    ) -> None:
        self.pace = Pace()
        self.state = State.UNLOADED if loads_when_asked else State.LOADING
        self.when_ready: Callable[[], None] = lambda: None
        self._engine = engine
        self._waiting = waiting
        self._clock = clock
        self._turn_s = turn_s
        self._idle_unload_s = idle_unload_s
        self._on_lost = on_lost
        self._loads_when_asked = loads_when_asked
        self._wants_load = not loads_when_asked
        self._wants_unload = False
        self._is_closing = False
        self._thread = threading.Thread(target=self._run, name="qasr-models", daemon=True)

    def start(self) -> None:
        """Begin to load the models."""
        self._thread.start()

    def wish(self, *, is_loaded: bool) -> None:
        """Have the models in memory, or out of it once nobody is served."""
        with self._waiting.news:
            is_absent = self.state is State.UNLOADED
            self._wants_load = is_loaded and (self._wants_load or is_absent)
            self._wants_unload = not is_loaded
            self._waiting.news.notify()

    def drain(self) -> None:
        """Say that nothing else is taken."""
        self._set(State.DRAINING)

    def close(self) -> None:
        """Finish the clips that are in the models, answer no other, and unload."""
        self._is_closing = True
        self._waiting.end()
        self._engine.stop()
        if self._thread.is_alive():
            self._thread.join()

    # --- in the thread ----------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while self._wait_for_work():
                self._work()
        except EngineError as error:
            self._give_up(error)
        except BaseException as error:  # noqa: BLE001  # whoever waits must not wait for ever
            _log.exception("the models' thread ended")
            self._give_up(EngineLost(f"internal error: {type(error).__name__}: {error}"))
        finally:
            self._engine.close()

    def _work(self) -> None:
        try:
            if self._may_unload:
                self._unload()
            elif self._wants_load:
                self._warm_up()
            else:
                self._take_turn()
        except EngineError as error:
            if self.state is not State.LOADING or not self._loads_when_asked:
                raise
            self._wants_load = False  # perhaps they are here when others ask
            self._set(State.UNLOADED)
            self._waiting.turn_away(error)
            self.when_ready()

    def _wait_for_work(self) -> bool:
        """Whether there is any; False at the end."""
        waiting = self._waiting
        with waiting.news:
            while not (
                waiting.has_clips or self._wants_load or self._may_unload or self._is_closing
            ):
                rest_s = self._idle_unload_s if self.state is State.READY else None
                has_rested = not waiting.news.wait(rest_s)
                if has_rested and not waiting.place_count:
                    self._wants_unload = True
            return not self._is_closing

    @property
    def _may_unload(self) -> bool:
        return self._wants_unload and not self._waiting.place_count

    def _unload(self) -> None:
        self._engine.close()
        self._wants_unload = False
        self._set(State.UNLOADED)

    def _warm_up(self) -> None:
        """Load the models by having them hear nothing for a moment."""
        self._set(State.LOADING)
        for _ in self._engine.run([_silence()]):
            pass
        self._wants_load = False
        self._set(State.READY)
        self.when_ready()

    def _take_turn(self) -> None:
        most_s = self.pace.sound_for(turn_s(self._turn_s, self._waiting))
        taken = self._waiting.take(most_count=self._engine.clips_at_once, most_s=most_s)
        if not taken:  # dropped meanwhile
            return
        was_loaded = self.state is not State.UNLOADED
        self._set(State.BUSY if was_loaded else State.LOADING)
        began_s = self._clock.monotonic_s()
        tickets = {clip.clip_id: ticket for ticket, clip in taken}
        for result in self._engine.run([clip for _, clip in taken]):
            self._set(State.BUSY)
            self._waiting.answer(tickets.pop(result.clip_id), result)
        if tickets and not self._is_closing:
            raise AssertionError("clips were left without a result")  # they would be waited for
        sound_s = sum(seconds_of(clip) for _, clip in taken)
        if was_loaded:
            self.pace.learn(work_s=self._clock.monotonic_s() - began_s, sound_s=sound_s)
        self.pace.done_s += sound_s
        self._set(State.READY)

    def _give_up(self, error: EngineError) -> None:
        self.state = State.FAILED
        self._waiting.end(lost=error)
        self._on_lost(error)

    def _set(self, state: State) -> None:
        if self.state not in {State.DRAINING, State.FAILED}:
            self.state = state


def turn_s(most_s: float, waiting: Waiting) -> float:
    """How long a turn may be: one that is begun is not interrupted, and captions jump then."""
    return min(most_s, LIVE_TURN_S) if waiting.has_live else most_s


def _silence() -> Clip:
    import numpy as np

    count = int(_WARM_UP_S * SAMPLE_RATE_HZ)
    return Clip(
        clip_id="warm-up",
        span=Span(start_sample=0, end_sample=count),
        language=None,
        pcm=np.zeros(count, dtype=np.float32),
    )
