"""Where files are given to workers: who is there, what each has in hand, what comes next."""

import itertools
import logging
from collections.abc import Sequence
from dataclasses import replace

from qasr_cli.core.types import MediaFile
from qasr_cli.options import Options
from qasr_cli.run.executor.base import Executor
from qasr_cli.run.executor.messages import document_of_job, line_of, packed
from qasr_cli.run.executor.packets import Handed, Packing
from qasr_cli.run.executor.seats import Packet, Readiness, Seat
from qasr_cli.run.file_policy import OptionsOf
from qasr_cli.run.state.store import Store

# One that it is at, and one that waits there, so that no device ever waits for the driver.
_PACKETS_A_WORKER = 2
_log = logging.getLogger(__name__)


class Desk:
    """Gives packets of files to the workers of an executor.

    Args:
        stores: of the run.
        options: of the run; `options_of` of each file.
        packing: of what waits.
    """

    def __init__(
        self,
        executor: Executor,
        *,
        stores: Sequence[Store],
        options: Options,
        options_of: OptionsOf,
        packing: Packing,
    ) -> None:
        self._executor = executor
        self._stores = stores
        self._options = options
        self._options_of = options_of
        self._packing = packing
        self._numbers = itertools.count(1)
        self._known_options: list[Options] = []
        self.seats: dict[str, Seat] = {}

    def open(self) -> None:
        """Give seats to the workers that are there from an earlier run."""
        for worker in self._executor.workers:
            self.welcome(worker)

    def welcome(self, worker: str) -> None:
        """Give a worker a seat, and tell it of the run."""
        if worker in self.seats:
            return
        self.seats[worker] = Seat(worker=worker)
        wanted = self._executor.engine_options(worker, self._options.engine)
        shard = next((store.part.shard for store in self._stores), None)
        run = {
            "options": packed(replace(self._options, engine=wanted)),
            "roots": [store.root for store in self._stores],
            "shard": None if shard is None else [shard.index, shard.count],
            "verbose": _log.isEnabledFor(logging.DEBUG),
        }
        self._executor.send(worker, line_of({"run": run}))

    @property
    def has_ready(self) -> bool:
        """Whether a worker is there that was not yet sent to rest, or is not resting yet."""
        return any(seat.readiness is Readiness.READY for seat in self.seats.values())

    @property
    def is_busy(self) -> bool:
        """Whether a worker has files in hand."""
        return any(seat.packets for seat in self.seats.values())

    def want_workers(self) -> None:
        """Have so many workers as there is work for."""
        busy = sum(bool(seat.packets) for seat in self.seats.values())
        self._executor.want(busy + self._packing.count)

    def hand_out(self) -> None:
        """Give every worker something to do, then something to do next."""
        for seat in self.seats.values():
            if seat.is_free and (packet := self._packing.next_for_free()):
                self._hand(seat, packet)
        for seat in self.seats.values():
            if seat.takes_ahead(_PACKETS_A_WORKER) and (packet := self._packing.next_ordinary()):
                self._hand(seat, packet)

    def _hand(self, seat: Seat, files: Sequence[Handed]) -> None:
        packet = Packet(
            number=next(self._numbers),
            files={file.number: file for file in files},
            is_alone=any(file.is_suspect for file in files),
        )
        seat.packets.append(packet)
        places = [self._place_of(file.job.media) for file in files]
        new = set(places) - seat.options_told
        seat.options_told |= new
        message = {
            "packet": packet.number,
            "options": {str(place): packed(self._known_options[place]) for place in sorted(new)},
            "jobs": [
                document_of_job(file.job, options=place)
                for file, place in zip(files, places, strict=True)
            ],
        }
        self._executor.send(seat.worker, line_of(message))

    def _place_of(self, media: MediaFile) -> int:
        """Which of the options that workers are told are those of a file."""
        options = self._options_of(media)
        for place, known in enumerate(self._known_options):
            if known is options:
                return place
        self._known_options.append(options)
        return len(self._known_options) - 1

    def send_to_rest(self) -> None:
        """Tell the workers that nothing more of this run comes."""
        for seat in self.seats.values():
            if seat.readiness is Readiness.READY:
                self._executor.send(seat.worker, line_of({"rest": True}))
