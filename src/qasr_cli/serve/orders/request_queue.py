"""Recordings to transcripts for requests that wait, all through one engine.

Equal work is done once: who sends the same recording with the same settings while it is heard,
joins. Work that nobody waits for any more is given up.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from qasr_cli.core.types import Transcript
from qasr_cli.errors import ExitCode, QasrError
from qasr_cli.run.stop_request import Stopped, StopRequest
from qasr_cli.serve.models.shared_engine import SharedEngine
from qasr_cli.serve.orders.language_check import language_of
from qasr_cli.serve.orders.orders import Order, Piece, refusal_of
from qasr_cli.serve.orders.work import Work
from qasr_cli.serve.refusals import Refused

_MOST_QUEUED_MS = 24 * 3600_000


class RequestQueue:
    """Takes orders. All of its methods belong to the event loop.

    Args:
        most_count: orders at a time, those whose recording is still arriving included.
    """

    def __init__(self, shared: SharedEngine, *, most_count: int) -> None:
        self._shared = shared
        self.most_count = most_count
        self._place_count = 0
        self._works: dict[tuple[str, str, str | None], Work] = {}
        self._threads = ThreadPoolExecutor(most_count, thread_name_prefix="qasr-request")
        self._is_closed = False

    @property
    def place_count(self) -> int:
        """Places that are taken."""
        return self._place_count

    @property
    def queued_ms(self) -> int:
        """Sound of all orders at work."""
        return sum(work.duration_ms for work in self._works.values())

    @contextlib.contextmanager
    def place(self) -> Iterator[None]:
        """A place for one order; take it before its recording arrives.

        Raises:
            Refused: all are taken.
        """
        if self._is_closed:
            raise Refused.going_down()
        is_full = self._place_count >= self.most_count or self.queued_ms > _MOST_QUEUED_MS
        if is_full:
            raise Refused.full(self._free_in_s())
        self._place_count += 1
        try:
            yield
        finally:
            self._place_count -= 1

    async def transcript(self, order: Order) -> Transcript:
        """The transcript of a recording. Whoever is cancelled meanwhile has left.

        Raises:
            Refused: it cannot be had, and why.
        """
        async with self._joined(order) as work:
            return await _answer_of(work, order)

    async def language(self, order: Order) -> tuple[str | None, float]:
        """The language at the beginning of a recording, and its share of the text there.

        Raises:
            Refused: it cannot be had, and why.
        """
        stop = StopRequest()
        loop = asyncio.get_running_loop()
        work = loop.run_in_executor(self._threads, language_of, order, self._shared, stop)
        # Whoever asked may have left by then.
        work.add_done_callback(lambda done: done.cancelled() or done.exception())
        try:
            return await asyncio.shield(work)
        except QasrError as error:
            raise refusal_of(error, order.name) from error
        finally:
            stop.ask("nobody waits for it", ExitCode.INTERRUPTED)

    async def pieces(self, order: Order) -> AsyncGenerator[Piece | Transcript]:
        """What is heard, clip by clip in order; at last the transcript.

        Raises:
            Refused: it cannot be had, and why.
        """
        async with self._joined(order) as work:
            told_count = 0
            while not work.done.done() or told_count < len(work.pieces):
                if told_count == len(work.pieces):
                    work.news.clear()
                    await work.news.wait()
                    continue
                yield work.pieces[told_count]
                told_count += 1
            yield await _answer_of(work, order)

    def close(self) -> None:
        """Take no more, and give up what is at work."""
        self._is_closed = True
        for work in self._works.values():
            work.give_up()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def refuse(self) -> None:
        """Take no more."""
        self._is_closed = True

    def _free_in_s(self) -> float:
        """When a place will be free: once the order is done that has least before it."""
        left_ms = [work.left_ms for work in self._works.values() if work.duration_ms]
        return self._shared.shared_s(min(left_ms, default=0) / 1000)

    @contextlib.asynccontextmanager
    async def _joined(self, order: Order) -> AsyncIterator[Work]:
        work = self._works.get(order.key)
        if work is None:
            work = self._works[order.key] = Work(order, self._shared)
            work.begin(self._threads)
        work.waiting_count += 1
        try:
            yield work
        finally:
            work.waiting_count -= 1
            if not work.waiting_count:
                if not work.done.done():
                    work.give_up()
                if self._works.get(order.key) is work:
                    del self._works[order.key]


async def _answer_of(work: Work, order: Order) -> Transcript:
    try:
        transcript = await asyncio.shield(work.done)
    except QasrError as error:
        raise refusal_of(error, order.name) from error
    except Stopped as error:
        raise Refused.going_down() from error
    return replace(transcript, file=order.name)
