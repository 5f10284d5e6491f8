"""The outcomes of a run: one a file, in the journal at once, in the report every 30 s."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Protocol

from qasr_cli import __version__, sandbox
from qasr_cli.core.outcomes import Attempt, FileFailed, FileOutcome, FilePending
from qasr_cli.core.report import detail_from_outcome, report_from_outcomes, weakest_sandbox
from qasr_cli.machine.clock import Clock
from qasr_cli.run.events import Event, FileFinished, RunWarned
from qasr_cli.run.plan.jobs import Job
from qasr_cli.run.plan.plan import Plan
from qasr_cli.run.state.store import Store

REPORT_EVERY_S = 30.0


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
    """Records what became of each job of a plan. Use inside the locks of its stores."""

    def __init__(self, plan: Plan, *, clock: Clock, notify: Callable[[Event], None]) -> None:
        self._plan = plan
        self._clock = clock
        self._notify = notify
        self._outcomes: dict[str, FileOutcome] = {}
        self._reports = _Reports(clock=clock)
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

    def has(self, job: Job) -> bool:
        """Whether a job has its outcome."""
        return job.media.relative_path in self._outcomes

    def known(self, job: Job, outcome: FileOutcome) -> None:
        """Record the outcome of a job without a line in the journal, which has it or needs none."""
        if self.has(job):
            raise ValueError(f"two outcomes for {job.media.relative_path}")
        self._outcomes[job.media.relative_path] = outcome
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
            line = detail_from_outcome(_named(outcome, job.name))
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
        if self._clock.monotonic_s() >= self._report_due_s:
            self._write_reports(is_running=True, stopped_by=None)
            self._report_due_s = self._clock.monotonic_s() + REPORT_EVERY_S

    def outcomes(self) -> tuple[FileOutcome, ...]:
        """The outcome of each input, in the order of the plan, the unseen ones last."""
        return tuple(self._outcomes_of(self._plan.jobs, (u.outcome for u in self._plan.unseen)))

    def report(self, stopped_by: str | None) -> dict[str, Any]:
        """The report of the whole run as it stands."""
        return self._reports.report(
            self.outcomes(),
            left_out=self._plan.all_left_out,
            is_running=False,
            stopped_by=stopped_by,
        )

    def close(self, summary: dict[str, Any], *, stopped_by: str | None) -> None:
        """Write the reports, and to the journals how the run ended.

        Raises:
            OutputError: one could not be written.
        """
        self._write_reports(is_running=False, stopped_by=stopped_by)
        status = "finished" if stopped_by is None else "stopped"
        for store in self._plan.stores:
            self._journal_run(store, status=status, stopped_by=stopped_by, summary=summary)

    def _journal_run(self, store: Store, **fields: object) -> None:
        self._journal(store, "run", fields)

    def _journal(self, store: Store, event: str, fields: dict[str, Any]) -> None:
        line = {"event": event, "time": self._clock.timestamp(), **fields}
        store.journal.append(line)

    def _write_reports(self, *, is_running: bool, stopped_by: str | None) -> None:
        for store in self._plan.stores:
            jobs = [job for job in self._plan.jobs if job.store is store]
            unseen = [
                _named(unseen.outcome, unseen.name)
                for unseen in self._plan.unseen
                if unseen.store is store
            ]
            named = (
                _named(outcome, job.name)
                for job, outcome in zip(jobs, self._outcomes_of(jobs, ()), strict=True)
            )
            store.write_report(
                self._reports.report(
                    (*named, *unseen),
                    left_out=self._plan.left_out.get(store.root, {}),
                    is_running=is_running,
                    stopped_by=stopped_by,
                )
            )

    def _outcomes_of(
        self, jobs: Iterable[Job], unseen: Iterable[FileFailed]
    ) -> Iterator[FileOutcome]:
        for job in jobs:
            outcome = self._outcomes.get(job.media.relative_path)
            yield FilePending(media=job.media) if outcome is None else outcome
        yield from unseen


class _Reports:
    """Makes the reports of a run: of its outcomes, and of what it should say as a whole."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._started_s = clock.monotonic_s()
        self.warnings: list[str] = []
        self.sandbox: str = sandbox.state()

    def report(
        self,
        outcomes: Iterable[FileOutcome],
        *,
        left_out: Mapping[str, int],
        is_running: bool,
        stopped_by: str | None,
    ) -> dict[str, Any]:
        """The report as it stands."""
        return report_from_outcomes(
            outcomes,
            wall_s=self._clock.monotonic_s() - self._started_s,
            written=self._clock.timestamp(),
            is_running=is_running,
            stopped_by=stopped_by,
            sandbox=self.sandbox,
            left_out=left_out,
            warnings=self.warnings,
        )


def _named(outcome: FileOutcome, name: str) -> FileOutcome:
    if outcome.media.relative_path == name:
        return outcome
    return replace(outcome, media=replace(outcome.media, relative_path=name))
