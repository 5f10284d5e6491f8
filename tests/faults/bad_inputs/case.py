"""One bad input: what it is, and what must become of it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.faults.bad_inputs.workshop import Workshop

DONE, ABSENT = "done", "absent"
Make = Callable[[Workshop], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One thing to hand in.

    Attributes:
        name: below the corpus folder.
        make: its content; None where `place` makes it.
        place: puts what is no plain file where `name` says.
        outcome: DONE, ABSENT, or the name of the error.
        says: stands in the error's message, or in a warning.
        is_quiet: nothing may be warned of.
    """

    name: str
    outcome: str
    make: Make | None = None
    place: Callable[[Path], None] | None = None
    says: str = ""
    is_quiet: bool = False
