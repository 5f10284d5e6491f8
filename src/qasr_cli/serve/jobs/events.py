"""Streams of what is new: of one job, or one stream of all of them.

A stream holds no list of its own: it knows the number of the last event that it told, and asks the
jobs for what came after. So who is slow, or comes again after a while, costs no memory, and gets of
what was overtaken, such as progress, only the newest.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable

from qasr_cli.serve.jobs.job import JobEvent

_COME_AGAIN_MS = 2000
_LEAST_BETWEEN_S = 0.25  # four events of progress a second are as smooth as anybody sees

EventsAfter = Callable[[int], Iterable[JobEvent]]


class News:
    """The numbers of events, and who waits for the next. Belongs to the event loop.

    Args:
        first_number: above those of any process before: clients may name one of its events.
    """

    def __init__(self, first_number: int) -> None:
        self.number = first_number
        self.is_over = False
        self._come = asyncio.Event()

    def take_number(self) -> int:
        """The number of one more event; whoever waits is woken."""
        self.number += 1
        self._wake()
        return self.number

    def end(self) -> None:
        """There will be no more."""
        self.is_over = True
        self._wake()

    async def wait(self) -> None:
        """Until there is something new, or never will be."""
        if not self.is_over:
            await self._come.wait()

    def _wake(self) -> None:
        self._come.set()
        self._come = asyncio.Event()


async def told(
    news: News, after: int, events_after: EventsAfter, *, is_at_end: Callable[[], bool]
) -> AsyncIterator[str]:
    """Server-sent events as they come, as text.

    Source: https://html.spec.whatwg.org/multipage/server-sent-events.html

    Args:
        after: number of the last event that was told already.
        is_at_end: whether nothing more will come once all that is there was told.
    """
    yield f"retry: {_COME_AGAIN_MS}\n\n"
    while True:
        reached, is_last = news.number, is_at_end() or news.is_over
        for number, kind, content in sorted(events_after(after), key=lambda event: event[0]):
            data = json.dumps(content, ensure_ascii=False)
            yield f"id: {number}\nevent: {kind}\ndata: {data}\n\n"
        after = reached
        if is_last:
            return
        if news.number == reached:
            await news.wait()
        if not news.is_over:
            await asyncio.sleep(_LEAST_BETWEEN_S)
