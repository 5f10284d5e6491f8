"""Live captions over a WebSocket: who speaks, and who only reads."""

import asyncio
import contextlib
from collections.abc import Awaitable

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from qasr_cli.serve.gate import LIVE_PROTOCOL
from qasr_cli.serve.live.captioning import Captioning
from qasr_cli.serve.live.greeting import (
    MOST_TEXT_BYTES,
    Return,
    Start,
    Watch,
    greeting_from,
)
from qasr_cli.serve.live.readers import Reader
from qasr_cli.serve.refusals import Refused
from qasr_cli.serve.routes.exchange import refused_by_bug
from qasr_cli.serve.service import Service
from qasr_cli.storage.documents import DamagedDocument, Fields, json_from

_FIRST_MESSAGE_S = 10.0
_ENDED = 1000
_REFUSED = 4400  # a close code of our own, as 400 is
_TOO_SLOW = 1013
_ACTS = ("flush", "stop")


class Live:
    """The handler, for one service."""

    def __init__(self, service: Service) -> None:
        self._sessions = service.live

    async def live(self, socket: WebSocket) -> None:
        """`GET /live`, as a WebSocket."""
        wanted = socket.scope.get("subprotocols", ())
        await socket.accept(subprotocol=LIVE_PROTOCOL if LIVE_PROTOCOL in wanted else None)
        code = _ENDED
        try:
            code = await self._served(socket)
        except Refused as refused:
            code = await _say_refused(socket, refused)
        except WebSocketDisconnect:
            return
        except Exception as error:  # noqa: BLE001  # logged there
            code = await _say_refused(socket, refused_by_bug(error))
        if socket.application_state is WebSocketState.CONNECTED:
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                await socket.close(code)

    async def _served(self, socket: WebSocket) -> int:
        greeting = greeting_from(await _first_text(socket))
        reader = Reader()
        if isinstance(greeting, Watch):
            return await self._watched(socket, greeting, reader)
        lost_count = 0
        if isinstance(greeting, Start):
            session = await self._sessions.begin(greeting)
        else:
            session = self._sessions.named(greeting.session)
            lost_count = session.go_on(greeting.sample)
        session.speak(reader)
        try:
            with session.readers.reading(reader):
                _greet(session, reader, greeting, lost_count)
                return await _both(_sent(socket, reader), _heard_from(socket, session))
        finally:
            session.leave(reader)

    async def _watched(self, socket: WebSocket, watch: Watch, reader: Reader) -> int:
        if watch.session is None and not self._sessions.count:
            await socket.send_json({"type": "waiting"})
        session = await self._session_to_watch(socket, watch)
        with session.readers.reading(reader):
            session.greet(reader)
            session.readers.tell_missed(reader, last_id=watch.last_id, is_late=watch.last_id < 0)
            return await _both(_sent(socket, reader), _until_gone(socket))

    async def _session_to_watch(self, socket: WebSocket, watch: Watch) -> Captioning:
        if watch.session is not None:
            return self._sessions.named(watch.session)
        newest = asyncio.ensure_future(self._sessions.newest())
        gone = asyncio.ensure_future(_until_gone(socket))
        try:
            await asyncio.wait({newest, gone}, return_when=asyncio.FIRST_COMPLETED)
            if newest.done():
                return newest.result()
            raise WebSocketDisconnect
        finally:
            newest.cancel()
            gone.cancel()
            await asyncio.gather(newest, gone, return_exceptions=True)


def _greet(session: Captioning, reader: Reader, greeting: Start | Return, lost_count: int) -> None:
    session.greet(reader, lost_ms=1000 * lost_count // session.incoming.rate_hz)
    if isinstance(greeting, Return):
        session.readers.tell_missed(reader, last_id=greeting.last_id)


async def _first_text(socket: WebSocket) -> str:
    try:
        async with asyncio.timeout(_FIRST_MESSAGE_S):
            message = await socket.receive()
    except TimeoutError as error:
        message_text = f"the first message did not come within {_FIRST_MESSAGE_S:g} s"
        raise Refused(408, message_text, code="too_slow") from error
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", _ENDED))
    return _text_of(message)


def _text_of(message: object) -> str:
    text = message.get("text") if isinstance(message, dict) else None
    if text is None:
        raise Refused.bad_request('the first message is text: {"type": "start"}')
    if len(text) > MOST_TEXT_BYTES:
        raise Refused.too_large(MOST_TEXT_BYTES, what="a message")
    return str(text)


async def _both(sending: Awaitable[int], receiving: Awaitable[int]) -> int:
    """Send and receive until either ends; the code to close with."""
    tasks = {asyncio.ensure_future(sending), asyncio.ensure_future(receiving)}
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return next(iter(done)).result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _sent(socket: WebSocket, reader: Reader) -> int:
    while (message := await reader.next()) is not None:
        try:
            await socket.send_json(message)
        except RuntimeError as error:  # closed by the other side
            raise WebSocketDisconnect from error
    return _TOO_SLOW if reader.is_behind else _ENDED


async def _heard_from(socket: WebSocket, session: Captioning) -> int:
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", _ENDED))
        if message.get("bytes") is not None:
            await session.take(message["bytes"])
        elif _act_in(_text_of(message)) == "flush":
            session.flush()
        else:
            session.stop()


def _act_in(text: str) -> str:
    try:
        return Fields(json_from(text.encode("utf-8", "replace"))).choice("type", _ACTS)
    except DamagedDocument as error:
        message = f"after the first message come sound, flush and stop: {error}"
        raise Refused.bad_request(message) from error


async def _until_gone(socket: WebSocket) -> int:
    while (message := await socket.receive())["type"] != "websocket.disconnect":
        if message.get("bytes") is not None:
            raise Refused.bad_request("who watches sends no sound")
    raise WebSocketDisconnect(message.get("code", _ENDED))


async def _say_refused(socket: WebSocket, refused: Refused) -> int:
    error = {"code": refused.code or "failed", "message": refused.message}
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        await socket.send_json({"type": "error", "error": error})
    return _REFUSED
