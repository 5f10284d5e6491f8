"""Who reads what a session says: its speaker, and others. Belongs to the event loop."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Iterator
from typing import Any

Message = dict[str, Any]

# Of finals and times: half an hour's, for those who come back or come late.
_REMEMBERED_COUNT = 1024
_MOST_WAITING = 2048  # messages that somebody has not read
_LATE_COUNT = 8  # of what was said before somebody came who only watches


class Reader:
    """One connection, and what it has not read yet.

    Attributes:
        is_behind: it reads too slowly, and gets nothing more.
    """

    def __init__(self) -> None:
        self._waiting: deque[Message] = deque()
        self._news = asyncio.Event()
        self._is_ended = False
        self.is_behind = False

    def tell(self, message: Message) -> None:
        """Have it read this; a partial takes the place of one that nobody has read."""
        waiting = self._waiting
        if waiting and message["type"] == "partial" == waiting[-1]["type"]:
            waiting.pop()
        if len(waiting) >= _MOST_WAITING:
            self.is_behind = True
            self.end()
        elif not self._is_ended:
            waiting.append(message)
            self._news.set()

    def end(self) -> None:
        """Nothing more comes behind what waits."""
        self._is_ended = True
        self._news.set()

    async def next(self) -> Message | None:
        """The next message; None at the end."""
        while not self._waiting:
            if self._is_ended:
                return None
            self._news.clear()
            await self._news.wait()
        return self._waiting.popleft()


class Readers:
    """All who read one session, and what those missed who come to it."""

    def __init__(self) -> None:
        self._all: set[Reader] = set()
        self._remembered: deque[Message] = deque(maxlen=_REMEMBERED_COUNT)
        self._partial: Message | None = None

    def __len__(self) -> int:
        return len(self._all)

    @contextlib.contextmanager
    def reading(self, reader: Reader) -> Iterator[None]:
        """Have it read, as long as this is open."""
        self._all.add(reader)
        try:
            yield
        finally:
            self._all.discard(reader)

    def tell(self, message: Message) -> None:
        """Have everybody read this."""
        kind = message["type"]
        if kind == "partial":
            self._partial = message
        elif kind in {"final", "times"}:
            self._remembered.append(message)
            if self._partial is not None and self._partial["id"] <= message["id"]:
                self._partial = None
        for reader in tuple(self._all):
            reader.tell(message)

    def tell_missed(self, reader: Reader, *, last_id: int, is_late: bool = False) -> None:
        """Have somebody who came read what was said since a final that they know.

        Args:
            is_late: they were not here before: only what was said last.
        """
        missed = [each for each in self._remembered if each["id"] > last_id]
        for message in missed[-_LATE_COUNT:] if is_late else missed:
            reader.tell(message)
        if self._partial is not None:
            reader.tell(self._partial)

    def end(self) -> None:
        """Nothing more is said."""
        for reader in tuple(self._all):
            reader.end()
