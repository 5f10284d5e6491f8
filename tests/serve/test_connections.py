"""Connections on which nobody says in time what is wanted."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from qasr_cli.serve import connections
from qasr_cli.serve.connections import Connection
from tests.serve.engines import PATIENCE_S

_HEAD = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\n"


async def _echo(_: Any, receive: Any, send: Any) -> None:  # noqa: ANN401
    body = b""
    while len(body) < 4:
        body += (await receive())["body"]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


@contextlib.asynccontextmanager
async def _connected() -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """One connection to an application that says what it is told."""
    config = uvicorn.Config(_echo, http=Connection, lifespan="off", log_level="error")
    config.load()
    loop, state = asyncio.get_running_loop(), ServerState()
    server = await loop.create_server(
        lambda: Connection(config=config, server_state=state, app_state={}), "127.0.0.1", 0
    )
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    try:
        yield reader, writer
    finally:
        writer.close()
        server.close()
        await server.wait_closed()


@pytest.mark.parametrize("begun", [b"", b"\r\n", _HEAD[:30], _HEAD + b"body" + _HEAD[:30]])
def test_a_head_that_does_not_come(monkeypatch: pytest.MonkeyPatch, begun: bytes) -> None:
    """Who connects and says nothing, or half of it, is hung up on; also behind a request."""
    monkeypatch.setattr(connections, "HEAD_S", 0.2)

    async def scene() -> None:
        async with _connected() as (reader, writer):
            writer.write(begun)
            came = await asyncio.wait_for(reader.read(), PATIENCE_S)
            assert (b"body" in came) == (len(begun) > len(_HEAD))

    asyncio.run(scene())


def test_each_byte_is_no_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    """A head that comes byte by byte has no more time than one that does not come."""
    monkeypatch.setattr(connections, "HEAD_S", 0.2)

    async def scene() -> None:
        async with _connected() as (reader, writer):
            over = asyncio.ensure_future(reader.read())
            writer.write(_HEAD[:20])
            while not over.done():
                writer.write(b"x")
                await asyncio.sleep(0.01)
            with contextlib.suppress(ConnectionResetError):  # so a byte after the end is answered
                assert over.result() == b""

    asyncio.run(asyncio.wait_for(scene(), PATIENCE_S))


def test_a_body_has_its_own_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once the head is there it does not matter how long the rest takes."""
    monkeypatch.setattr(connections, "HEAD_S", 0.1)

    async def scene() -> None:
        async with _connected() as (reader, writer):
            writer.write(_HEAD)
            await asyncio.sleep(0.5)
            writer.write(b"body")
            assert (await asyncio.wait_for(reader.read(100), PATIENCE_S)).startswith(
                b"HTTP/1.1 200"
            )

    asyncio.run(scene())
