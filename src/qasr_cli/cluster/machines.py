"""What a relay wants of the machines that hear a batch, whoever manages them."""

import platform
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from qasr_cli import __version__
from qasr_cli.run.executor.base import Heard


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """A worker is there, or cannot be.

    Attributes:
        place: where it is, as `WorkerActor.place` says.
        trouble: why this run cannot have it; None where it can.
    """

    worker: str
    place: dict[str, Any] = field(default_factory=dict)
    trouble: str | None = None


class Machines(Protocol):
    """Workers elsewhere, each the child of an actor. Close it: none outlives it."""

    @property
    def warning(self) -> str | None:
        """What the user should know of them."""
        ...

    @property
    def capacity(self) -> int:
        """How many workers there is room for at this moment."""
        ...

    @property
    def has_workers(self) -> bool:
        """Whether any worker is there."""
        ...

    def want(self, count: int) -> None:
        """Have so many workers, or as many as there is room for."""
        ...

    def send(self, worker: str, line: bytes) -> None:
        """Give a worker a line; to one that is gone it is lost."""
        ...

    def listen(self, within_s: float) -> Iterable[Heard | Joined]:
        """What happened; waits for so long until something does."""
        ...

    def ask_to_stop(self) -> None:
        """Have all workers end what they are at."""
        ...

    def close(self) -> None:
        """End all workers."""
        ...


def trouble_with(place: dict[str, Any]) -> str | None:
    """Why a machine cannot take part: both ends have to be the same program."""
    here = (__version__, ".".join(platform.python_version_tuple()[:2]))
    there = (place["version"], place["python"])
    if here == there:
        return None
    return (
        f"{place['host']} has qasr {there[0]} on Python {there[1]}, and this machine {here[0]} on "
        f"{here[1]}: install the same on all machines of the cluster"
    )
