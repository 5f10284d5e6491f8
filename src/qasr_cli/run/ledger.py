"""The outcomes of a run: one a file, in the journal at once, in the report every 30 s."""

import os
from array import array
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from qasr_cli import __version__, sandbox
from qasr_cli.core.outcomes import Attempt, FileOutcome
from qasr_cli.core.report import Tally, detail_from_outcome, report_frame, weakest_sandbox
from qasr_cli.machine.clock import Clock
from qasr_cli.run.events import Event, FileFinished, RunWarned
from qasr_cli.run.plan.jobs import Job
from qasr_cli.run.plan.outcomes import Outcomes, named
from qasr_cli.run.plan.plan import Plan
from qasr_cli.run.state.store import Store

REPORT_EVERY_S = 30.0
_REPORT_SHARE = 0.05  # of the time at most: one of a hundred thousand files takes seconds


class Books(Protocol):
    """Where what becomes of files is written down: of this run, or by a worker for its driver."""

    def warn(self, text: str) -> None:
        """As `Ledger.warn`."""
        ...

    def known(self, job: Job, outcome: FileOutcome) -> None:
        """As `Ledger.known`."""
        ...

    def finish(
        self, job: Job, outcome: FileOutcome, *, lasting: dict[str, Any] | None = None
    ) -> None:
        """As `Ledger.finish`."""
        ...

    def note_attempt(self, job: Job, attempt: Attempt) -> None:
        """As `Ledger.note_attempt`."""
        ...


class Ledger:
    """Records what became of each job of a plan. Use inside the locks of its stores.

    Attributes:
        outcomes: of each input, so far.
        tally: of those that are known.
    """

    def __init__(self, plan: Plan, *, clock: Clock, notify: Callable[[Event], None]) -> None:
        self._plan = plan
        self._clock = clock
        self._notify = notify
        self._reports = _Reports(plan, clock=clock)
        self.outcomes, self.tally = self._reports.outcomes, self._reports.tally
        self._report_due_s = clock.monotonic_s()  # else the last run's would speak for this one

    def open(self) -> None:
        """Write to the journals that a run begins; report what failed before it.

        Raises:
            OutputError: a journal takes no more.
        """
        for store in self._plan.stores:
            self._journal_run(store, status="started", process=os.getpid(), version=__version__)
        for unseen in self._plan.unseen:
            self._notify(FileFinished(outcome=unseen.outcome))

    def warn(self, text: str) -> None:
        """Record what the user should know of the run as a whole."""
        self._reports.warnings.append(text)
        self._notify(RunWarned(text=text))

    def note_sandbox(self, state: str) -> None:
        """Record how far a worker is confined; the report says the least of all."""
        self._reports.sandbox = weakest_sandbox((self._reports.sandbox, state))

    @property
    def has_pending(self) -> bool:
        """Whether an input is neither done nor failed."""
        return self.tally.count_of("pending") > 0 or self.tally.file_count < len(self.outcomes)

    def has(self, job: Job) -> bool:
        """Whether a job has its outcome."""
        return self.outcomes.has(job)

    def known(self, job: Job, outcome: FileOutcome) -> None:
        """Record the outcome of a job without a line in the journal, which has it or needs none."""
        if self.has(job):
            raise ValueError(f"two outcomes for {job.media.relative_path}")
        self._reports.add(job, outcome)
        self._notify(FileFinished(outcome=outcome))

    def finish(
        self, job: Job, outcome: FileOutcome, *, lasting: dict[str, Any] | None = None
    ) -> None:
        """Record the outcome of a job that was worked on, in the journal too.

        Args:
            lasting: under which conditions a failure would come again, as `Resume` says.

        Raises:
            OutputError: the journal takes no more.
        """
        if job.store is not None:
            line = detail_from_outcome(named(outcome, job.name))
            if lasting is not None:
                line["lasting"] = lasting
            self._journal(job.store, "outcome", line)
        self.known(job, outcome)

    def note_attempt(self, job: Job, attempt: Attempt) -> None:
        """Write to the journal that a try failed.

        Raises:
            OutputError: the journal takes no more.
        """
        if job.store is not None:
            line = {
                "event": "attempt",
                "time": attempt.timestamp,
                "file": job.name,
                "attempt": attempt.attempt,
                "stage": attempt.stage,
                "error": attempt.error,
            }
            # There may be thousands of them, and the outcome tells them again.
            job.store.journal.append(line, durable=False)

    def keep_reports_fresh(self) -> None:
        """Write the reports as they stand, if it is time.

        Raises:
            OutputError: one could not be written.
        """
        began_s = self._clock.monotonic_s()
        if began_s >= self._report_due_s:
            self._reports.write(is_running=True, stopped_by=None)
            ended_s = self._clock.monotonic_s()
            pause_s = max(REPORT_EVERY_S, (ended_s - began_s) / _REPORT_SHARE)
            self._report_due_s = ended_s + pause_s

    def report_frame(self, stopped_by: str | None) -> dict[str, Any]:
        """The report of the whole run as it stands, without its `details`."""
        return self._reports.whole(stopped_by)

    def close(self, summary: dict[str, Any], *, stopped_by: str | None) -> None:
        """Write the reports, and to the journals how the run ended.

        Raises:
            OutputError: one could not be written.
        """
        self._reports.write(is_running=False, stopped_by=stopped_by)
        status = "finished" if stopped_by is None else "stopped"
        for store in self._plan.stores:
            self._journal_run(store, status=status, stopped_by=stopped_by, summary=summary)

    def _journal_run(self, store: Store, **fields: object) -> None:
        self._journal(store, "run", fields)

    def _journal(self, store: Store, event: str, fields: dict[str, Any]) -> None:
        line = {"event": event, "time": self._clock.timestamp(), **fields}
        store.journal.append(line)


