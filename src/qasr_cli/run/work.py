"""What is known of a file while it is in work, and the clock that a run goes by."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from qasr_cli.core.assemble import ClipOutcome
from qasr_cli.core.types import Attempt, Clip
from qasr_cli.media.recording import RecordingSummary
from qasr_cli.run.jobs import Job
from qasr_cli.run.spool import Spool


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
    """The real one."""
    return Clock(monotonic_s=time.monotonic, now=lambda: datetime.now(tz=UTC), sleep=time.sleep)


@dataclass(slots=True, kw_only=True, eq=False)
class FileInWork:
    """A file between its first clip and its outcome.

    Attributes:
        pending: clip id -> the clip and the number of its current try.
        summary: set once every clip was handed out.
        spool: what an earlier run heard of it, and a place for more; None = keep nothing.
    """

    job: Job
    pending: dict[str, tuple[Clip, int]] = field(default_factory=dict)
    heard: list[ClipOutcome] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    summary: RecordingSummary | None = None
    try_number: int = 1
    spool: Spool | None = None

    @property
    def is_complete(self) -> bool:
        """True when every clip came back."""
        return self.summary is not None and not self.pending
