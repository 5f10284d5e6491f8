"""What carries lines between the driver of a run and its workers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from qasr_cli.options import EngineOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """A worker is there, and reads lines."""

    worker: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A worker said a line."""

    worker: str
    line: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A worker is gone; another one may come in its place, under another name.

    Attributes:
        how: how it ended, for people.
        by_itself: it died while whoever started it lives on; else its machine, or the way to it,
            is gone, which is no file's fault.
    """

    worker: str
    how: str
    by_itself: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """What the user should know of the workers."""

    text: str


Heard = Came | Said | Lost | Noted


class Executor(Protocol):
    """Starts workers, and carries lines to and from them. Close it: no worker outlives it."""

    @property
    def worker_count(self) -> int:
        """How many it has, or will have, at a time."""
        ...

    @property
    def workers(self) -> Sequence[str]:
        """Those that are there."""
        ...

    def engine_options(self, worker: str, wanted: EngineOptions) -> EngineOptions:
        """How a worker's engine is made: on which device, with how many threads."""
        ...

    def want(self, count: int) -> None:
        """Start workers until there are so many, or as many as it has room for."""
        ...

    def send(self, worker: str, line: bytes) -> None:
        """Give a worker a line; to one that is gone it is lost."""
        ...

    def listen(self, within_s: float) -> Sequence[Heard]:
        """What happened meanwhile; waits for so long until something does.

        Raises:
            QasrError: no worker will ever be heard again.
        """
        ...

    def ask_to_stop(self) -> None:
        """Have every worker end what it is at, and nothing more. A signal handler may call it."""
        ...

    def close(self) -> None:
        """End all workers now. Idempotent."""
        ...
