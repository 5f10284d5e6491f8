"""A worker's work: packets of files, one after the other, in a lane of its own on the disk."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

from qasr_cli.core.shard import Shard
from qasr_cli.core.types import MediaFile
from qasr_cli.engines.base import Engine
from qasr_cli.errors import QasrError
from qasr_cli.machine.clock import Clock
from qasr_cli.options import Options
from qasr_cli.run.commit.corrector import Corrector
from qasr_cli.run.engine_loop import EngineLoop
from qasr_cli.run.executor.messages import Message, job_from, options_in
from qasr_cli.run.executor.teller import Teller
from qasr_cli.run.executor.told import ToldFile
from qasr_cli.run.file_in_work import FilesInWork
from qasr_cli.run.file_policy import FilePolicies
from qasr_cli.run.finish import Finisher
from qasr_cli.run.state.part import new_lane_name
from qasr_cli.run.state.store import Store
from qasr_cli.run.stop_request import StopRequest


class Lane:
    """Hears the files of one run that its driver hands to this process.

    Args:
        roots: of the output folders.
        shard: the part of the batch that the run does.
        options: of the run.

    Attributes:
        name: of the lane.
    """

    def __init__(
        self,
        roots: Sequence[str],
        *,
        shard: Shard | None,
        options: Options,
        engine: Engine,
        teller: Teller,
        clock: Clock,
        stop: StopRequest,
    ) -> None:
        self.name = new_lane_name()
        self._stores = {root: Store(root, shard=shard, lane=self.name) for root in roots}
        self._engine = engine
        self._teller = teller
        self._clock = clock
        self._stop = stop
        # The driver decides when to stop, and has decided which files are done again.
        run = replace(
            options.run, max_failures=None, time_budget_s=None, wait_stable_s=None, shard=None
        )
        self._run = run
        self._device, self._threads = options.engine.device, options.engine.threads
        self._options: dict[str, Options] = {}
        self._options_of: dict[str, Options] = {}
        self._corrector = Corrector(is_stopped=lambda: stop.is_set)
        self._policies = FilePolicies(self._options_for, engine=engine, corrector=self._corrector)
        self._in_work = FilesInWork(
            options=replace(options, run=replace(run, retry_failed=False)),
            fingerprints_of=lambda job: self._policies.of(job.media).fingerprints_of(job),
        )
        self._stack = contextlib.ExitStack()
        self._is_open = False

    def _open(self) -> None:
        """Take the locks of the lane, for its first packet: a mere start leaves nothing.

        Raises:
            LockHeld, OutputError: it is not to be had.
        """
        self._is_open = True
        with contextlib.ExitStack() as stack:
            for store in self._stores.values():
                # Whether there may be a run without locks was the driver's to say.
                stack.enter_context(store.lock(is_needed=False))
            stack.enter_context(self._in_work)
            stack.enter_context(self._corrector)
            self._stop.at_signal(self._stop_engine)
            self._teller.open({root: ToldFile(s.part) for root, s in self._stores.items()})
            self._stack = stack.pop_all()

    def close(self, error: BaseException | None = None) -> None:
        """Let the locks go. Files in work are blamed only for a bug, as in any run."""
        kind = None if error is None else type(error)
        trace = None if error is None else error.__traceback__
        self._stack.__exit__(kind, error, trace)

    def do(self, jobs: Sequence[Message], options: Mapping[str, str]) -> QasrError | None:
        """Hear the files of one packet; what ended the work for good, or None.

        Args:
            jobs: as `document_of_job` makes them.
            options: those that are new, packed, by number.

        Raises:
            LockHeld, OutputError: the lane cannot be opened.
        """
        if not self._is_open:
            self._open()
        new = {number: options_in(text) for number, text in options.items()}
        self._options |= {number: self._here(each) for number, each in new.items()}
        handed = [job_from(document, self._stores) for document in jobs]
        for job, document in zip(handed, jobs, strict=True):
            self._options_of[job.media.relative_path] = self._options[str(document["options"])]
        numbers = {document["media"]["relative_path"]: document["job"] for document in jobs}
        self._teller.expect(numbers)
        try:
            return self._loop(len(handed)).run(iter([handed]))
        finally:
            self._options_of.clear()

    def _loop(self, file_count: int) -> EngineLoop:
        finisher = Finisher(
            file_count=file_count,
            options=self._run,
            policies=self._policies,
            ledger=self._teller,
            in_work=self._in_work,
            stop=self._stop,
            notify=self._teller.on,
        )
        return EngineLoop(
            engine=self._engine,
            options=self._run,
            policies=self._policies,
            ledger=self._teller,
            in_work=self._in_work,
            finisher=finisher,
            clock=self._clock,
            stop=self._stop,
            notify=self._teller.on,
        )

    def _here(self, options: Options) -> Options:
        """The options of some files, on the device of this worker."""
        engine = replace(options.engine, device=self._device, threads=self._threads)
        return replace(options, engine=engine)

    def _options_for(self, media: MediaFile) -> Options:
        return self._options_of[media.relative_path]

    def _stop_engine(self) -> None:
        self._engine.stop()
        self._in_work.take_back()
