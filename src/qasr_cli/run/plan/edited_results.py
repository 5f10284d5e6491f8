"""Results that somebody edited: a batch leaves them, and what was written of them, as they are."""

from qasr_cli.core.outcomes import FileSkipped
from qasr_cli.run.plan.jobs import Job
from qasr_cli.run.state.marks import ResultHead
from qasr_cli.run.state.saved_result import ReadBack, read_back

_EDITED = (
    "its saved result was edited, or is damaged: qasr render writes what it says; "
    "--overwrite hears the recording again"
)
_EDITED_BEFORE_CHANGE = (
    "the recording changed after its saved result was edited, which is left as it is; "
    "--overwrite hears the recording as it is now"
)


def outcome_of_edited(
    job: Job, head: ResultHead | None, found: ReadBack | None
) -> FileSkipped | None:
    """The outcome of an input whose saved result somebody edited; None where nobody has.

    Args:
        head, found: of the result of the recording as it is; None where there is none.
    """
    if job.store is None:
        return None
    if head is not None:
        is_edited = found is not None and found.is_edited
        return _left(job, head, _EDITED) if is_edited else None
    before = job.store.read_head(job.name)  # of another content, perhaps
    if before is None or not before.mark.is_of(job.name):
        return None
    found = read_back(job.store.result_path(job.name), before.mark)
    if found is None or not found.is_edited:
        return None
    return _left(job, before, _EDITED_BEFORE_CHANGE)


def _left(job: Job, head: ResultHead, reason: str) -> FileSkipped:
    return FileSkipped(
        media=job.media, reason=reason, warnings=(reason,), reviewed=head.mark.reviewed
    )
