"""Models that stay in memory, for everybody."""

import contextlib
from collections.abc import Callable, Iterator

from qasr_cli.engines.base import Engine
from qasr_cli.errors import EngineError
from qasr_cli.machine.clock import Clock
from qasr_cli.serve.models.engine_thread import EngineThread, State
from qasr_cli.serve.models.scheduler import Kind
from qasr_cli.serve.models.session import EngineLost, Session
from qasr_cli.serve.models.waiting import Waiting


class SharedEngine:
    """An engine that is kept loaded, shared by everybody's clips in turn.

    Args:
        turn_s: most work of the models, predicted, for which a live request may have to wait.
        idle_unload_s: the models leave memory when nothing was heard for so long; None = never.
        on_lost: told, in the models' thread, what ended their work for good.
        loads_when_asked: not before; where they cannot be loaded, only who asked is told.

    Attributes:
        pace: of the models.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        clock: Clock,
        turn_s: float,
        idle_unload_s: float | None = None,
        on_lost: Callable[[EngineError], None] = lambda _: None,
        loads_when_asked: bool = False,
    ) -> None:
        self.engine = engine
        self._waiting = Waiting()
        self._thread = EngineThread(
            engine,
            self._waiting,
            clock=clock,
            turn_s=turn_s,
            idle_unload_s=idle_unload_s,
            on_lost=on_lost,
            loads_when_asked=loads_when_asked,
        )
        self.pace = self._thread.pace

    @property
    def state(self) -> State:
        """What the models are at."""
        return self._thread.state

    @property
    def lost(self) -> EngineError | None:
        """What ended the models' work for good."""
        return self._waiting.lost

    def start(self) -> None:
        """Begin to work, and to load the models unless they are loaded when somebody asks."""
        self._thread.start()

    @contextlib.contextmanager
    def session(self, kind: Kind) -> Iterator[Session]:
        """An engine for one request; what it has waiting goes with it.

        Raises:
            EngineLost: there are no models any more.
        """
        if self.lost is not None:
            raise EngineLost(str(self.lost))
        place = self._waiting.opened(kind)
        try:
            yield Session(self.engine, self._waiting, place)
        finally:
            self._waiting.leave(place)

    def when_ready(self, act: Callable[[], None]) -> None:
        """Call this, in the models' thread, when they are loaded; say so before `start`.

        Also where they could not be, and are looked for again when somebody asks.
        """
        self._thread.when_ready = act

    def load(self) -> None:
        """Begin to load the models, if they are not here."""
        self._thread.wish(is_loaded=True)

    def unload(self) -> None:
        """Give the models' memory back once nobody is served; the next clip loads them again."""
        self._thread.wish(is_loaded=False)

    def drain(self) -> None:
        """Say that nothing else is taken."""
        self._thread.drain()

    def close(self) -> None:
        """Finish the clips that are in the models, answer no other, and unload."""
        self._thread.close()

    def predicted_s(self, sound_s: float) -> float:
        """When that much more sound would be done, from what the models did so far."""
        return self.pace.work_for(self._waiting.waiting_s(Kind.BULK) + sound_s)

    def shared_s(self, sound_s: float) -> float:
        """How long one request takes for so much sound while all that are here share the models."""
        return self.pace.work_for(sound_s * max(1, self._waiting.place_count))
