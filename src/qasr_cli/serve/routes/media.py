"""The recording of a job, for players."""

import asyncio
import os
from functools import partial

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from qasr_cli.media.playing.proxy import MEDIA_TYPE
from qasr_cli.serve.jobs import recordings
from qasr_cli.serve.jobs.job import Job
from qasr_cli.serve.jobs.playing import playable_of, proxy_of_job
from qasr_cli.serve.refusals import Refused
from qasr_cli.serve.service import Service
from qasr_cli.serve.settings import is_true

_CODERS = 1  # at once: the work comes first


class Media:
    """The handlers, for one service."""

    def __init__(self, service: Service) -> None:
        self._jobs = service.jobs
        self._coders = asyncio.Semaphore(_CODERS)

    async def job(self, request: Request) -> Response:
        """`GET /api/jobs/ID`: how it stands, and whether a browser plays its recording."""
        job = self._jobs.register.named(request.path_params["id"])
        if job.playable is None:
            job.playable = await asyncio.to_thread(playable_of, job.folder.media)
            self._jobs.register.named(job.id)  # it may be removed by now
        return JSONResponse(self._jobs.register.document_of(job))

    async def media(self, request: Request) -> Response:
        """`GET /api/jobs/ID/media`: its recording, in parts as players ask for them.

        With `proxy`, its sound as every browser plays it; whoever asks first waits for it.
        """
        job = self._jobs.register.named(request.path_params["id"])
        if not await asyncio.to_thread(os.path.exists, job.folder.media):
            raise Refused(404, "its recording is gone", code="recording_gone")
        if is_true(request.query_params.get("proxy")):
            return await self._proxy(job)
        if job.media_type is None:
            job.media_type = await asyncio.to_thread(recordings.media_type_of, job.folder.media)
        is_known = job.media_type != recordings.UNKNOWN_TYPE
        return FileResponse(
            job.folder.media,
            media_type=job.media_type,
            filename=job.accepted.name,
            content_disposition_type="inline" if is_known else "attachment",
        )

    async def _proxy(self, job: Job) -> Response:
        if job.proxy is None:
            job.proxy = asyncio.ensure_future(self._made(job))
            job.proxy.add_done_callback(lambda made: _forget(job, made))
        path = await asyncio.shield(job.proxy)  # others may wait for it, too
        return FileResponse(
            path,
            media_type=MEDIA_TYPE,
            filename=f"{job.accepted.name.rpartition('.')[0] or job.accepted.name}.webm",
            content_disposition_type="inline",
        )

    async def _made(self, job: Job) -> str:
        async with self._coders:
            make = partial(
                proxy_of_job,
                job.folder,
                job.accepted,
                self._jobs.options,
                on_look=lambda: self._go_on(job),
            )
            return await asyncio.to_thread(make)

    def _go_on(self, job: Job) -> None:
        """In a thread: whether it is still wanted."""
        if self._jobs.news.is_over:
            raise Refused.going_down()
        self._jobs.register.named(job.id)


def _forget(job: Job, made: asyncio.Future[str]) -> None:
    job.proxy = None
    if not made.cancelled():
        made.exception()  # whoever waited was told
