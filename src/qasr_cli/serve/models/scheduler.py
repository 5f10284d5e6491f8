"""Whose clips go to the models next. Pure: no thread, no clock.

Every request waits in a class of its own; a class is served only when those before it have
nothing waiting. In a class the request goes first that has had the least sound, so that two long
recordings share the models evenly, and a short one is not kept by them.
"""

import itertools
import math
from collections import deque
from dataclasses import dataclass, field
from enum import IntEnum

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.core.types import Clip


class Kind(IntEnum):
    """Classes of requests, the most urgent first."""

    LIVE = 0  # somebody is speaking
    PARTIAL = 1  # the same, of what they have not finished: may be skipped
    SHORT = 2  # somebody waits
    BULK = 3

    @property
    def is_spoken(self) -> bool:
        """Whether it is of what is being said."""
        return self <= Kind.PARTIAL


@dataclass(slots=True, kw_only=True, eq=False)
class Ticket:
    """One request's place among the others.

    Attributes:
        number: of its arrival.
        had_s: sound that went to the models for it, as its class counts: who comes later begins
            where the others are.
    """

    kind: Kind
    number: int
    had_s: float = 0.0
    waiting: deque[Clip] = field(default_factory=deque)


class Scheduler:
    """Clips of all requests that wait for the models."""

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self._waiting: list[Ticket] = []
        self._reached_s = dict.fromkeys(Kind, 0.0)

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def ticket(self, kind: Kind) -> Ticket:
        """A place for one more request."""
        return Ticket(kind=kind, number=next(self._numbers))

    def add(self, ticket: Ticket, clip: Clip) -> None:
        """One more clip of a request, behind its others."""
        if not ticket.waiting:
            # Time without clips is not saved up: it would keep all others out for as long.
            ticket.had_s = max(ticket.had_s, self._reached_s[ticket.kind])
            self._waiting.append(ticket)
        ticket.waiting.append(clip)

    def drop(self, ticket: Ticket) -> None:
        """Forget what a request has waiting."""
        ticket.waiting.clear()
        if ticket in self._waiting:
            self._waiting.remove(ticket)

    def waiting_s(self, kind: Kind = Kind.BULK) -> float:
        """Sound that waits in a class and in those before it."""
        clips = (clip for ticket in self._waiting if ticket.kind <= kind for clip in ticket.waiting)
        return sum(map(seconds_of, clips))

    def take(self, *, most_count: int, most_s: float = math.inf) -> list[tuple[Ticket, Clip]]:
        """The clips that go to the models together now; at least one, if any waits.

        What is live takes nobody else along: it would wait for them.

        Args:
            most_s: of sound.
        """
        taken: list[tuple[Ticket, Clip]] = []
        sound_s = 0.0
        while self._waiting and len(taken) < most_count:
            ticket = min(self._waiting, key=lambda t: (t.kind, t.had_s, t.number))
            clip_s = seconds_of(ticket.waiting[0])
            is_apart = taken and taken[0][0].kind.is_spoken and ticket.kind is not taken[0][0].kind
            if is_apart or (taken and sound_s + clip_s > most_s):
                break
            taken.append((ticket, ticket.waiting.popleft()))
            sound_s += clip_s
            self._reached_s[ticket.kind] = ticket.had_s
            ticket.had_s += clip_s
            if not ticket.waiting:
                self._waiting.remove(ticket)
        return taken


def seconds_of(clip: Clip) -> float:
    """How long a clip is."""
    return clip.span.sample_count / SAMPLE_RATE_HZ
