"""What workers say of files: booked where it is an outcome, else told to whoever watches."""

from collections.abc import Callable

from qasr_cli.core.outcomes import Attempt, FileDone, FileSkipped
from qasr_cli.run.events import (
    AttemptFailed,
    AudioDecoded,
    ClipFinished,
    Event,
    FileStarted,
    ModelsLoading,
)
from qasr_cli.run.executor.deaths import Deaths
from qasr_cli.run.executor.messages import Message
from qasr_cli.run.executor.packets import Handed
from qasr_cli.run.executor.seats import Seat
from qasr_cli.run.executor.told import ToldError, outcome_told, told_at
from qasr_cli.run.finish import Finisher
from qasr_cli.run.ledger import Ledger
from qasr_cli.run.plan.plan import Plan


class Hearing:
    """Takes what workers say of their files."""

    def __init__(
        self,
        plan: Plan,
        *,
        ledger: Ledger,
        finisher: Finisher,
        notify: Callable[[Event], None],
        deaths: Deaths,
    ) -> None:
        self._stores = {store.root: store for store in plan.stores}
        self._ledger = ledger
        self._finisher = finisher
        self._notify = notify
        self._deaths = deaths
        self._are_models_told = False

    def take(self, seat: Seat, message: Message) -> None:
        """Take one message.

        Raises:
            OutputError: the journal takes no more.
        """
        match message["event"]:
            case "loading":
                if not self._are_models_told:
                    self._are_models_told = True
                    self._notify(ModelsLoading(models=message["models"]))
            case "told":
                self._take_told(seat, message)
            case _:
                file = seat.file(message.get("job", -1))
                if file is not None:
                    self._take_progress(seat, file, message)

    def _take_progress(self, seat: Seat, file: Handed, message: Message) -> None:
        media = file.job.media
        match message["event"]:
            case "started":
                seat.started.add(file.number)
                self._notify(FileStarted(media=media, duration_ms=message["duration_ms"]))
            case "decoded":
                self._notify(AudioDecoded(media=media, sample_count=message["samples"]))
            case "heard":
                self._notify(
                    ClipFinished(
                        media=media,
                        start_ms=message["start_ms"],
                        end_ms=message["end_ms"],
                        is_recalled=message["is_recalled"],
                    )
                )
            case _:
                pass  # of a later version, which says more

    def _take_told(self, seat: Seat, message: Message) -> None:
        store = self._stores[message["root"]]
        try:
            document = told_at(store, seat.lane, message)
            match message["what"]:
                case "warning":
                    self._ledger.warn(document["warning"])
                case "attempt":
                    self._take_attempt(seat.file(message["job"]), document)
                case "outcome":
                    self._take_outcome(seat, message["job"], document)
                case _:
                    pass  # of a later version, which says more
        except ToldError:
            # The shared disk does not show it: once its packet is done, the file is looked at anew.
            self._ledger.warn(f"worker {seat.worker} told something that cannot be read")

    def _take_attempt(self, file: Handed | None, document: Message) -> None:
        if file is not None:
            attempt = Attempt(**document["attempt"])
            self._ledger.note_attempt(file.job, attempt)
            self._notify(
                AttemptFailed(
                    media=file.job.media, attempt=attempt, retry_in_s=document["retry_in_s"]
                )
            )

    def _take_outcome(self, seat: Seat, number: int, document: Message) -> None:
        file = seat.file(number)
        if file is None:
            return
        outcome, lasting = outcome_told(document, file.job.media)
        seat.take(number)
        seat.started.discard(number)
        seat.last = (file, isinstance(outcome, FileDone | FileSkipped))
        if document["is_known"]:
            self._ledger.known(file.job, outcome)
        else:
            self._finisher.book(file.job, outcome, lasting=lasting)
        self._deaths.note_outcome()
