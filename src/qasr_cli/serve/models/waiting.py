"""Who waits for the models, safe to ask from every thread."""

import queue
import threading
from dataclasses import dataclass, field

from qasr_cli.core.types import Clip, ClipResult
from qasr_cli.errors import EngineError
from qasr_cli.serve.models.scheduler import Kind, Scheduler, Ticket

# Clips of one request that may wait for the models at once: enough to fill the next turn while
# this one is at work.
TURNS_AHEAD = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """A clip that is wanted no more; the models never had it."""

    clip_id: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Place:
    """One request's place among those who wait.

    Attributes:
        results: its clips', as they come; None, or an error, = no further one comes.
    """

    ticket: Ticket
    results: "queue.SimpleQueue[ClipResult | Withdrawn | EngineError | None]" = field(
        default_factory=queue.SimpleQueue
    )

    def end(self) -> None:
        """Say that no further result comes."""
        self.results.put(None)


class Waiting:
    """Places and clips that wait.

    Attributes:
        news: held while anything here changes; notified when something came.
        lost: what ended the models' work for good.
    """

    def __init__(self) -> None:
        self.news = threading.Condition()
        self.lost: EngineError | None = None
        self._scheduler = Scheduler()
        self._places: dict[Ticket, Place] = {}
        self._is_closed = False

    @property
    def has_clips(self) -> bool:
        """Whether any clip waits."""
        return bool(self._scheduler)

    @property
    def place_count(self) -> int:
        """Requests that are here."""
        return len(self._places)

    @property
    def has_live(self) -> bool:
        """Whether anybody is heard while they speak."""
        with self.news:
            return any(ticket.kind.is_spoken for ticket in self._places)

    def opened(self, kind: Kind) -> Place:
        """A place for one more request; `leave` it."""
        with self.news:
            place = Place(ticket=self._scheduler.ticket(kind))
            self._places[place.ticket] = place
            if self._is_closed:
                place.end()
            return place

    def leave(self, place: Place) -> None:
        """Give a place up, with what waits there."""
        with self.news:
            del self._places[place.ticket]
            self._scheduler.drop(place.ticket)
            self.news.notify()  # the models may have been wanted out of memory

    def room(self, clips_at_once: int) -> int:
        """Clips that each request may have waiting: all of them together fill a few turns.

        Who speaks has a place all the time, and seldom a clip: they take no share.
        """
        with self.news:
            count = sum(not ticket.kind.is_spoken for ticket in self._places)
        return max(TURNS_AHEAD, TURNS_AHEAD * clips_at_once // max(1, count))

    def add(self, place: Place, clip: Clip) -> EngineError | None:
        """Have a clip wait; or what ended the models' work, where it would wait for ever."""
        with self.news:
            if self.lost is None:
                self._scheduler.add(place.ticket, clip)
                self.news.notify()
            return self.lost

    def drop(self, place: Place) -> None:
        """Forget what waits at a place."""
        with self.news:
            self._scheduler.drop(place.ticket)

    def withdraw(self, place: Place) -> None:
        """Have back what waits at a place; what the models have is answered."""
        with self.news:
            for clip in place.ticket.waiting:
                place.results.put(Withdrawn(clip_id=clip.clip_id))
            self._scheduler.drop(place.ticket)

    def take(self, *, most_count: int, most_s: float) -> list[tuple[Ticket, Clip]]:
        """The clips of the next turn, as `Scheduler.take`."""
        with self.news:
            return self._scheduler.take(most_count=most_count, most_s=most_s)

    def answer(self, ticket: Ticket, result: ClipResult) -> None:
        """Hand a result over; it is dropped where whoever asked is gone."""
        with self.news:
            place = self._places.get(ticket)
        if place is not None:
            place.results.put(result)

    def waiting_s(self, kind: Kind) -> float:
        """Sound that waits in a class and in those before it."""
        with self.news:
            return self._scheduler.waiting_s(kind)

    def turn_away(self, error: EngineError) -> None:
        """Say to all that are here that no further result comes, and why; others may come."""
        with self.news:
            for place in self._places.values():
                self._scheduler.drop(place.ticket)
                place.results.put(error)

    def end(self, *, lost: EngineError | None = None) -> None:
        """Say to all that no further result comes, and why if the models are lost."""
        with self.news:
            self._is_closed = True
            self.lost = lost or self.lost
            for place in self._places.values():
                place.end()
            self.news.notify()
