"""One run over many jobs: skip, feed, commit, report. Every job gets exactly one outcome."""

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from qasr_cli.core.outcomes import FileFailed, FileOutcome, FilePending
from qasr_cli.core.script.by_clip import ScriptByClip
from qasr_cli.core.types import Clip, MediaFile
from qasr_cli.engines.base import Engine
from qasr_cli.errors import (
    DeviceLost,
    ExitCode,
    InputError,
    OutputError,
    OutputExists,
    OutputRefused,
    QasrError,
)
from qasr_cli.machine.clock import Clock
from qasr_cli.media.condition import export_clip
from qasr_cli.media.recording import Recording
from qasr_cli.options import Options
from qasr_cli.run.events import (
    Event,
    FileTranscribed,
    ModelsLoading,
    Observer,
    RunFinished,
    RunStarted,
    Unwatched,
)
from qasr_cli.run.feed import Feed
from qasr_cli.run.file_in_work import FileInWork
from qasr_cli.run.file_policy import FilePolicies, OptionsOf
from qasr_cli.run.ledger import Ledger
from qasr_cli.run.plan.jobs import Job
from qasr_cli.run.plan.plan import Plan
from qasr_cli.run.resume import crash_count, foreign_output_skip
from qasr_cli.run.stability import stable_jobs
from qasr_cli.run.state.crashes import Begun
from qasr_cli.run.state.spool import Spool, discard
from qasr_cli.run.state.store import Store
from qasr_cli.run.stop_request import StopRequest
from qasr_cli.storage.files import (
    check_writable,
    existing_folder_of,
    os_errors_of_one_output,
    sweep_temporaries,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """How a run ended.

    Attributes:
        outcomes: one an input, in the order of the plan, the unseen ones last.
        report: of the whole run, as `core.report` shapes it.
        stopped_by: what ended the run before its end; None when it reached it.
    """

    outcomes: tuple[FileOutcome, ...]
    report: dict[str, Any]
    exit_code: ExitCode
    stopped_by: QasrError | None


class Batch:
    """The loop. Use once.

    Args:
        plan: its inputs have distinct `media.relative_path`.
        options: of the run, and of every file for which `options_of` does not say otherwise.
        observer: is told everything; decides nothing.
        script: of the text that the engine times, where it was not recognised.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        engine: Engine,
        options: Options,
        observer: Observer,
        clock: Clock,
        stop: StopRequest,
        script: ScriptByClip | None = None,
        options_of: OptionsOf | None = None,
    ) -> None:
        self._plan = plan
        self._engine = engine
        self._options = options
        self._observer = observer
        self._clock = clock
        self._stop = stop
        self._planned_s = clock.monotonic_s()
        self._policies = FilePolicies(
            options_of or (lambda _: options), engine=engine, script=script
        )
        self._ledger = Ledger(plan, clock=clock, notify=self._notify)
        self._begun = Begun()
        self._new_failure_count = 0
        self._models_announced = False

    def run(self) -> RunResult:
        """Do everything that has to be done.

        Raises:
            LockHeld: another run owns an output folder.
            OutputError: a folder takes no files, found before any work; or no report in the end.
        """
        with contextlib.ExitStack() as stack:
            for store in self._plan.stores:
                stack.enter_context(store.lock())
            self._prepare()
            stack.enter_context(self._begun)
            self._stop.at_signal(self._wind_up)
            self._notify(
                RunStarted(
                    file_count=len(self._plan.jobs) + len(self._plan.unseen),
                    total_bytes=sum(job.media.size_bytes for job in self._plan.jobs),
                )
            )
            self._ledger.open()
            try:
                stopped_by = self._work()
            except SystemExit:  # the second signal; the books are closed all the same
                with contextlib.suppress(OutputError):
                    self._result(None)
                raise
            return self._result(stopped_by)

    def _prepare(self) -> None:
        """Check that outputs can be written; put right what a killed run left behind."""
        for store in self._plan.stores:
            store.writer.check(store.root)
            store.sweep(self._output_folders(store))
            store.rebuild_journal()
        for folder in self._output_folders(None):
            sweep_temporaries(folder)
        if self._options.run.keep_clips_dir is not None:
            check_writable(self._options.run.keep_clips_dir)

    def _output_folders(self, store: Store | None) -> set[str]:
        return {
            os.path.dirname(job.base.path)
            for job in self._plan.jobs
            if job.base is not None and job.store is store
        }

    def _work(self) -> QasrError | None:
        feed = Feed(
            self._rounds(),
            looks_ahead=self._options.run.wait_stable_s is None,
            begin=self._begin,
            open_recording=self._open_recording,
            retries=self._options.run.retries,
            clock=self._clock,
            stop=self._stop,
            notify=self._notify,
            on_clip=self._on_clip,
            on_attempt=lambda file, attempt: self._ledger.note_attempt(file.job, attempt),
            on_complete=self._on_complete,
            on_failed=self._on_failed,
        )
        try:
            while feed.has_work:
                # Closing ends the decoder of the file at hand when the engine gives up.
                with contextlib.closing(feed.clips()) as clips:
                    for clip_result in self._engine.run(clips):
                        feed.take(clip_result)
                        feed.look_ahead()
                        if self._stop.is_set:
                            self._engine.stop()
        except QasrError as error:
            # Engine gone or disk full: what is done stays done.
            if isinstance(error, DeviceLost):
                self._begun.blame()
            return error
        return None

    # --- which files, and when --------------------------------------------------------------------

    def _rounds(self) -> Iterator[Iterable[Job]]:
        """All files together; then, each by itself, those in work when an earlier run died.

        By itself, so that only the guilty one dies again and not its neighbours in the engine;
        the last first, since the last ones were but opened ahead.
        """
        suspects: list[tuple[int, Job]] = []
        jobs: Iterable[Job] = self._jobs_to_do(suspects)
        still_s = self._options.run.wait_stable_s
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
        for job in self._plan.jobs:
            if self._stop.is_set:
                return
            outcome = self._policies.of(job.media).known_outcome(job)
            if outcome is not None:
                is_left_out = isinstance(outcome, FileFailed) and outcome.is_quarantined
                if job.store is not None and job.store.has_leftovers(job.name) and not is_left_out:
                    self._clear(job, spool=True)
                self._ledger.known(job, outcome)
            elif self._options.run.max_crashes and (count := crash_count(job)):
                suspects.append((count, job))
            else:
                yield job

    def _begin(self, job: Job) -> Spool | None:
        if job.base is not None:
            folder = existing_folder_of(job.base.path)
            if not os.access(folder, os.W_OK | os.X_OK):  # or it would be found after the work
                raise OutputRefused(folder, "it takes no files")
        if job.store is None:
            return None
        run = self._options.run
        if run.max_crashes:
            marks = job.store.crashes_path(job.name)
            self._begun.add(job.media, marks, afresh=run.retry_failed)
        fingerprint = job.fingerprint(self._policies.of(job.media).fingerprint)
        spool = Spool(job.store.spool_path(job.name), fingerprint=fingerprint)
        if self._options.output.overwrite:
            spool.remove()
        return spool

    def _wind_up(self) -> None:
        """Begin to end: from now on it is no file's fault if the process is killed."""
        self._engine.stop()
        self._begun.take_back()

    def _open_recording(self, job: Job, on_samples: Callable[[int], None]) -> Recording:
        options = self._policies.of(job.media).options
        return Recording(
            job.media,
            decode=options.decode,
            split=options.split,
            max_clip_s=self._engine.max_clip_s,
            language=options.engine.language,
            context=job.context.prompt,
            open_fd=job.open_fd,
            on_samples=on_samples,
        )

    # --- what comes back --------------------------------------------------------------------------

    def _on_clip(self, media: MediaFile, clip: Clip) -> None:
        if not self._models_announced:
            self._models_announced = True
            self._notify(ModelsLoading(models=self._engine.models))
        folder = self._options.run.keep_clips_dir
        if folder is not None:
            with os_errors_of_one_output(folder):
                export_clip(clip, media=media, folder=folder)

    def _on_complete(self, file: FileInWork) -> None:
        committer = self._policies.of(file.job.media).committer
        transcript = committer.transcript_of(file)
        outcome = committer.commit(file, transcript)
        self._notify(FileTranscribed(media=file.job.media, transcript=transcript))
        self._ledger.finish(file.job, outcome)
        self._clear(file.job, spool=True)

    def _on_failed(self, file: FileInWork, error: InputError) -> None:
        job = file.job
        if isinstance(error, OutputExists):
            # Found late: with --language-suffix the name is known only after the language.
            self._ledger.known(job, foreign_output_skip(job.media, error.output))
            self._clear(job, spool=True)
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
        self._clear(job, spool=lasting is not None)
        self._new_failure_count += 1
        limit = self._options.run.max_failures
        if limit is not None and not limit.allows(self._new_failure_count, len(self._plan.jobs)):
            reason = f"{self._new_failure_count} failed, and --max-failures is {limit}"
            self._stop.ask(reason, ExitCode.SOME_FAILED)

    def _clear(self, job: Job, *, spool: bool) -> None:
        """Remove what is kept of a file between its beginning and its outcome."""
        if job.store is not None:
            self._begun.remove(job.media, job.store.crashes_path(job.name))
            if spool:
                discard(job.store.spool_path(job.name))

    def _notify(self, event: Event) -> None:
        try:
            self._observer.on(event)
        except OSError:
            # Whoever read standard error went away, or its disk is full. The work goes on unseen.
            self._observer = Unwatched()
        self._ledger.keep_reports_fresh()

    # --- the end ----------------------------------------------------------------------------------

    def _result(self, stopped_by: QasrError | None) -> RunResult:
        outcomes = self._ledger.outcomes()
        is_pending = any(isinstance(outcome, FilePending) for outcome in outcomes)
        is_failed = any(isinstance(outcome, FileFailed) for outcome in outcomes)
        exit_code = ExitCode.SOME_FAILED if is_failed else ExitCode.OK
        reason = None
        if stopped_by is not None:
            exit_code, reason = stopped_by.exit_code, str(stopped_by)
        elif self._stop.exit_code is not None and (is_pending or self._stop.is_signal):
            exit_code, reason = self._stop.exit_code, self._stop.reason
        elif is_pending:
            exit_code = ExitCode.TRY_LATER
        report = self._ledger.report(reason)
        try:
            self._notify(RunFinished(summary=report["summary"], stopped_by=reason))
            self._ledger.close(report["summary"], stopped_by=reason)
        except OutputError:
            if stopped_by is None:
                raise
            # The disk that stopped the run takes no report either; the reason was told above.
        return RunResult(
            outcomes=outcomes, report=report, exit_code=exit_code, stopped_by=stopped_by
        )
