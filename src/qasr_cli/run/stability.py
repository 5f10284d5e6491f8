"""Files that are still being written, put off until they no longer change."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from qasr_cli.core.outcomes import FilePending
from qasr_cli.core.types import MediaFile
from qasr_cli.errors import UnreadableInput
from qasr_cli.machine.clock import Clock
from qasr_cli.run.plan.jobs import Job
from qasr_cli.run.stop_request import StopRequest, wait_until


def stable_jobs(
    jobs: Iterable[Job],
    *,
    still_s: float,
    looked_at_s: float,
    clock: Clock,
    stop: StopRequest,
    put_off: Callable[[Job, FilePending], None],
) -> Iterator[Job]:
    """The jobs whose files did not change for so long; the changing ones after all the others.

    A file that still changes then is left to the next run. The stat is compared with itself, not
    with the clock on the wall, which a file server may have set differently.

    Args:
        looked_at_s: when the stats that the jobs carry were taken.
        put_off: told of each file that is left.
    """
    restless: list[tuple[float, Job]] = []
    for job in jobs:
        wait_until(looked_at_s + still_s, clock=clock, stop=stop)
        now = _as_it_is(job)
        if now == job.media:
            yield job
        else:
            restless.append((clock.monotonic_s(), replace(job, media=now)))
    for seen_s, job in restless:
        wait_until(seen_s + still_s, clock=clock, stop=stop)
        if stop.is_set:
            return
        if _as_it_is(job) == job.media:
            yield job
        else:
            put_off(job, FilePending(media=job.media, reason="still being written"))


def _as_it_is(job: Job) -> MediaFile:
    try:
        return job.refreshed().media
    except UnreadableInput:
        return job.media  # gone: whoever opens it will say so
