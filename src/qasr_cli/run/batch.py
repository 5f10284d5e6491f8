"""One run over many jobs: skip, feed, commit, report. Every job gets exactly one outcome."""

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from qasr_cli.core.report import detail_from_outcome, report_from_outcomes
from qasr_cli.core.shares import Shares
from qasr_cli.core.types import Clip, FileFailed, FileOutcome, FileSkipped, MediaFile
from qasr_cli.engines.base import Engine
from qasr_cli.errors import ExitCode, InputError, OutputExists, QasrError, RunStopped
from qasr_cli.media.condition import export_clip
from qasr_cli.media.recording import Recording
from qasr_cli.options import Options, fingerprint
from qasr_cli.run.commit import Committer
from qasr_cli.run.feed import Clock, Feed, FileInWork
from qasr_cli.run.files import check_writable, os_errors_of_one_output, sweep_temporaries
from qasr_cli.run.jobs import Job
from qasr_cli.run.observe import (
    Event,
    FileFinished,
    ModelsLoading,
    Observer,
    RunFinished,
    RunStarted,
    Unwatched,
)
from qasr_cli.run.plan import Plan
from qasr_cli.run.resume import foreign_output_skip, skip_if_done
from qasr_cli.run.signals import StopRequest
from qasr_cli.run.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """How a run ended.

    Attributes:
        outcomes: one an input, in the order of the plan, the unseen ones last.
        report: of the whole run, as `core.report` shapes it.
        stopped_by: what ended the run before its end; None when it reached it.
    """

    outcomes: tuple[FileOutcome, ...]
    report: dict[str, object]
    exit_code: ExitCode
    stopped_by: QasrError | None


