"""Whether proposals pay, where that depends on the machine: by what they and steps took lately."""

import contextlib
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

# Up to so many answers they paid wherever they were tried. A step of more takes hardly longer, a
# rough step and a check do, and how much depends on how fast memory is beside the processor: with
# 4 answers and one thread proposals are faster by a twentieth on one EPYC with AVX512-BF16, and
# were slower by a fifth on an older one (with keys and values of rough steps in float32).
_ALWAYS_ROWS = 2
# A way is known after so many turns of a try, the first of which does not count: it often has more
# to do, such as to take over what was read.
_TRIES = 5
# So many of its last turns say what it costs: of one alone as many proposals hold as chance has it.
_COUNTED_TURNS = 32
# After so many turns of the faster way the other one is tried again, for what holds may change.
_TRUSTED_TURNS = 500


@dataclass(slots=True, kw_only=True, eq=False)
class _Way:
    """One of the two ways.

    Attributes:
        turns: the last ones: seconds, and tokens of each answer.
        is_first: the next turn is the first of a try.
    """

    turns: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=_COUNTED_TURNS))
    is_first: bool = True

    @property
    def is_known(self) -> bool:
        return len(self.turns) >= _TRIES

    @property
    def token_s(self) -> float:
        seconds = sum(turn_s for turn_s, _ in self.turns)
        return seconds / sum(token_count for _, token_count in self.turns)

    def note(self, seconds: float, token_count: float) -> None:
        if self.is_first:
            self.is_first = False
            return
        self.turns.append((seconds, token_count))

    def try_again(self) -> None:
        self.turns.clear()
        self.is_first = True


@dataclass(slots=True, kw_only=True, eq=False)
class _Both:
    """Proposals and steps of one number of answers, and how many turns the last way has had."""

    proposals: _Way = field(default_factory=_Way)
    steps: _Way = field(default_factory=_Way)
    last: _Way | None = None
    turn_count: int = 0

    def note(self, way: _Way, seconds: float, token_count: float) -> None:
        way.note(seconds, token_count)
        self.turn_count = self.turn_count + 1 if way is self.last else 1
        self.last = way
        if self.turn_count == _TRUSTED_TURNS:
            (self.steps if way is self.proposals else self.proposals).try_again()


class Paying:
    """Knows which way makes tokens faster. Both make the same ones.

    Args:
        clock: seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._by_rows: dict[int, _Both] = {}

    def proposes(self, row_count: int, *, is_alone: bool) -> bool:
        """Whether the next tokens of so many answers are to be proposed.

        Args:
            is_alone: no other work of this process has a core meanwhile. Else nothing is tried, and
                nothing taken in, for it slows both ways, and not alike.
        """
        if row_count <= _ALWAYS_ROWS:
            return True
        if not is_alone:
            both = self._by_rows.get(row_count)
            return both is None or _proposals_are_faster(both)
        both = self._of(row_count)
        if not (both.proposals.is_known and both.steps.is_known):
            return not both.proposals.is_known  # each is tried, proposals first
        return _proposals_are_faster(both)

    @contextlib.contextmanager
    def step(self, row_count: int, *, is_alone: bool) -> Iterator[None]:
        """Take in how long a step of so many answers takes: the context."""
        began_s = self._clock()
        yield
        if is_alone:
            both = self._of(row_count)
            both.note(both.steps, self._clock() - began_s, 1)

    @contextlib.contextmanager
    def proposal(self, row_count: int, *, is_alone: bool) -> Iterator[list[int]]:
        """Take in how long proposals and their check take: the context.

        Yields:
            Where to put how many tokens count, of each answer.
        """
        began_s, kept_counts = self._clock(), list[int]()
        yield kept_counts
        if is_alone:
            both = self._of(row_count)
            both.note(both.proposals, self._clock() - began_s, sum(kept_counts) / row_count)

    def _of(self, row_count: int) -> _Both:
        return self._by_rows.setdefault(row_count, _Both())


def _proposals_are_faster(both: _Both) -> bool:
    """By what is known; where nothing is, they are the better guess."""
    if both.proposals.is_known and both.steps.is_known:
        return both.proposals.token_s <= both.steps.token_s
    return not both.steps.is_known
