"""What each worker has in hand, as its driver knows it."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto

from qasr_cli.run.executor.packets import Handed


class Readiness(Enum):
    """How far a worker is."""

    STARTING = auto()
    READY = auto()
    RESTING = auto()  # the run has no more for it
    STOPPED = auto()  # it was asked to end, and has nothing in work


@dataclass(slots=True, kw_only=True)
class Packet:
    """Files that a worker was given together.

    Attributes:
        files: those without an outcome, by number.
        is_alone: its one file is under suspicion.
    """

    number: int
    files: dict[int, Handed]
    is_alone: bool


@dataclass(slots=True, kw_only=True)
class Seat:
    """One worker.

    Attributes:
        packets: the one it is at, and those that wait there.
        options_told: which options it knows.
        started: the files of which it told that it began.
        last: the last file of which it told what became of it, and whether all of it was heard.
        lane: where what it tells stands on the disk.
    """

    worker: str
    readiness: Readiness = Readiness.STARTING
    lane: str = ""
    packets: deque[Packet] = field(default_factory=deque)
    options_told: set[int] = field(default_factory=set)
    started: set[int] = field(default_factory=set)
    last: tuple[Handed, bool] | None = None

    @property
    def is_free(self) -> bool:
        """Whether it has nothing to do."""
        return self.readiness is Readiness.READY and not self.packets

    def takes_ahead(self, most_count: int) -> bool:
        """Whether a packet may wait there for its turn: not behind a file under suspicion."""
        return (
            self.readiness is Readiness.READY
            and 0 < len(self.packets) < most_count
            and not any(packet.is_alone for packet in self.packets)
        )

    def files(self) -> Iterator[Handed]:
        """All that it has in hand."""
        for packet in self.packets:
            yield from packet.files.values()

    def take(self, number: int) -> Handed | None:
        """Take a file out of its hand; None where it has none of this number."""
        for packet in self.packets:
            if number in packet.files:
                return packet.files.pop(number)
        return None

    def file(self, number: int) -> Handed | None:
        """A file that it has in hand."""
        found = (packet.files.get(number) for packet in self.packets)
        return next((file for file in found if file is not None), None)

    def end_packet(self, number: int) -> tuple[Handed, ...]:
        """Forget a packet that is done; its files without an outcome."""
        for packet in tuple(self.packets):
            if packet.number == number:
                self.packets.remove(packet)
                return tuple(packet.files.values())
        return ()
