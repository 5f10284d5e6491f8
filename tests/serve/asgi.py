"""Requests to an ASGI application in this process, for what no client library would send."""

import asyncio
from collections.abc import Iterable, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from qasr_cli.serve.gate import App

Message = MutableMapping[str, Any]
Headers = Sequence[tuple[str, str]]


@dataclass(slots=True, kw_only=True)
class Sender:
    """A client that sends so many blocks of a body, and then waits or leaves.

    Attributes:
        is_whole: what it sends is the whole body.
        stays: it waits for the answer.
        asked_count: blocks that were asked for.
    """

    blocks: Iterable[bytes] = ()
    is_whole: bool = True
    stays: bool = True
    asked_count: int = 0

    async def receive(self) -> Message:
        """The next message."""
        self.asked_count += 1
        await asyncio.sleep(0)
        for block in (iterator := iter(self.blocks)):
            self.blocks = iterator
            return {"type": "http.request", "body": block, "more_body": True}
        if self.is_whole:
            self.is_whole = False
            return {"type": "http.request", "body": b"", "more_body": False}
        if self.stays:
            await asyncio.Event().wait()
        return {"type": "http.disconnect"}


@dataclass(slots=True, kw_only=True)
class Answer:
    """What was sent back."""

    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    is_over: bool = False
    close_code: int | None = None

    async def send(self, message: Message) -> None:
        """Take one message."""
        match message["type"]:
            case "http.response.start":
                self.status = message["status"]
                pairs = message.get("headers", ())
                self.headers = [(name.decode(), value.decode()) for name, value in pairs]
            case "http.response.body":
                self.body += message.get("body", b"")
                self.is_over = not message.get("more_body")
            case "websocket.close":
                self.close_code = message["code"]
            case _:
                pass

    def header(self, name: str) -> str | None:
        """The value of a header."""
        return dict(self.headers).get(name)


def scope_of(
    method: str, path: str, headers: Headers = (), *, kind: str = "http", server: str = "127.0.0.1"
) -> Message:
    """What an application is told of a request."""
    return {
        "type": kind,
        "method": method,
        "path": path,
        "query_string": b"",
        "server": (server, 7860),
        "headers": [(name.lower().encode(), value.encode("utf-8")) for name, value in headers],
    }


async def answered(app: App, scope: Message, sender: Sender | None = None) -> Answer:
    """The answer to a request."""
    answer = Answer()
    await app(scope, (sender or Sender()).receive, answer.send)
    return answer