class Batch:
    """The loop. Use once.

    Args:
        plan: its inputs have distinct `media.relative_path`.
        observer: is told everything; decides nothing.
        shares: of the text that the engine times, where it was not recognised.
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
        shares: Shares | None = None,
    ) -> None:
        self._plan = plan
        self._jobs = plan.jobs
        self._engine = engine
        self._options = options
        self._observer = observer
        self._clock = clock
        self._stop = stop
        self._fingerprint = fingerprint(options, engine.fingerprint)
        self._committer = Committer(
            options=options, engine=engine, fingerprint=self._fingerprint, shares=shares
        )
        self._outcomes: dict[str, FileOutcome] = {}
        self._models_announced = False

    def run(self) -> RunResult:
        """Do everything that has to be done.

        Raises:
            LockHeld: another run owns an output folder.
            OutputError: a folder takes no files, found before any work.
        """
        with contextlib.ExitStack() as stack:
            for store in self._plan.stores:
                stack.enter_context(store.lock())
            for folder in self._output_roots():
                check_writable(folder)
            self._sweep()
            started_s = self._clock.monotonic_s()
            self._notify(
                RunStarted(
                    file_count=len(self._jobs) + len(self._plan.unseen),
                    total_bytes=sum(job.media.size_bytes for job in self._jobs),
                )
            )
            for unseen in self._plan.unseen:
                self._notify(FileFinished(outcome=unseen.outcome))
            stopped_by = self._work()
            wall_s = self._clock.monotonic_s() - started_s
            result = self._result(wall_s, stopped_by)
            for store in self._plan.stores:
                store.write_report(self._report_of(store, wall_s))
        return result

    def _output_roots(self) -> tuple[str, ...]:
        roots = {store.root for store in self._plan.stores}
        if self._options.run.keep_clips_dir is not None:
            roots.add(self._options.run.keep_clips_dir)
        return tuple(sorted(roots))

    def _sweep(self) -> None:
        """Remove what a killed run left half-written."""
        folders = {
            folder
            for job in self._jobs
            if job.base is not None and job.store is not None
            for folder in (
                os.path.dirname(job.base.path),
                os.path.dirname(job.store.result_path(job.name)),
            )
        } | {store.root for store in self._plan.stores}
        for folder in sorted(folders):
            sweep_temporaries(folder)

    def _work(self) -> QasrError | None:
        feed = Feed(
            self._jobs_to_do(),
            open_recording=self._open_recording,
            retries=self._options.run.retries,
            clock=self._clock,
            stop=self._stop,
            notify=self._notify,
            on_clip=self._on_clip,
            on_complete=lambda file: self._finish(file.job, self._committer.commit(file)),
            on_failed=self._on_failed,
        )
        try:
            while feed.has_work:
                # Closing ends the decoder of the file at hand when the engine gives up.
                with contextlib.closing(feed.clips()) as clips:
                    for clip_result in self._engine.run(clips):
                        feed.take(clip_result)
        except QasrError as error:
            # Engine gone or disk full: what is done stays done, the rest has its reason.
            self._stop_the_rest(str(error))
            return error
        if self._stop.is_set:
            self._stop_the_rest(self._stop.reason)
        return None

    def _jobs_to_do(self) -> Iterator[Job]:
        for job in self._jobs:
            skipped = skip_if_done(
                job,
                fingerprint=self._fingerprint,
                planned_outputs=self._committer.planned_outputs(job),
                overwrite=self._options.output.overwrite,
            )
            if skipped is None:
                yield job
            else:
                self._finish(job, skipped)

    def _open_recording(self, job: Job, on_samples: Callable[[int], None]) -> Recording:
        return Recording(
            job.media,
            decode=self._options.decode,
            split=self._options.split,
            max_clip_s=self._engine.max_clip_s,
            language=self._options.engine.language,
            open_fd=job.open_fd,
            on_samples=on_samples,
        )

    def _on_clip(self, media: MediaFile, clip: Clip) -> None:
        if not self._models_announced:
            self._models_announced = True
            self._notify(ModelsLoading(models=self._engine.models))
        folder = self._options.run.keep_clips_dir
        if folder is not None:
            with os_errors_of_one_output(folder):
                export_clip(clip, media=media, folder=folder)

    def _on_failed(self, file: FileInWork, error: InputError) -> None:
        if isinstance(error, OutputExists):
            # Found late: with --language-suffix the name is known only after the language.
            self._finish(file.job, foreign_output_skip(file.job.media, error.output))
            return
        outcome = FileFailed(
            media=file.job.media,
            error_kind=type(error).__name__,
            message=str(error),
            attempts=tuple(file.attempts),
            warnings=() if file.summary is None else file.summary.warnings,
        )
        self._finish(file.job, outcome)

    def _stop_the_rest(self, reason: str) -> None:
        error = RunStopped(reason)
        for job in self._jobs:
            if job.media.relative_path not in self._outcomes:
                outcome = FileFailed(
                    media=job.media, error_kind=type(error).__name__, message=str(error)
                )
                self._outcomes[job.media.relative_path] = outcome
                self._notify(FileFinished(outcome=outcome))

    def _finish(self, job: Job, outcome: FileOutcome) -> None:
        name = outcome.media.relative_path
        if name in self._outcomes:
            raise ValueError(f"two outcomes for {name}")
        # What was skipped left its line when it was done.
        if job.store is not None and not isinstance(outcome, FileSkipped):
            job.store.append_to_journal(
                {
                    "event": "outcome",
                    "time": self._clock.now().isoformat(timespec="seconds"),
                    **detail_from_outcome(_named(outcome, job.name)),
                }
            )
        self._outcomes[name] = outcome
        self._notify(FileFinished(outcome=outcome))

    def _notify(self, event: Event) -> None:
        try:
            self._observer.on(event)
        except OSError:
            # Whoever read standard error went away, or its disk is full. The work goes on unseen.
            self._observer = Unwatched()

    def _result(self, wall_s: float, stopped_by: QasrError | None) -> RunResult:
        outcomes = (
            *(self._outcomes[job.media.relative_path] for job in self._jobs),
            *(unseen.outcome for unseen in self._plan.unseen),
        )
        report = report_from_outcomes(outcomes, wall_s=wall_s)
        reason = str(stopped_by) if stopped_by is not None else self._stop.reason or None
        self._notify(RunFinished(summary=report["summary"], stopped_by=reason))
        if stopped_by is not None:
            exit_code = stopped_by.exit_code
        elif self._stop.exit_code is not None:
            exit_code = self._stop.exit_code
        elif any(isinstance(outcome, FileFailed) for outcome in outcomes):
            exit_code = ExitCode.SOME_FAILED
        else:
            exit_code = ExitCode.OK
        return RunResult(
            outcomes=outcomes, report=report, exit_code=exit_code, stopped_by=stopped_by
        )

    def _report_of(self, store: Store, wall_s: float) -> dict[str, object]:
        outcomes = [
            _named(self._outcomes[job.media.relative_path], job.name)
            for job in self._jobs
            if job.store is store
        ]
        outcomes += [
            _named(unseen.outcome, unseen.name)
            for unseen in self._plan.unseen
            if unseen.store is store
        ]
        return report_from_outcomes(outcomes, wall_s=wall_s)


def _named(outcome: FileOutcome, name: str) -> FileOutcome:
    return replace(outcome, media=replace(outcome.media, relative_path=name))
