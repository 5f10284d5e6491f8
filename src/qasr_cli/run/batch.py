"""One run over many jobs, from its locks to its report. Every job gets exactly one outcome."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qasr_cli.core.outcomes import FileOutcome
from qasr_cli.core.report import detail_from_outcome
from qasr_cli.core.script.by_clip import ScriptByClip
from qasr_cli.engines.base import Engine
from qasr_cli.errors import ExitCode, OutputError, QasrError
from qasr_cli.machine.clock import Clock
from qasr_cli.options import Options
from qasr_cli.run.commit.corrector import Corrector
from qasr_cli.run.events import (
    Event,
    Observer,
    Rest,
    RunFinished,
    RunStarted,
    Unwatched,
    bytes_by_suffix,
)
from qasr_cli.run.executor.base import Executor
from qasr_cli.run.file_in_work import FilesInWork
from qasr_cli.run.file_policy import FilePolicies, OptionsOf
from qasr_cli.run.ledger import Ledger
from qasr_cli.run.plan.plan import Plan, output_folders
from qasr_cli.run.state.preparation import prepare_clips, prepare_store
from qasr_cli.run.stop_request import StopRequest
from qasr_cli.run.work import Work
from qasr_cli.storage.temporaries import sweep_temporaries


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """How a run ended.

    Attributes:
        outcomes: one for each input, in the order of the plan, the unseen ones last. Each is made
            anew when it is asked for, so that a hundred thousand take little memory.
        frame: the report of the whole run without its `details`.
        stopped_by: what ended the run before its end; None when it reached it.
    """

    outcomes: Sequence[FileOutcome]
    frame: Mapping[str, Any]
    exit_code: ExitCode
    stopped_by: QasrError | None

    @property
    def report(self) -> dict[str, Any]:
        """The report of the whole run, as `core.report` shapes it."""
        return {**self.frame, "details": list(map(detail_from_outcome, self.outcomes))}


class Batch:
    """One run over a plan. Use once.

    Args:
        plan: its inputs have distinct `media.relative_path`.
        options: of the run, and of every file for which `options_of` does not say otherwise.
        observer: is told everything; decides nothing.
        script: of the text that the engine times, where it was not recognised.
        executor: has workers hear the files; None = the engine does, in this process.
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
        executor: Executor | None = None,
    ) -> None:
        self._plan = plan
        self._executor = executor
        self._engine = engine
        self._options = options
        self._observer = observer
        self._clock = clock
        self._stop = stop
        self._planned_s = clock.monotonic_s()
        self._corrector = Corrector(is_stopped=lambda: stop.is_set)
        self._options_of = options_of or (lambda _: options)
        self._policies = FilePolicies(
            self._options_of,
            engine=engine,
            corrector=self._corrector,
            script=script,
        )
        self._ledger = Ledger(plan, clock=clock, notify=self._notify)
        self._in_work = FilesInWork(
            options=options,
            fingerprints_of=lambda job: self._policies.of(job.media).fingerprints_of(job),
        )

    def run(self) -> RunResult:
        """Do everything that has to be done.

        Raises:
            LockHeld: another run owns an output folder.
            LocksUnknown: an output folder's disk has no locks, and the user did not say --no-lock.
            OutputError: a folder takes no files, found before any work; or no report in the end.
        """
        with contextlib.ExitStack() as stack:
            is_needed = not self._options.run.no_lock
            unlocked = [
                store.root
                for store in self._plan.stores
                if not stack.enter_context(store.lock(is_needed=is_needed))
            ]
            self._prepare()
            stack.enter_context(self._in_work)
            stack.enter_context(self._corrector)
            self._stop.at_signal(self._stop_engine)
            self._notify(_start_of(self._plan))
            self._ledger.open()
            for note in self._plan.notes:
                self._ledger.warn(note)
            for root in unlocked:
                self._ledger.warn(
                    f"{root}: this disk has no file locks: start no second run here, least of all "
                    f"on another machine"
                )
            try:
                stopped_by = self._work()
            except SystemExit:  # the second signal; reports are written all the same
                with contextlib.suppress(OutputError):
                    self._result(None)
                raise
            return self._result(stopped_by)

    def _prepare(self) -> None:
        """Check that outputs can be written; put right what a killed run left behind.

        Raises:
            OutputError: a folder takes no files.
        """
        folders = output_folders(self._plan)
        for store in self._plan.stores:
            prepare_store(store, folders[store])
        for folder in folders[None]:
            sweep_temporaries(folder)
        if self._options.run.keep_clips_dir is not None:
            prepare_clips(self._options.run.keep_clips_dir)

    def _stop_engine(self) -> None:
        """At the first signal: from then on it is no file's fault if the process is killed."""
        if self._executor is not None:
            self._executor.ask_to_stop()
        self._engine.stop()
        self._in_work.take_back()

    def _work(self) -> QasrError | None:
        """Do every job; what ended the work early, or None."""
        return Work(
            plan=self._plan,
            engine=self._engine,
            executor=self._executor,
            options=self._options,
            options_of=self._options_of,
            policies=self._policies,
            ledger=self._ledger,
            in_work=self._in_work,
            planned_s=self._planned_s,
            clock=self._clock,
            stop=self._stop,
            notify=self._notify,
        ).run()

    def _notify(self, event: Event) -> None:
        try:
            self._observer.on(event)
        except OSError:
            # Whoever read standard error went away, or its disk is full. The work goes on unseen.
            self._observer = Unwatched()
        self._ledger.keep_reports_fresh()

    def _result(self, stopped_by: QasrError | None) -> RunResult:
        """Write the reports and the last line of the journals; give the result."""
        outcomes, is_cut_short = self._ledger.outcomes, self._plan.is_cut_short
        exit_code, reason = _ending(self._ledger, stopped_by, self._stop, is_cut_short=is_cut_short)
        frame = self._ledger.report_frame(reason)
        try:
            self._notify(
                RunFinished(
                    summary=frame["summary"],
                    stopped_by=reason,
                    left_out=self._plan.all_left_out,
                    rest=_rest_of(self._plan, self._ledger, self._options),
                )
            )
            self._ledger.close(frame["summary"], stopped_by=reason)
        except OutputError:
            if stopped_by is None:
                raise
            # The disk that stopped the run takes no report either; the reason was told above.
        return RunResult(outcomes=outcomes, frame=frame, exit_code=exit_code, stopped_by=stopped_by)


