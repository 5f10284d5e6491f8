"""The end of work on a file: its outputs are written, or its failure is recorded."""

import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from qasr_cli.core.outcomes import FileDone, FileFailed, FileOutcome, FilePending, FileSkipped
from qasr_cli.errors import ExitCode, InputError, OutputExists
from qasr_cli.options import RunOptions
from qasr_cli.run.collector import input_error_from
from qasr_cli.run.commit.assembly import Assembled
from qasr_cli.run.events import Event, FileTranscribed
from qasr_cli.run.file_in_work import FileInWork, FilesInWork
from qasr_cli.run.file_policy import FilePolicies
from qasr_cli.run.ledger import Books
from qasr_cli.run.plan.jobs import Job, outcome_of_foreign_output, partial_outcome
from qasr_cli.run.state.claims import WrittenByAnother
from qasr_cli.run.state.saved_result import SavedResult, set_damage_aside
from qasr_cli.run.stop_request import Stopped, StopRequest


class Finisher:
    """Gives each file that was worked on its outcome; stops a run in which too many fail.

    Args:
        file_count: of the plan, for `--max-failures`.
    """

    def __init__(
        self,
        *,
        file_count: int,
        options: RunOptions,
        policies: FilePolicies,
        ledger: Books,
        in_work: FilesInWork,
        stop: StopRequest,
        notify: Callable[[Event], None],
    ) -> None:
        self._file_count = file_count
        self._options = options
        self._policies = policies
        self._ledger = ledger
        self._in_work = in_work
        self._stop = stop
        self._notify = notify
        self._failure_count = 0

    def complete(self, file: FileInWork) -> None:
        """Write the outputs of a file of which every clip came back.

        Raises:
            InputError: the file fails after all; call `fail` with it.
            OutputError: the disk takes no more; stops the run.
        """
        policy = self._policies.of(file.job.media)
        try:
            assembled = policy.assembler.of_file(file)
        except Stopped:
            return  # it stays pending; what was heard of it serves the next run
        file.heard.clear()  # to write is where a long file takes most memory
        notes = _notes_of_damage(file.job)
        policy.keep_voices(file.job, assembled.voices)
        try:
            outcome = policy.committer.commit(file.job, assembled)
        except WrittenByAnother as other:
            self._leave_to(other, file.job)
            return
        warnings = (*outcome.warnings, *notes)
        outcome = replace(outcome, attempts=tuple(file.attempts), warnings=warnings)
        self._record(file.job, outcome, assembled)

    def render(self, job: Job, saved: SavedResult) -> None:
        """Write the outputs of a file that an earlier run heard; its failure is recorded, too.

        Raises:
            OutputError: the disk takes no more; stops the run.
        """
        policy = self._policies.of(job.media)
        try:
            assembled = policy.assembler.of_saved(saved, job)
            content_sha256 = saved.mark.content.sha256
            outcome = policy.committer.commit(job, assembled, known_sha256=content_sha256)
        except Stopped:
            return
        except WrittenByAnother as other:
            self._leave_to(other, job)
            return
        except Exception as error:  # noqa: BLE001  # one file's trouble costs nobody else's work
            self.fail(FileInWork(job=job), input_error_from(error, job.media.path))
            return
        self._record(job, replace(outcome, is_rendered=True), assembled)

    def _leave_to(self, other: WrittenByAnother, job: Job) -> None:
        """Throw away what was made of a file that another process has done, or is at."""
        outcome = _outcome_of_another(job) if other.is_done else None
        self._ledger.known(
            job, outcome or FilePending(media=job.media, reason="another process was writing it")
        )
        self._in_work.clear(job, spool=outcome is not None)

    def book(
        self, job: Job, outcome: FileOutcome, *, lasting: dict[str, Any] | None = None
    ) -> None:
        """Record what a worker says has become of a file.

        Args:
            lasting: as in `Ledger.finish`.

        Raises:
            OutputError: the journal takes no more.
        """
        self._ledger.finish(job, outcome, lasting=lasting)
        if isinstance(outcome, FileFailed):
            self._count_failure()

    def _record(self, job: Job, outcome: FileDone, assembled: Assembled) -> None:
        self._notify(FileTranscribed(media=job.media, transcript=assembled.transcript))
        if assembled.lost is None:
            self._ledger.finish(job, outcome)
            self._in_work.clear(job, spool=True)
            return
        self._ledger.finish(job, partial_outcome(outcome, lost=assembled.lost))
        # --retry-failed hears only what is missing.
        self._in_work.clear(job, spool=False)
        if not outcome.is_rendered:  # that was counted when it was heard
            self._count_failure()

    def fail(self, file: FileInWork, error: InputError) -> None:
        """Record the failure of a file that is not tried again.

        Raises:
            OutputError: the journal takes no more.
        """
        job = file.job
        if isinstance(error, OutputExists):
            # Found late: with --language-suffix the name is known only after the language.
            found = outcome_of_foreign_output(job, error.output, self._options)
            self._ledger.known(job, found)
            self._in_work.clear(job, spool=True)
            return
        outcome = FileFailed(
            media=job.media,
            error_kind=type(error).__name__,
            message=str(error),
            error=error,
            attempts=tuple(file.attempts),
            warnings=() if file.summary is None else file.summary.warnings,
        )
        lasting = self._policies.of(job.media).resume.lasting_note(job, error)
        self._ledger.finish(job, outcome, lasting=lasting)
        # What was heard of it serves the next run, unless that will not get so far either.
        self._in_work.clear(job, spool=lasting is not None)
        self._count_failure()

    def _count_failure(self) -> None:
        self._failure_count += 1
        limit = self._options.max_failures
        if limit is not None and not limit.allows(self._failure_count, self._file_count):
            reason = f"{self._failure_count} failed, and --max-failures is {limit}"
            self._stop.ask(reason, ExitCode.SOME_FAILED)


def _outcome_of_another(job: Job) -> FileSkipped | None:
    """The outcome of a file that another process did meanwhile."""
    head = None if job.store is None else job.store.read_head(job.name)
    if job.store is None or head is None:
        return None
    root = job.store.root
    return FileSkipped(
        media=job.media,
        reason="done by another process meanwhile",
        outputs=tuple(os.path.join(root, output.path) for output in head.mark.outputs),
        duration_ms=head.duration_ms,
        language=head.language,
    )


def _notes_of_damage(job: Job) -> tuple[str, ...]:
    """Set aside what stands in place of a result and is none; lines about it."""
    aside = None if job.store is None else set_damage_aside(job.store.result_path(job.name))
    if aside is None:
        return ()
    return (f"its saved result was damaged, or edited with a slip in it; it is kept as {aside}",)
