"""The clock that a run takes delays and dates from."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Time as a run sees it, passed in so that tests need not wait.

    Attributes:
        monotonic_s: for delays and durations.
        now: for the report only.
        sleep: seconds.
    """

    monotonic_s: Callable[[], float]
    now: Callable[[], datetime]
    sleep: Callable[[float], None]

    def timestamp(self) -> str:
        """Now, as the report writes it."""
        return self.now().isoformat(timespec="seconds")


def system_clock() -> Clock:
    """The clock of the system."""
    return Clock(monotonic_s=time.monotonic, now=lambda: datetime.now(tz=UTC), sleep=time.sleep)
