"""The rules of `qasr lint`, and where lines break, for whoever edits subtitles."""

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from qasr_cli.serve.forms.receiving import json_received
from qasr_cli.serve.jobs.checks import checked_as_sent
from qasr_cli.serve.jobs.cues import MOST_BODY_BYTES
from qasr_cli.serve.jobs.layout import laid_out_as_sent
from qasr_cli.serve.service import Service


class Checks:
    """The handlers, for one service."""

    def __init__(self, service: Service) -> None:
        self._options = service.options

    async def lint(self, request: Request) -> Response:
        """`POST /api/lint`: what is wrong with the cues that were sent; nothing is kept."""
        sent = await json_received(request, most_bytes=MOST_BODY_BYTES)
        return JSONResponse(await asyncio.to_thread(checked_as_sent, sent, self._options))

    async def layout(self, request: Request) -> Response:
        """`POST /api/layout`: the lines of the texts that were sent; nothing is kept."""
        sent = await json_received(request, most_bytes=MOST_BODY_BYTES)
        return JSONResponse(await asyncio.to_thread(laid_out_as_sent, sent, self._options))
