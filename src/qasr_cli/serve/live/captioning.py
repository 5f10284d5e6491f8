"""One live session of the service: sound in, messages out to all who read. Of the event loop."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qasr_cli.core.outcomes import ClipOutcome
from qasr_cli.core.timing import ms_from_samples
from qasr_cli.core.types import Span
from qasr_cli.errors import EngineError, QasrError
from qasr_cli.live.events import Event, Failed
from qasr_cli.live.session import LiveSession
from qasr_cli.machine.clock import Clock
from qasr_cli.serve.live.captioner import Captioner
from qasr_cli.serve.live.incoming import Incoming
from qasr_cli.serve.live.keeping import KeptTalk
from qasr_cli.serve.live.readers import Message, Reader, Readers
from qasr_cli.serve.live.recognising import Hears
from qasr_cli.serve.models.shared_engine import SharedEngine

if TYPE_CHECKING:
    from qasr_cli.media.pcm import Pcm

BACK_WITHIN_S = 60.0
IDLE_S = 600.0  # without sound, as in a pause
LONGEST_GAP_S = BACK_WITHIN_S + IDLE_S

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a session ended.

    Attributes:
        reason: code and message of what ended it before it was stopped; None = nothing did.
    """

    duration_ms: int
    reason: tuple[str, str] | None


class _Patience:
    """Does something when nothing has come for a while."""

    def __init__(self, loop: asyncio.AbstractEventLoop, act: Callable[[], None]) -> None:
        self._loop = loop
        self._act = act
        self._timer: asyncio.TimerHandle | None = None
        self._is_ended = False

    def wait(self, most_s: float) -> None:
        """Wait for so long, from now on."""
        if self._timer is not None:
            self._timer.cancel()
        if not self._is_ended:
            self._timer = self._loop.call_later(most_s, self._act)

    def end(self) -> None:
        """Wait no more."""
        self._is_ended = True
        if self._timer is not None:
            self._timer.cancel()


class Captioning:
    """One session.

    Args:
        live: nobody else touches it.
        on_end: told once all is said.

    Attributes:
        id: nobody guesses it.
        is_ready: the models are here.
    """

    def __init__(
        self,
        live: LiveSession,
        kept: KeptTalk,
        incoming: Incoming,
        *,
        shared: SharedEngine,
        clock: Clock,
        on_end: Callable[["Captioning", Ended], None],
    ) -> None:
        self.id = kept.folder.id
        self.kept = kept
        self.incoming = incoming
        self.readers = Readers()
        self.is_ready = False
        self._live = live
        self._on_end = on_end
        self._loop = asyncio.get_running_loop()
        self._room = asyncio.Event()
        self._reason: tuple[str, str] | None = None
        self._is_stopped = False
        self._speaker: Reader | None = None
        self._patience = _Patience(self._loop, self.stop)
        hears = Hears(
            on_ready=lambda: self._tell(self._get_ready),
            on_events=lambda events: self._tell(lambda: self._say(events)),
            on_outcomes=self._keep,
            on_room=lambda: self._tell(self._room.set),
            on_end=lambda error: self._tell(lambda: self._end(error)),
        )
        self.captioner = Captioner(live, hears, shared=shared, clock=clock)

    # --- its speaker ------------------------------------------------------------------------------

    def speak(self, reader: Reader) -> None:
        """Somebody speaks here from now on; who did before does no more."""
        if self._speaker is not None:
            self._speaker.end()
        self._speaker = reader
        self._patience.wait(IDLE_S)

    def leave(self, reader: Reader) -> None:
        """Its connection is gone; somebody may come back for a while."""
        if self._speaker is reader:
            self._speaker = None
            self._patience.wait(BACK_WITHIN_S)

    def greet(self, reader: Reader, *, lost_ms: int = 0) -> None:
        """Have somebody read what this session is, once the models are here."""
        if self.is_ready:
            reader.tell(self._ready_message() | ({"lost_ms": lost_ms} if lost_ms else {}))

    def go_on(self, first_sample: int | None) -> int:
        """Have sound go on at a sample, at its own rate; how many before it were lost.

        Raises:
            Refused: nobody can have said so much.
        """
        before = self.incoming.next_sample
        self._hand_on(self.incoming.silence_until(first_sample), is_lost=True)
        return self.incoming.next_sample - before

    async def take(self, frame: bytes) -> None:
        """Hear a frame; waits while there is no room for it.

        Raises:
            Refused: it is none.
        """
        samples = self.incoming.heard(frame)
        if self._is_stopped:
            return
        self._hand_on(samples)
        self._patience.wait(IDLE_S)
        while not self.captioner.has_room:
            self._room.clear()
            await self._room.wait()

    def flush(self) -> None:
        """End the phrase at hand."""
        self.captioner.flush()

    def stop(self) -> None:
        """Take no more sound; the rest is written down."""
        if self._is_stopped:
            return
        self._is_stopped = True
        self._patience.end()
        self._hand_on(self.incoming.end())
        self.captioner.stop()

    def _hand_on(self, samples: "Pcm", *, is_lost: bool = False) -> None:
        try:
            self.kept.add_sound(samples)
        except OSError:
            self._fail("disk_full", "the sound cannot be kept: the disk takes no more")
        self.captioner.take(samples, is_lost=is_lost)

    # --- what comes of it -------------------------------------------------------------------------

    def _keep(self, outcomes: Sequence[ClipOutcome], speech: Sequence[Span]) -> None:
        try:
            self.kept.add(outcomes, speech)
        except (OSError, QasrError):
            _log.warning("live session: the disk takes no more")
            self._tell(lambda: self._fail("disk_full", "the server's disk is full"))

    def _tell(self, act: Callable[[], None]) -> None:
        """Have something done in the event loop; from any thread."""
        with contextlib.suppress(RuntimeError):  # it has ended
            self._loop.call_soon_threadsafe(act)

    def _get_ready(self) -> None:
        self.is_ready = True
        self.readers.tell(self._ready_message())

    def _ready_message(self) -> Message:
        ready = self._live.ready(self.id).as_message()
        return {**ready, "rate": self.incoming.rate_hz, "sample": self.incoming.next_sample}

    def _say(self, events: Sequence[Event]) -> None:
        for event in events:
            self.readers.tell(event.as_message())
            if isinstance(event, Failed) and event.ends_session:
                self._reason = event.code, event.message
                self.stop()

    def _fail(self, code: str, message: str) -> None:
        if self._reason is None:
            self._reason = code, message
            self.readers.tell({"type": "error", "error": {"code": code, "message": message}})
            self.stop()

    def _end(self, error: EngineError | None) -> None:
        if error is not None:
            self._fail("engine_lost", str(error))
        self.stop()
        duration_ms = ms_from_samples(self.captioner.heard_sample)
        self._on_end(self, Ended(duration_ms=duration_ms, reason=self._reason))
