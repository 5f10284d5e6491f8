"""Which files are handed out next, and how many at once: the longest first, the tail in small."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from qasr_cli.run.plan.jobs import Job

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
        number: its name between driver and workers.
        length_ms: about how long it is.
        is_suspect: a process died over it, so it is heard alone.
        mark_count: crash marks that it had before it was handed out.
    """

    number: int
    job: Job
    length_ms: float
    is_suspect: bool = False
    mark_count: int = 0


@dataclass(slots=True, kw_only=True)
class Packing:
    """The files that wait to be handed out.

    Attributes:
        worker_count: among how many they are shared out.
    """

    worker_count: int
    _ordinary: deque[Handed] = field(default_factory=deque, init=False)
    _alone: deque[Handed] = field(default_factory=deque, init=False)
    _left_ms: float = field(default=0.0, init=False)

    def add(self, files: Iterable[Handed]) -> None:
        """Take files, to be given out the longest first."""
        merged = sorted((*self._ordinary, *files), key=lambda f: f.length_ms, reverse=True)
        self._ordinary = deque(merged)
        self._left_ms = sum(file.length_ms for file in merged)

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
        most_ms = min(_MOST_MS, self._left_ms / (self.worker_count * _PACKETS_AHEAD))
        packet = [self._ordinary.popleft()]
        sum_ms = packet[0].length_ms
        while (
            self._ordinary
            and len(packet) < _MOST_COUNT
            and sum_ms + self._ordinary[0].length_ms <= most_ms
        ):
            packet.append(self._ordinary.popleft())
            sum_ms += packet[-1].length_ms
        self._left_ms -= sum_ms
        return tuple(packet)