def _start_of(plan: Plan) -> RunStarted:
    sizes = bytes_by_suffix(job.media for job in plan.jobs)
    return RunStarted(
        file_count=len(plan.jobs) + len(plan.unseen),
        total_bytes=sum(sizes.values()),
        bytes_by_suffix=sizes,
    )


def _ending(
    ledger: Ledger, stopped_by: QasrError | None, stop: StopRequest, *, is_cut_short: bool
) -> tuple[ExitCode, str | None]:
    """The exit code of a run, and the reason where it ended before its end."""
    is_pending = is_cut_short or ledger.has_pending
    is_failed = ledger.tally.count_of("failed", "partial", "quarantined") > 0
    if stopped_by is not None:
        return stopped_by.exit_code, str(stopped_by)
    if stop.exit_code is not None and (is_pending or stop.is_signal):
        return stop.exit_code, stop.reason
    if is_pending:
        return ExitCode.TRY_LATER, None
    return (ExitCode.SOME_FAILED if is_failed else ExitCode.OK), None


def _rest_of(plan: Plan, ledger: Ledger, options: Options) -> Rest:
    if plan.is_cut_short:
        return Rest.SAME_COMMAND
    if not ledger.has_pending:
        return Rest.NONE_LEFT
    if plan.stores:
        return Rest.WITHOUT_OVERWRITE if options.output.overwrite else Rest.SAME_COMMAND
    if options.output.overwrite or len(ledger.outcomes) == 1:
        return Rest.BEGINNING_AGAIN
    return Rest.SKIPPING_EXISTING
