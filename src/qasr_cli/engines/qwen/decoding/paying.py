"""Whether proposals pay, where that depends on the machine: by what they and steps took lately."""

import contextlib
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from statistics import median

# Up to so many answers they paid wherever they were tried. A step of more takes hardly longer, a
# rough step and a check do, and how much depends on how fast memory is beside the processor: with
# 4 answers and one thread of an EPYC with AVX512-BF16 steps are 1.25 times as fast, with two
# threads proposals are, by as little.
_ALWAYS_ROWS = 2
# Of so many tries the middle one counts: the first is often slow for a reason of its own.
_TRIES = 3
# After so many turns of the faster way the other one is tried again, for what holds may change.
_TRUSTED_TURNS = 500


@dataclass(slots=True, kw_only=True, eq=False)
class _Way:
    """One of the two ways.

    Attributes:
        is_due: it is to be tried, until it is known.
        took_s: seconds a token of every answer, of its last turns.
    """

    is_due: bool
    took_s: deque[float] = field(default_factory=lambda: deque(maxlen=_TRIES))

    @property
    def is_known(self) -> bool:
        return len(self.took_s) == _TRIES


@dataclass(slots=True, kw_only=True, eq=False)
class _Both:
    """Proposals and steps of one number of answers, and how many turns the last way has had."""

    proposals: _Way
    steps: _Way
    last: _Way | None = None
    turn_count: int = 0

    def note(self, way: _Way, token_s: float) -> None:
        way.took_s.append(token_s)
        way.is_due = way.is_due and not way.is_known
        self.turn_count = self.turn_count + 1 if way is self.last else 1
        self.last = way
        if self.turn_count == _TRUSTED_TURNS:
            other = self.steps if way is self.proposals else self.proposals
            other.took_s.clear()
            other.is_due = True


class Paying:
    """Knows which way makes tokens faster. Both make the same ones.

    Args:
        proposals_first: whether proposals are the better guess while nothing is known. A first try
            of them costs more than one of steps, as it needs memory of its own.
        clock: seconds.
    """

    def __init__(
        self,
        proposals_first: Callable[[], bool],
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._proposals_first = proposals_first
        self._clock = clock
        self._by_rows: dict[int, _Both] = {}

    def proposes(self, row_count: int, *, may_try_steps: bool) -> bool:
        """Whether the next tokens of so many answers are to be proposed.

        Args:
            may_try_steps: nothing else is at work that would make proposals seem slow.
        """
        both = self._of(row_count)
        if row_count <= _ALWAYS_ROWS or both.proposals.is_due:
            return True
        if not both.proposals.is_known:
            return False
        if both.steps.is_due:
            return not may_try_steps
        return median(both.proposals.took_s) <= median(both.steps.took_s)

    @contextlib.contextmanager
    def step(self, row_count: int) -> Iterator[None]:
        """Take in how long a step of so many answers takes: the context."""
        began_s = self._clock()
        yield
        both = self._of(row_count)
        both.note(both.steps, self._clock() - began_s)

    @contextlib.contextmanager
    def proposal(self, row_count: int) -> Iterator[list[int]]:
        """Take in how long proposals and their check take: the context.

        Yields:
            Where to put how many tokens count, of each answer; empty = nothing is taken in.
        """
        began_s, kept_counts = self._clock(), list[int]()
        yield kept_counts
        if kept_counts:
            both = self._of(row_count)
            token_count = sum(kept_counts) / row_count
            both.note(both.proposals, (self._clock() - began_s) / token_count)

    def _of(self, row_count: int) -> _Both:
        if row_count not in self._by_rows:
            proposals = _Way(is_due=self._proposals_first())
            self._by_rows[row_count] = _Both(proposals=proposals, steps=_Way(is_due=True))
        return self._by_rows[row_count]
