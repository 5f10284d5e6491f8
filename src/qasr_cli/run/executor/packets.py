"""Which files are handed out next, and how many at once: the longest first, the tail in small."""

from array import array
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from qasr_cli.run.plan.jobs import SHARED_BY_JOBS, Job
from qasr_cli.storage.compact_list import CompactList

# So much sound that short files still fill a batch of clips, and little enough to be shared out.
_MOST_MS = 20 * 60_000
_MOST_COUNT = 50  # more of them than that say nothing for long
# Both ends work best when a worker finds its next packet there already: one packet in work and one
# that waits, for each, out of what is left.
_PACKETS_AHEAD = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """A file to be heard.

    Attributes:
        length_ms: about how long it is.
        is_suspect: a process died over it, so it is heard alone.
        mark_count: crash marks that it had before it was handed out.
    """

    job: Job
    length_ms: float
    is_suspect: bool = False
    mark_count: int = 0

    @property
    def number(self) -> int:
        """Its name between driver and workers."""
        return self.job.number


class _LongestFirst:
    """Files in little memory, to be taken out the longest first; of equals, the first that came."""

    def __init__(self) -> None:
        self._files = CompactList[Handed](shared=SHARED_BY_JOBS)
        self._lengths_ms = array("d")
        self._order = array("q")  # places of those that are left in the others, the longest last
        self.left_ms = 0.0

    def __len__(self) -> int:
        return len(self._order)

    @property
    def next_ms(self) -> float:
        """Length of the one that comes next."""
        return self._lengths_ms[self._order[-1]]

    def add(self, files: Iterable[Handed]) -> None:
        places = list(reversed(self._order))
        for file in files:
            places.append(len(self._files))
            self._files.append(file)
            self._lengths_ms.append(file.length_ms)
        places.sort(key=self._lengths_ms.__getitem__, reverse=True)
        self._order = array("q", reversed(places))
        self.left_ms = sum(self._lengths_ms[place] for place in places)

    def pop(self) -> Handed:
        """Take out the longest."""
        place = self._order.pop()
        self.left_ms -= self._lengths_ms[place]
        return self._files[place]


@dataclass(slots=True, kw_only=True)
class Packing:
    """The files that wait to be handed out; there may be a hundred thousand.

    Attributes:
        worker_count: among how many they are shared out.
    """

    worker_count: int
    _ordinary: _LongestFirst = field(default_factory=_LongestFirst, init=False)
    _alone: deque[Handed] = field(default_factory=deque, init=False)

    def add(self, files: Iterable[Handed]) -> None:
        """Take files, to be given out the longest first."""
        self._ordinary.add(files)

    def add_alone(self, files: Iterable[Handed]) -> None:
        """Take files of which each is to be alone in its worker, after all others."""
        self._alone.extend(replace(file, is_suspect=True) for file in files)

    def add_again(self, files: Iterable[Handed]) -> None:
        """Take files back: suspects alone, the others where they were."""
        files = tuple(files)
        self.add(file for file in files if not file.is_suspect)
        self.add_alone(file for file in files if file.is_suspect)

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return not (self._ordinary or self._alone)

    @property
    def count(self) -> int:
        """How many files wait."""
        return len(self._ordinary) + len(self._alone)

    def next_for_free(self) -> tuple[Handed, ...]:
        """A packet for a worker that has nothing to do; empty where nothing waits."""
        if self._ordinary:
            return self.next_ordinary()
        return (self._alone.popleft(),) if self._alone else ()

    def next_ordinary(self) -> tuple[Handed, ...]:
        """A packet of files under no suspicion; empty where none waits."""
        if not self._ordinary:
            return ()
        most_ms = min(_MOST_MS, self._ordinary.left_ms / (self.worker_count * _PACKETS_AHEAD))
        packet = [self._ordinary.pop()]
        sum_ms = packet[0].length_ms
        while (
            self._ordinary
            and len(packet) < _MOST_COUNT
            and sum_ms + self._ordinary.next_ms <= most_ms
        ):
            packet.append(self._ordinary.pop())
            sum_ms += packet[-1].length_ms
        return tuple(packet)
