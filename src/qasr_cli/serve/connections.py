"""Connections whose senders have to say in time what they want; uvicorn itself waits for ever."""

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

# From the connection, or from the first byte of a further request, to the end of its headers.
HEAD_S = 30.0


class Connection(H11Protocol):
    """Uvicorn's connection, which is closed when the head of a request does not come."""

    _overdue: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Somebody has connected."""
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Bytes have come."""
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Either side has closed it."""
        self._stop_watching()
        super().connection_lost(exc)

    def _watch(self) -> None:
        if self.conn.their_state is not h11.IDLE:  # a head is there, or nothing more will come
            self._stop_watching()
        elif self._overdue is None:
            self._overdue = self.loop.call_later(HEAD_S, self.timeout_keep_alive_handler)

    def _stop_watching(self) -> None:
        if self._overdue is not None:
            self._overdue.cancel()
            self._overdue = None
