"""What became of each input of a plan, in little memory: there may be a hundred thousand."""

import operator
from array import array
from collections.abc import Sequence
from dataclasses import replace
from typing import overload

from qasr_cli.core.outcomes import FileOutcome, FilePending
from qasr_cli.run.plan.jobs import Job
from qasr_cli.run.plan.plan import Plan
from qasr_cli.storage.compact_list import CompactList

_UNKNOWN = -1


class Outcomes(Sequence[FileOutcome]):
    """What became of each job in its order, then of the unseen; pending where it is not known yet.

    Each is made anew when it is asked for.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._known = CompactList[tuple[FileOutcome, str]]()
        self._place_of = array("q", [_UNKNOWN]) * len(plan.jobs)  # in `_known`, by job

    def has(self, job: Job) -> bool:
        """Whether the outcome of a job is known."""
        return self._is_known(self._place_of[job.number])

    def add(self, job: Job, outcome: FileOutcome) -> None:
        """Take note of the outcome of a job."""
        # In this order: a signal handler that ends the run may come while values are packed.
        self._place_of[job.number] = len(self._known)
        self._known.append((outcome, job.name))

    def named(self, number: int) -> FileOutcome:
        """The outcome of a job, with the name that reports of its store have for it."""
        return named(*self._of(number))

    def __len__(self) -> int:
        return len(self._place_of) + len(self._plan.unseen)

    @overload
    def __getitem__(self, place: int) -> FileOutcome: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[FileOutcome]: ...

    def __getitem__(self, place: int | slice) -> FileOutcome | Sequence[FileOutcome]:
        """One of them, or some.

        Raises:
            IndexError: there is none.
        """
        places = range(len(self))[place]
        return self._at(places) if isinstance(places, int) else tuple(map(self._at, places))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(map(operator.eq, self, other))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(tuple(self))

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        """As a tuple: the plan, which knows what is pending, stays in this process."""
        return tuple, (tuple(self),)

    def _at(self, number: int) -> FileOutcome:
        if number >= len(self._place_of):
            return self._plan.unseen[number - len(self._place_of)].outcome
        return self._of(number)[0]

    def _of(self, number: int) -> tuple[FileOutcome, str]:
        place = self._place_of[number]
        if self._is_known(place):
            return self._known[place]
        job = self._plan.jobs[number]
        return FilePending(media=job.media), job.name

    def _is_known(self, place: int) -> bool:
        return place != _UNKNOWN and place < len(self._known)


def named(outcome: FileOutcome, name: str) -> FileOutcome:
    """The outcome of an input that is called so in the report of its store."""
    if outcome.media.relative_path == name:
        return outcome
    return replace(outcome, media=replace(outcome.media, relative_path=name))
