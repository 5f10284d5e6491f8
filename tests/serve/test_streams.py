"""Streams: what is told of an order, that it lives, and who hangs up."""

import asyncio
import contextlib
import json
import os
import threading
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request

from qasr_cli.core.types import Clip, Transcript
from qasr_cli.serve.orders.orders import Order, Piece
from qasr_cli.serve.routes import exchange
from tests.serve.asgi import Answer, Sender, scope_of
from tests.serve.engines import PATIENCE_S
from tests.serve.office import Office, Played


def test_pieces_come_in_the_order_of_the_recording(played: Played, talk: Path) -> None:
    """Two who listen to one order are told the same pieces, then the whole under their name."""

    async def told(office: Office, order: Order) -> tuple[str, Transcript]:
        texts = []
        async for piece in office.request_queue.pieces(order):
            if isinstance(piece, Piece):
                texts.append(piece.text)
            else:
                return " ".join(texts), piece
        raise AssertionError("no end")

    async def scene(office: Office) -> None:
        orders = [office.order(talk, name) for name in ("one.wav", "two.wav")]
        listening = [asyncio.ensure_future(told(office, order)) for order in orders]
        await asyncio.to_thread(office.begun.wait, PATIENCE_S)
        office.gate.set()
        for (text, transcript), order in zip(await asyncio.gather(*listening), orders):  # noqa: B905
            assert text == transcript.text
            assert transcript.file == order.name
        os.unlink(orders[1].path)

    office = played(scene, clips_at_once=4, max_clip_s=2.0)
    assert len(office.engine.heard) == len(set(office.engine.heard))


def test_a_listener_who_leaves_stops_the_work(played: Played, talk: Path) -> None:
    """A stream that is closed in the middle gives its order up."""
    left, turn_count = threading.Event(), 0

    def until_somebody_left(_: list[Clip]) -> None:
        nonlocal turn_count
        turn_count += 1
        if turn_count == 5:
            assert left.wait(PATIENCE_S)

    async def scene(office: Office) -> None:
        async with contextlib.aclosing(office.request_queue.pieces(office.order(talk))) as pieces:
            async for _ in pieces:
                break
        left.set()
        assert office.request_queue.queued_ms == 0

    office = played(scene, max_clip_s=2.0, is_open=True, before_turn=until_somebody_left)
    assert len(office.engine.turns) < 10


async def _streamed(events: AsyncIterator[str], sender: Sender) -> tuple[Answer, list[str]]:
    """What a stream sends, and whether what it held was let go of."""
    released: list[str] = []
    held = contextlib.AsyncExitStack()
    held.callback(released.append, "released")
    scope = scope_of("POST", "/")
    request = Request(scope, sender.receive)
    answer = Answer()
    stream = exchange.EventStream(request, events, held)
    await stream(scope, sender.receive, answer.send)
    return answer, released


def test_a_stream_shows_that_it_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    """While there is nothing to tell, a comment now and then keeps proxies from hanging up."""
    monkeypatch.setattr(exchange, "_PING_S", 0.01)

    async def scene() -> None:
        pinged = asyncio.Event()

        async def events() -> AsyncIterator[str]:
            yield "data: 1\n\n"
            await pinged.wait()
            yield "data: 2\n\n"

        streaming = asyncio.ensure_future(_streamed(events(), Sender()))
        await asyncio.sleep(0.05)
        pinged.set()
        answer, released = await streaming
        text = answer.body.decode()
        assert text.startswith("data: 1\n\n: ping\n\n")
        assert text.endswith(": ping\n\ndata: 2\n\n")
        assert answer.header("cache-control") == "no-store"
        assert (answer.is_over, released) == (True, ["released"])

    asyncio.run(scene())


def test_a_stream_ends_when_its_reader_leaves() -> None:
    """However long the next event would take: what it held is let go of, and it is closed."""
    closed = []

    async def events() -> AsyncIterator[str]:
        try:
            await asyncio.Event().wait()
            yield "never"
        finally:
            closed.append("closed")

    answer, released = asyncio.run(_streamed(events(), Sender(stays=False)))
    assert (answer.body, closed, released) == (b"", ["closed"], ["released"])


def test_who_leaves_is_not_answered() -> None:
    """Work for a client that is gone is given up."""

    async def scene() -> None:
        given_up = []

        async def work() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                given_up.append(True)

        async def handler(request: Request) -> Any:  # noqa: ANN401
            await exchange.unless_left(request, work())

        sender = Sender(stays=False)
        response = await exchange.answering(handler)(Request(scope_of("POST", "/"), sender.receive))
        assert response.status_code == 499
        assert given_up == [True]

    asyncio.run(scene())


def test_a_bug_is_an_answer(caplog: pytest.LogCaptureFixture) -> None:
    """An error that should not be is 500 with no more than its type; the log has the rest."""

    async def handler(_: Request) -> Any:  # noqa: ANN401
        raise KeyError("secret")

    response = asyncio.run(_awaited(exchange.answering(handler)(Request(scope_of("GET", "/")))))
    error = json.loads(response.body)["error"]
    assert response.status_code == 500
    assert error["message"] == "internal error: KeyError"
    assert "secret" in caplog.text


async def _awaited(work: Awaitable[Any]) -> Any:  # noqa: ANN401
    return await work
