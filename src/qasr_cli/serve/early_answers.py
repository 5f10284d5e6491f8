"""Answers that are given before the whole body has come: their senders see them all the same.

A connection that is closed over bytes that nobody has read is reset, and with it goes the answer.
Many programs read no answer before they have sent all of a recording. Pure ASGI.
"""

import asyncio
import contextlib
from collections.abc import MutableMapping
from typing import Any

from qasr_cli.serve.gate import App, Receive, Scope, Send

# How long is read on, and how long where nothing comes.
_LINGER_S = 30.0
_SILENCE_S = 5.0


class EarlyAnswers:
    """Reads on behind an answer for a while; then the connection ends."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on."""
        if scope["type"] == "http" and _has_body(scope):
            body = _Body(receive)
            sender = _Sender(body, send, is_asked_first=_header(scope, b"expect") != b"")
            await self._app(scope, body.receive, sender.send)
        else:
            await self._app(scope, receive, send)


class _Body:
    """The body of a request, and whether all of it was read."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.is_over = False

    async def receive(self) -> MutableMapping[str, Any]:
        """The next message."""
        message = await self._receive()
        if message["type"] != "http.request" or not message.get("more_body"):
            self.is_over = True
        return message

    async def read_on(self, *, most_s: float, silence_s: float) -> None:
        """Read until it is over, for so long at most, or until nothing comes for so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(most_s):
                while not self.is_over:
                    async with asyncio.timeout(silence_s):
                        await self.receive()


class _Sender:
    """Sends an answer; its end waits for what is left of the body.

    Args:
        is_asked_first: the body comes only once some of it was asked for.
    """

    def __init__(self, body: _Body, send: Send, *, is_asked_first: bool) -> None:
        self._body = body
        self._send = send
        self._is_asked_first = is_asked_first
        self._is_early = False

    async def send(self, message: MutableMapping[str, Any]) -> None:
        """Send one message."""
        if message["type"] == "http.response.start":
            if not self._is_asked_first:
                await self._body.read_on(most_s=0, silence_s=0)  # what is here already
            self._is_early = not self._body.is_over
            if self._is_early:
                message["headers"] = [*message.get("headers", ()), (b"connection", b"close")]
        elif self._is_early and not message.get("more_body"):
            await self._send({**message, "more_body": True})
            await self._body.read_on(most_s=_LINGER_S, silence_s=_SILENCE_S)
            message = {"type": message["type"], "body": b""}
        await self._send(message)


def _has_body(scope: Scope) -> bool:
    return _header(scope, b"content-length") not in {b"", b"0"} or bool(
        _header(scope, b"transfer-encoding")
    )


def _header(scope: Scope, wanted: bytes) -> bytes:
    return next((value for name, value in scope["headers"] if name == wanted), b"")