class _Reports:
    """Makes the reports of a run: of each store, and of all of it.

    Attributes:
        warnings, sandbox: of the run as a whole.
    """

    def __init__(self, plan: Plan, *, clock: Clock) -> None:
        self._plan = plan
        self._clock = clock
        self._started_s = clock.monotonic_s()
        self._shares = _shares_of(plan)
        self.outcomes = Outcomes(plan)
        self.tally = Tally(detail_from_outcome(unseen.outcome) for unseen in plan.unseen)
        self.warnings: list[str] = []
        self.sandbox: str = sandbox.state()

    def add(self, job: Job, outcome: FileOutcome) -> None:
        self.outcomes.add(job, outcome)
        detail = detail_from_outcome(outcome)
        self.tally.add(detail)
        if job.store is not None:
            self._shares[job.store.root].tally.add(detail)

    def whole(self, stopped_by: str | None) -> dict[str, Any]:
        """That of all, without its details."""
        return self._frame(
            self.tally,
            len(self.outcomes),
            left_out=self._plan.all_left_out,
            is_running=False,
            stopped_by=stopped_by,
        )

    def write(self, *, is_running: bool, stopped_by: str | None) -> None:
        """Write that of each store, line by line: all at once may be a hundred megabytes."""
        for store in self._plan.stores:
            share = self._shares[store.root]
            frame = self._frame(
                share.tally,
                share.file_count,
                left_out=self._plan.left_out.get(store.root, {}),
                is_running=is_running,
                stopped_by=stopped_by,
            )
            store.write_report(frame | {"details": self._details_of(store)})

    def _frame(
        self,
        tally: Tally,
        file_count: int,
        *,
        left_out: Mapping[str, int],
        is_running: bool,
        stopped_by: str | None,
    ) -> dict[str, Any]:
        wall_s = self._clock.monotonic_s() - self._started_s
        return report_frame(
            tally.summary(wall_s, unreached_count=file_count - tally.file_count),
            written=self._clock.timestamp(),
            is_running=is_running,
            stopped_by=stopped_by,
            sandbox=self.sandbox,
            left_out=left_out,
            warnings=self.warnings,
        )

    def _details_of(self, store: Store) -> Iterator[dict[str, Any]]:
        for number in self._shares[store.root].numbers:
            yield detail_from_outcome(self.outcomes.named(number))
        for unseen in self._plan.unseen:
            if unseen.store is store:
                yield detail_from_outcome(named(unseen.outcome, unseen.name))


@dataclass(slots=True, kw_only=True)
class _Share:
    """What is in the report of one store.

    Attributes:
        numbers: of its jobs.
        tally: of its inputs whose outcome is known.
    """

    numbers: "array[int]" = field(default_factory=lambda: array("q"))
    tally: Tally = field(default_factory=Tally)
    unseen_count: int = 0

    @property
    def file_count(self) -> int:
        return len(self.numbers) + self.unseen_count


def _shares_of(plan: Plan) -> dict[str, _Share]:
    """Root of a store -> its share."""
    shares = {store.root: _Share() for store in plan.stores}
    for unseen in plan.unseen:
        if unseen.store is not None:
            shares[unseen.store.root].unseen_count += 1
            shares[unseen.store.root].tally.add(detail_from_outcome(unseen.outcome))
    for job in plan.jobs:
        if job.store is not None:
            shares[job.store.root].numbers.append(job.number)
    return shares
