"""One session at work: its threads listen for speech, and have phrases recognised in their turn."""

import logging
import queue
import threading
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.live.session import LiveSession
from qasr_cli.live.source_pace import SourcePace
from qasr_cli.machine.clock import Clock
from qasr_cli.serve.live.recognising import Hears, Recognising
from qasr_cli.serve.models.shared_engine import SharedEngine

if TYPE_CHECKING:
    from qasr_cli.media.pcm import Pcm

_MOST_WAITING_S = 2.0  # of sound that nobody has listened to yet
# Sound that comes faster than anybody speaks waits for the models; what is spoken never does.
_AHEAD_S = 2.0
_KEEPS_UP_S = 5.0

_log = logging.getLogger(__name__)


class _Act(Enum):
    FLUSH = auto()
    STOP = auto()
    END = auto()  # of the thread


@dataclass(frozen=True, slots=True, eq=False)
class _Lost:
    """What stands for sound that never came."""

    silence: "Pcm"


class Captioner:
    """Has what is said in one session heard. Start it; its methods wait for nothing.

    Args:
        live: nobody else touches it.
    """

    def __init__(
        self, live: LiveSession, hears: Hears, *, shared: SharedEngine, clock: Clock
    ) -> None:
        self._live = live
        self._hears = hears
        self._clock = clock
        self._inbox: queue.SimpleQueue[Pcm | _Lost | _Act] = queue.SimpleQueue()
        self._pace = SourcePace()
        self._listened_s = clock.monotonic_s()
        self._recognising = Recognising(
            live, hears, shared=shared, clock=clock, at_end=self._end_listening
        )
        self._ears = threading.Thread(target=self._listen, name="qasr-live-ears", daemon=True)

    @property
    def lag_s(self) -> float:
        """How far finals are behind the sound."""
        return self._live.lag_s

    @property
    def sound_s(self) -> float:
        """How much sound was taken."""
        return self._pace.taken_s

    @property
    def heard_sample(self) -> int:
        """How many samples were listened to."""
        return self._live.heard_sample

    @property
    def has_room(self) -> bool:
        """Whether more sound should be sent now."""
        waiting_s = self.sound_s - self._live.heard_sample / SAMPLE_RATE_HZ
        ahead_s = self._pace.ahead_s(self._clock.monotonic_s())
        is_ahead = ahead_s > _AHEAD_S and self._live.lag_s > _KEEPS_UP_S
        return self._live.is_stopped or not (waiting_s > _MOST_WAITING_S or is_ahead)

    def start(self) -> None:
        """Begin."""
        self._ears.start()
        self._recognising.start()

    def take(self, samples: "Pcm", *, is_lost: bool = False) -> None:
        """Hear this, too.

        Args:
            is_lost: it is silence in place of sound that never came.
        """
        now_s = self._clock.monotonic_s()
        waited_s = 0.0 if is_lost else now_s - self._listened_s
        self._pace.take(len(samples), now_s=now_s, waited_s=waited_s)
        self._inbox.put(_Lost(samples) if is_lost else samples)

    def flush(self) -> None:
        """End the phrase at hand, once all that was taken before is heard."""
        self._inbox.put(_Act.FLUSH)

    def stop(self) -> None:
        """Take no more sound; what was taken is finished."""
        self._inbox.put(_Act.STOP)

    def give_up_within(self, most_s: float) -> None:
        """Wait so long for its end, then have it finish nothing more; after the event loop."""
        self._recognising.join(most_s)
        self._recognising.give_up()
        self._recognising.join(most_s)

    # --- in the thread that listens ---------------------------------------------------------------

    def _listen(self) -> None:
        try:
            while (item := self._inbox.get()) is not _Act.END:
                self._hear(item)
        except Exception:  # noqa: BLE001  # the other thread is not to wait for ever
            _log.exception("a live session's thread ended")
            self._recognising.give_up()

    def _hear(self, item: "Pcm | _Lost | _Act") -> None:
        with self._recognising.changing():
            if item is _Act.FLUSH:
                events = self._live.flush()
            elif isinstance(item, _Act):
                events = self._live.stop()
            elif isinstance(item, _Lost):
                self._live.excuse_lag(len(item.silence))
                events = self._live.push(item.silence)
            else:
                events = self._live.push(item)
        if events:
            self._hears.on_events(events)
        self._listened_s = self._clock.monotonic_s()
        self._hears.on_room()

    # --- in the other -----------------------------------------------------------------------------

    def _end_listening(self) -> None:
        self._inbox.put(_Act.END)
        self._ears.join()
