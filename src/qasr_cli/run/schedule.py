"""Which files of a plan are worked on, and in which order."""

from collections.abc import Iterable, Iterator

from qasr_cli.core.outcomes import FileFailed
from qasr_cli.machine.clock import Clock
from qasr_cli.options import RunOptions
from qasr_cli.run.file_in_work import FilesInWork
from qasr_cli.run.file_policy import FilePolicies
from qasr_cli.run.finish import Finisher
from qasr_cli.run.ledger import Ledger
from qasr_cli.run.plan.jobs import Job
from qasr_cli.run.plan.plan import Plan
from qasr_cli.run.resume import crash_count
from qasr_cli.run.stability import stable_jobs
from qasr_cli.run.state.saved_result import SavedResult
from qasr_cli.run.stop_request import StopRequest


class Schedule:
    """The jobs of a plan in rounds; ends at once those of which nothing is to be heard.

    Args:
        planned_s: when the plan was made, on the monotonic clock.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        options: RunOptions,
        policies: FilePolicies,
        ledger: Ledger,
        in_work: FilesInWork,
        finisher: Finisher,
        planned_s: float,
        clock: Clock,
        stop: StopRequest,
    ) -> None:
        self._plan = plan
        self._options = options
        self._policies = policies
        self._ledger = ledger
        self._in_work = in_work
        self._finisher = finisher
        self._planned_s = planned_s
        self._clock = clock
        self._stop = stop

    def rounds(self) -> Iterator[Iterable[Job]]:
        """All files together; then, each by itself, those in work when an earlier run died.

        By itself, so that only the guilty one dies again and not its neighbours in the engine;
        the last first, since the last ones were but opened ahead.
        """
        suspects: list[tuple[int, Job]] = []
        jobs: Iterable[Job] = self._jobs_to_do(suspects)
        still_s = self._options.wait_stable_s
        if still_s is not None:
            jobs = stable_jobs(
                jobs,
                still_s=still_s,
                looked_at_s=self._planned_s,
                clock=self._clock,
                stop=self._stop,
                put_off=self._ledger.known,
            )
        yield jobs
        suspects.reverse()
        for _, job in sorted(suspects, key=lambda suspect: suspect[0]):
            yield (job,)

    def _jobs_to_do(self, suspects: list[tuple[int, Job]]) -> Iterator[Job]:
        """Yield the jobs to work on, but add those over which a run died to `suspects`."""
        for job in self._plan.jobs:
            if self._stop.is_set:
                return
            if not self.is_to_do(job):
                continue
            if self._options.max_crashes and (count := crash_count(job)):
                suspects.append((count, job))
            else:
                yield job

    def is_to_do(self, job: Job) -> bool:
        """Whether a job is to be heard; where it is not, it has its outcome now."""
        known = self._policies.of(job.media).known(job)
        if known is None:
            return True
        if isinstance(known, SavedResult):
            self._finisher.render(job, known)
            return False
        # What was heard of these serves --retry-failed.
        keeps = isinstance(known, FileFailed) and (known.is_quarantined or known.is_partial)
        if job.store is not None and job.store.has_leftovers(job.name) and not keeps:
            self._in_work.clear(job, spool=True)
        self._ledger.known(job, known)
        return False
