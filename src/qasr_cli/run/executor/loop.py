"""The loop of a run whose files are heard by workers: packets out, outcomes in."""

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator

from qasr_cli.errors import DeviceLost, QasrError
from qasr_cli.options import Options
from qasr_cli.run.events import Event
from qasr_cli.run.executor.base import Came, Executor, Heard, Lost, Noted, Said
from qasr_cli.run.executor.deaths import Deaths
from qasr_cli.run.executor.desk import Desk
from qasr_cli.run.executor.gathering import Lengths, gathered
from qasr_cli.run.executor.hearing import Hearing
from qasr_cli.run.executor.likeness import Likeness
from qasr_cli.run.executor.messages import Message, answer_in, error_in
from qasr_cli.run.executor.packets import Packing
from qasr_cli.run.executor.seats import Readiness, Seat
from qasr_cli.run.file_policy import FilePolicies, OptionsOf
from qasr_cli.run.finish import Finisher
from qasr_cli.run.ledger import Ledger
from qasr_cli.run.plan.jobs import Job
from qasr_cli.run.plan.plan import Plan
from qasr_cli.run.schedule import Schedule
from qasr_cli.run.stop_request import StopRequest

_LOOK_S = 0.2  # how long a request to stop may wait
_REST_S = 5.0  # how long the end of a run waits for workers to let their lanes go


class ExecutorLoop:
    """Has workers hear jobs until there are no more; `any_was_lost` of them, or their machines."""

    def __init__(
        self,
        executor: Executor,
        plan: Plan,
        *,
        fingerprint: str,
        options: Options,
        options_of: OptionsOf,
        policies: FilePolicies,
        ledger: Ledger,
        finisher: Finisher,
        schedule: Schedule,
        stop: StopRequest,
        notify: Callable[[Event], None],
    ) -> None:
        self._executor = executor
        self._policies = policies
        self._ledger = ledger
        self._stop = stop
        self._packing = Packing(worker_count=executor.worker_count)
        self._desk = Desk(
            executor,
            stores=plan.stores,
            options=options,
            options_of=options_of,
            packing=self._packing,
        )
        self._deaths = Deaths(options=options.run, schedule=schedule, ledger=ledger)
        self._hearing = Hearing(
            plan, ledger=ledger, finisher=finisher, notify=notify, deaths=self._deaths
        )
        allow_mixed = options.run.allow_mixed
        self._likeness = Likeness(fingerprint=fingerprint, allow_mixed=allow_mixed)
        self._error: QasrError | None = None
        self.any_was_lost = False

    def run(self, rounds: Iterator[Iterable[Job]]) -> QasrError | None:
        """Do all rounds of jobs; what ended them early, or None.

        Args:
            rounds: as in `Feed`; files of all but the first are heard alone.
        """
        try:
            self._gather(rounds)
            self._desk.open()
        except QasrError as error:
            return error
        while self._desk.is_busy or not (self._is_stopping or self._packing.is_empty):
            self._turn()
        self._rest()
        return self._error

    def _gather(self, rounds: Iterator[Iterable[Job]]) -> None:
        lengths = Lengths(policies=self._policies, stop=self._stop)
        files, alone = gathered(rounds, lengths=lengths, begin=self._executor.want)
        self._packing.add(files)
        self._packing.add_alone(self._deaths.suspected(alone))

    @property
    def _is_stopping(self) -> bool:
        return self._error is not None or self._stop.is_set

    def _turn(self) -> None:
        """Hand out what there is to do, and take what comes."""
        if self._is_stopping:
            self._executor.ask_to_stop()
        else:
            self._packing.worker_count = self._executor.worker_count
            self._desk.want_workers()
            self._desk.hand_out()
        self._listen()
        with self._to_the_end():
            self._ledger.keep_reports_fresh()

    def _listen(self) -> None:
        with self._to_the_end():
            for heard in self._executor.listen(_LOOK_S):
                with self._to_the_end():
                    self._take(heard)

    @contextlib.contextmanager
    def _to_the_end(self) -> Iterator[None]:
        """Let what ends the run wait until workers are done with what they are at."""
        try:
            yield
        except QasrError as error:
            self._error = self._error or error

    def _take(self, heard: Heard) -> None:
        match heard:
            case Noted(text=text):
                self._ledger.warn(text)
            case Came(worker=worker):
                self._desk.welcome(worker)
            case Lost():
                seat = self._desk.seats.pop(heard.worker, None)
                if seat is not None:
                    self._lose(seat, heard)
            case Said(worker=worker, line=line):
                seat, message = self._desk.seats.get(worker), answer_in(line)
                if seat is not None and message is not None:
                    self._understand(seat, message)

    def _understand(self, seat: Seat, message: Message) -> None:
        match message["event"]:
            case "ready":
                self._likeness.check(seat.worker, message)
                self._ledger.note_sandbox(message["sandbox"])
                seat.lane, seat.readiness = message["lane"], Readiness.READY
            case "resting":
                seat.readiness = Readiness.RESTING
            case "stopped":
                seat.readiness = Readiness.STOPPED
            case "failed":
                error = error_in(message["error"])
                if not isinstance(error, DeviceLost):  # another process may find it working
                    raise error
            case "packet":
                left = seat.end_packet(message["packet"])
                if not self._is_stopping:
                    self._packing.add_alone(self._deaths.unanswered(left))
            case _:
                self._hearing.take(seat, message)

    def _lose(self, seat: Seat, lost: Lost) -> None:
        """Give to others what it had in hand."""
        if seat.readiness is not Readiness.STOPPED:
            self.any_was_lost = True
            self._deaths.tidy_up(seat.last)
        if self._is_stopping or seat.readiness is Readiness.RESTING:
            if not lost.by_itself:
                self._deaths.forgive(seat.files())
            return
        begun, untouched = self._deaths.parted(seat.files(), started=seat.started)
        self._packing.add(untouched)
        self._ledger.warn(f"worker {seat.worker} was lost: {lost.how}")
        if not lost.by_itself:
            self._packing.add_again(self._deaths.after_loss(begun))
            return
        self._packing.add_alone(self._deaths.after_death(begun))
        self._deaths.note_death(lost, was_ready=seat.readiness is not Readiness.STARTING)

    def _rest(self) -> None:
        due_s = time.monotonic() + _REST_S
        self._desk.send_to_rest()  # models stay loaded
        while self._desk.has_ready and time.monotonic() < due_s:
            self._listen()
