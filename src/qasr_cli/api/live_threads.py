"""The threads beside a live session: one reads its sound, one recognises. They send messages."""

import queue
from dataclasses import dataclass
from threading import Semaphore, Thread

from qasr_cli.core.types import ClipResult
from qasr_cli.engines.base import Engine
from qasr_cli.live.streams import SoundStream
from qasr_cli.live.work import Work, silence
from qasr_cli.machine.clock import system_clock
from qasr_cli.media.pcm import Pcm

_JOIN_S = 5.0  # what then still waits is left to itself


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """More of it came.

    Attributes:
        waited_s: how long nothing came before it.
    """

    pcm: Pcm
    waited_s: float


@dataclass(frozen=True, slots=True)
class SoundEnded:
    """No more will come, and why, where that is an error."""

    error: BaseException | None


@dataclass(frozen=True, slots=True)
class ModelsLoaded:
    """From now on clips are recognised."""


@dataclass(frozen=True, slots=True, eq=False)
class Recognised:
    """A work is done."""

    work: Work
    result: ClipResult


@dataclass(frozen=True, slots=True)
class EngineBroke:
    """No more work will be done."""

    error: BaseException


@dataclass(frozen=True, slots=True)
class SignalCame:
    """Somebody may have asked to stop."""


Message = Sound | SoundEnded | ModelsLoaded | Recognised | EngineBroke | SignalCame
Inbox = queue.SimpleQueue[Message]


class Reader:
    """Reads a stream, each block only once it was allowed."""

    def __init__(self, stream: SoundStream, inbox: Inbox) -> None:
        self._stream = stream
        self._inbox = inbox
        self._room = Semaphore(0)
        self._thread = Thread(target=self._run, name="qasr-sound", daemon=True)
        self._thread.start()

    def allow(self) -> None:
        """Let it read another block."""
        self._room.release()

    def end(self) -> None:
        """Read no more. Whoever waits for sound that may never come is left to itself."""
        self._stream.end()
        self.allow()
        self._thread.join(_JOIN_S if self._stream.ends_at_once else 0.0)

    def _run(self) -> None:
        error: BaseException | None = None
        clock_s = system_clock().monotonic_s
        try:
            since_s = clock_s()
            for pcm in self._stream.blocks():
                self._inbox.put(Sound(pcm, clock_s() - since_s))
                self._room.acquire()
                since_s = clock_s()
        except BaseException as caught:  # noqa: BLE001  # raised again where sound is taken
            error = caught
        self._inbox.put(SoundEnded(error))


class Recogniser:
    """Lets an engine work, one clip after the other; before the first it loads its models."""

    def __init__(self, engine: Engine, inbox: Inbox) -> None:
        self._engine = engine
        self._inbox = inbox
        self._todo: queue.SimpleQueue[Work | None] = queue.SimpleQueue()
        self._thread = Thread(target=self._run, name="qasr-live", daemon=True)
        self._thread.start()

    def begin(self, work: Work) -> None:
        """Recognise this next."""
        self._todo.put(work)

    def end(self) -> None:
        """Take no more work."""
        self._todo.put(None)
        self._thread.join(_JOIN_S)

    def _run(self) -> None:
        try:
            for _ in self._engine.run([silence()]):
                pass
            self._inbox.put(ModelsLoaded())
            while (work := self._todo.get()) is not None:
                (result,) = self._engine.run([work.clip])
                self._inbox.put(Recognised(work, result))
        except BaseException as error:  # noqa: BLE001  # raised again where results are taken
            self._inbox.put(EngineBroke(error))
