"""One order at work, in a thread of its own, and who waits for it."""

import asyncio
import contextlib
import os
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import replace
from typing import TYPE_CHECKING

from qasr_cli.api import single
from qasr_cli.core.outcomes import ClipOutcome
from qasr_cli.core.timing import ms_from_samples
from qasr_cli.core.types import Transcript
from qasr_cli.errors import ExitCode
from qasr_cli.run.events import ClipFinished, Event, FileStarted
from qasr_cli.run.stop_request import Stopped, StopRequest
from qasr_cli.serve.models.scheduler import Kind
from qasr_cli.serve.models.shared_engine import SharedEngine
from qasr_cli.serve.orders.listening import Listening
from qasr_cli.serve.orders.orders import Order, Piece

if TYPE_CHECKING:
    from qasr_cli.serve.models.session import Session

# Who sends less than this waits for the answer.
SHORT_MS = 5 * 60_000


class Work:
    """One order at work. It belongs to the event loop, but for what says otherwise.

    Attributes:
        done: its transcript, or the error that ended it; never both.
        pieces: what was heard so far, in order.
        news: set when there is more of it, or the end.
        waiting_count: requests that want it.
        duration_ms: 0 where nobody knows.
    """

    def __init__(self, order: Order, shared: SharedEngine) -> None:
        self._loop = asyncio.get_running_loop()
        # Who sent it may leave before those who joined.
        self._order = replace(order, path=f"{order.path}-work")
        os.rename(order.path, self._order.path)
        self._shared = shared
        self._stop = StopRequest()
        self._session: Session | None = None
        self._heard_ms = 0
        self.done: asyncio.Future[Transcript] = self._loop.create_future()
        self.pieces: list[Piece] = []
        self.news = asyncio.Event()
        self.waiting_count = 0
        self.duration_ms = 0

    @property
    def left_ms(self) -> int:
        """Sound that is still to be heard; 0 where nobody knows."""
        return max(0, self.duration_ms - self._heard_ms)

    def begin(self, threads: Executor) -> None:
        """Begin in one of these threads, when one is free."""
        threads.submit(self._run).add_done_callback(self._remove)

    def give_up(self) -> None:
        """Nobody waits for it any more."""
        self._stop.ask("nobody waits for it", ExitCode.INTERRUPTED)
        if self._session is not None:
            self._session.stop()

    def _note(self, piece: Piece) -> None:
        self.pieces.append(piece)
        self.news.set()

    def _end(self, transcript: Transcript | None, error: BaseException | None = None) -> None:
        self.news.set()
        if self.done.done():
            return
        if transcript is not None:
            self.done.set_result(transcript)
        else:
            self.done.set_exception(error or Stopped())
            self.done.exception()  # there may be nobody who asks

    # --- in its thread ----------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            transcript = self._heard()
        except BaseException as error:  # noqa: BLE001  # raised where it is awaited
            failed = error
            self._tell(lambda: self._end(None, failed))
        else:
            self._tell(lambda: self._end(transcript))

    def _remove(self, _: object) -> None:
        """Remove the recording, also where its turn never came."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._order.path)

    def _heard(self) -> Transcript:
        order = self._order
        with self._shared.session(Kind.BULK) as session:
            self._session = session
            if self._stop.is_set:
                raise Stopped
            engine = Listening(session, self._tell_piece)
            if order.text is None:
                return single.transcribe(
                    order.path, order.options, engine=engine, observer=self, stop=self._stop
                )
            return single.align(
                order.path,
                order.text,
                order.options,
                engine=engine,
                observer=self,
                stop=self._stop,
            )

    def on(self, event: Event) -> None:
        """Note how far it is, and how long the recording."""
        match event:
            case FileStarted(duration_ms=duration_ms) if duration_ms is not None:
                self.duration_ms = duration_ms
                if duration_ms <= SHORT_MS and self._session is not None:
                    self._session.become(Kind.SHORT)
            case ClipFinished(end_ms=end_ms):
                self._heard_ms = max(self._heard_ms, end_ms)
            case _:
                pass

    def close(self) -> None:
        """Nothing is open."""

    def _tell_piece(self, settled: ClipOutcome) -> None:
        if settled.result.text:
            piece = Piece(
                start_ms=ms_from_samples(settled.span.start_sample),
                end_ms=ms_from_samples(settled.span.end_sample),
                text=settled.result.text,
                language=settled.result.language,
            )
            self._tell(lambda: self._note(piece))

    def _tell(self, act: Callable[[], None]) -> None:
        """Have the event loop do it."""
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(act)
