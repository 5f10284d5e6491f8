"""A file between its first clip and its outcome."""

from dataclasses import dataclass, field

from qasr_cli.core.outcomes import Attempt, ClipOutcome
from qasr_cli.core.types import Clip
from qasr_cli.media.recording import RecordingSummary
from qasr_cli.run.plan.jobs import Job
from qasr_cli.run.state.spool import Spool


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
