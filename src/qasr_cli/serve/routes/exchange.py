"""What every route needs around its work: the form in, errors and streams out, who has left."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar
from urllib.parse import quote

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from qasr_cli.serve.forms.receiving import received
from qasr_cli.serve.forms.uploads import Upload
from qasr_cli.serve.refusals import Refused
from qasr_cli.serve.service import Service

_T = TypeVar("_T")
_PING_S = 15.0
_PING = ": ping\n\n"
_LEFT = 499  # nobody reads it; as nginx counts those who left

_log = logging.getLogger(__name__)

Handler = Callable[[Request], Awaitable[Response]]


def answering(handler: Handler) -> Handler:
    """The handler, with refusals as answers."""

    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except Refused as refused:
            return refusal(refused)
        except ClientDisconnect:
            return Response(status_code=_LEFT)
        except Exception as error:  # noqa: BLE001  # logged below
            # Here, and not further out: a connection that such an error reaches is broken off.
            return refusal(refused_by_bug(error))

    return answer


def refused_by_bug(error: Exception) -> Refused:
    """How the sender is told of an error that should not be; the log says more."""
    _log.error("a request failed", exc_info=error)
    return Refused(500, f"internal error: {type(error).__name__}", code="internal_error")


def refusal(refused: Refused) -> Response:
    """The answer to what is not done."""
    return JSONResponse(refused.to_document(), refused.status, headers=refused.headers)


async def upload_of(request: Request, service: Service, *, head: bytes = b"") -> Upload:
    """The form of a request; it has a recording.

    Raises:
        Refused: it has none, or cannot be taken.
    """
    upload = await received(request, service.limits, head=head)
    service.metrics.upload_bytes += upload.size_bytes
    if not upload.path or not upload.size_bytes:
        upload.remove()
        raise Refused.bad_request("the form holds no recording", param="file")
    return upload


def attached(name: str) -> str:
    """A header that has a browser save an answer under this name.

    Source: RFC 6266
    """
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\' else "_" for c in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


async def unless_left(request: Request, work: Awaitable[_T]) -> _T:
    """What comes of the work, which is given up when whoever asked leaves.

    Raises:
        ClientDisconnect: they left.
    """
    task = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_has_left(request))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise ClientDisconnect
    finally:
        for each in (task, gone):
            each.cancel()
        await asyncio.gather(task, gone, return_exceptions=True)


async def _has_left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


class EventStream(StreamingResponse):
    """Events as they come; what they need is let go of, however it ends.

    Args:
        events: text of each.
        held: closed at the end.
    """

    def __init__(
        self, request: Request, events: AsyncIterator[str], held: contextlib.AsyncExitStack
    ) -> None:
        super().__init__(
            _with_pings(request, events),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )
        self._held = held

    async def __call__(self, *exchange: Any) -> None:  # noqa: ANN401  # ASGI's scope and calls
        """Send them."""
        async with self._held:
            await super().__call__(*exchange)


async def _with_pings(request: Request, events: AsyncIterator[str]) -> AsyncIterator[str]:
    """The events, with a sign of life while there are none, until nobody listens."""
    gone = asyncio.ensure_future(_has_left(request))
    following: asyncio.Future[str] | None = None
    try:
        while True:
            if following is None:
                following = asyncio.ensure_future(anext(events))
            both: set[asyncio.Future[Any]] = {following, gone}
            await asyncio.wait(both, timeout=_PING_S, return_when=asyncio.FIRST_COMPLETED)
            if gone.done():
                return
            if not following.done():
                yield _PING
                continue
            try:
                event = following.result()
            except StopAsyncIteration:
                return
            following = None
            yield event
    finally:
        gone.cancel()
        if following is not None:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
        if (close := getattr(events, "aclose", None)) is not None:
            await close()
