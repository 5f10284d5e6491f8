"""The work of a run: which loop does its jobs, the engine's in this process or that of workers."""

from collections.abc import Callable
from dataclasses import dataclass

from qasr_cli.engines.base import Engine
from qasr_cli.errors import QasrError
from qasr_cli.machine.clock import Clock
from qasr_cli.options import Options
from qasr_cli.run.engine_loop import EngineLoop
from qasr_cli.run.events import Event
from qasr_cli.run.executor.base import Executor
from qasr_cli.run.executor.loop import ExecutorLoop
from qasr_cli.run.file_in_work import FilesInWork
from qasr_cli.run.file_policy import FilePolicies, OptionsOf
from qasr_cli.run.finish import Finisher
from qasr_cli.run.ledger import Ledger
from qasr_cli.run.plan.plan import Plan, output_folders
from qasr_cli.run.schedule import Schedule
from qasr_cli.run.state.preparation import tidy_after_workers
from qasr_cli.run.stop_request import StopRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """All that the jobs of a plan are done with; attributes as in `Batch`."""

    plan: Plan
    engine: Engine
    executor: Executor | None
    options: Options
    options_of: OptionsOf
    policies: FilePolicies
    ledger: Ledger
    in_work: FilesInWork
    planned_s: float
    clock: Clock
    stop: StopRequest
    notify: Callable[[Event], None]

    def run(self) -> QasrError | None:
        """Do every job; what ended the work early, or None."""
        finisher = Finisher(
            file_count=len(self.plan.jobs),
            options=self.options.run,
            policies=self.policies,
            ledger=self.ledger,
            in_work=self.in_work,
            stop=self.stop,
            notify=self.notify,
        )
        schedule = Schedule(
            self.plan,
            options=self.options.run,
            policies=self.policies,
            ledger=self.ledger,
            in_work=self.in_work,
            finisher=finisher,
            planned_s=self.planned_s,
            clock=self.clock,
            stop=self.stop,
        )
        if self.executor is not None:
            return self._by_workers(self.executor, finisher, schedule)
        loop = EngineLoop(
            engine=self.engine,
            options=self.options.run,
            policies=self.policies,
            ledger=self.ledger,
            in_work=self.in_work,
            finisher=finisher,
            clock=self.clock,
            stop=self.stop,
            notify=self.notify,
        )
        return loop.run(schedule.rounds())

    def _by_workers(
        self, executor: Executor, finisher: Finisher, schedule: Schedule
    ) -> QasrError | None:
        for store in self.plan.stores:
            store.shares_files = True  # whom this run takes for lost may still be at work
        loop = ExecutorLoop(
            executor,
            self.plan,
            fingerprint=self.engine.fingerprint,
            options=self.options,
            options_of=self.options_of,
            policies=self.policies,
            ledger=self.ledger,
            finisher=finisher,
            schedule=schedule,
            stop=self.stop,
            notify=self.notify,
        )
        error = loop.run(schedule.rounds())
        lost = output_folders(self.plan) if loop.any_was_lost else {}
        for store in self.plan.stores:
            tidy_after_workers(store, lost.get(store))
        return error
