"""A stretch of a job's recording, heard or timed once more: what an editor asks for a selection."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from qasr_cli.errors import ExitCode
from qasr_cli.run.stop_request import StopRequest
from qasr_cli.serve.forms.receiving import json_received
from qasr_cli.serve.jobs.beside_work import BesideWork
from qasr_cli.serve.jobs.stretches import MOST_BODY_BYTES, Selected, Stretch
from qasr_cli.serve.orders.orders import Order
from qasr_cli.serve.routes.exchange import unless_left
from qasr_cli.serve.service import Service


class Stretches:
    """The handlers, for one service."""

    def __init__(self, service: Service, beside: BesideWork) -> None:
        self._service = service
        self._beside = beside

    async def align(self, request: Request) -> Response:
        """`POST /api/jobs/ID/align`: when the words of a text are said in a stretch."""
        async with self._stretch(request, has_text=True) as stretch:
            work = asyncio.to_thread(stretch.aligned, self._service.shared)
            return JSONResponse(await unless_left(request, work))

    async def hear(self, request: Request) -> Response:
        """`POST /api/jobs/ID/hear`: what is said in a stretch, once more; nothing is kept of it."""
        async with self._stretch(request, has_text=False) as stretch:
            return JSONResponse(await unless_left(request, self._heard(stretch)))

    async def _heard(self, stretch: Stretch) -> dict[str, object]:
        thread = asyncio.to_thread(stretch.order, self._service.limits.folder)
        making = asyncio.ensure_future(thread)
        try:
            order = await asyncio.shield(making)
            transcript = await self._service.request_queue.transcript(order)
        finally:  # also of one that is still being made
            making.add_done_callback(_remove)
        return await asyncio.to_thread(stretch.heard, transcript)

    @contextlib.asynccontextmanager
    async def _stretch(self, request: Request, *, has_text: bool) -> AsyncIterator[Stretch]:
        """What is asked for; its work stops when nobody waits for it."""
        job = self._service.jobs.register.named(request.path_params["id"])
        sent = await json_received(request, most_bytes=MOST_BODY_BYTES)
        selected = Selected.sent(sent, has_text=has_text)
        landmarks, sample_count = await self._beside.landmarks(job)
        stop = StopRequest()
        with self._service.request_queue.place():
            try:
                yield Stretch(
                    folder=job.folder,
                    accepted=job.accepted,
                    options=self._service.jobs.options,
                    selected=selected,
                    language=job.known_language,
                    in_place=job.in_place,
                    landmarks=landmarks,
                    sample_count=sample_count,
                    stop=stop,
                )
            finally:
                stop.ask("nobody waits for it", ExitCode.INTERRUPTED)


def _remove(making: asyncio.Future[Order]) -> None:
    """Remove the sound of an order, where the queue has not taken it."""
    if not making.cancelled() and making.exception() is None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(making.result().path)
