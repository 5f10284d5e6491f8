"""The recording of a job, for players and for pictures of it."""

import asyncio
import os

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.serve.jobs import recordings
from qasr_cli.serve.jobs.beside_work import BesideWork
from qasr_cli.serve.jobs.job import Job
from qasr_cli.serve.jobs.playing import Copy, has_picture, kept_copy
from qasr_cli.serve.refusals import Refused
from qasr_cli.serve.routes.exchange import unless_left
from qasr_cli.serve.routes.numbers import number_in
from qasr_cli.serve.service import Service
from qasr_cli.serve.settings import is_true

_COLUMN_COUNT = 1000
_MOST_COLUMNS = 20_000
_MOST_MS = 1 << 40
_PIECE_MS = 20_000
_MOST_PIECE_MS = 60_000


class Media:
    """The handlers, for one service."""

    def __init__(self, service: Service, beside: BesideWork) -> None:
        self._jobs = service.jobs
        self._beside = beside

    async def job(self, request: Request) -> Response:
        """`GET /api/jobs/ID`: how it stands, and whether a browser plays its recording."""
        job = self._job(request)
        await self._beside.playable(job)
        self._jobs.register.named(job.id)  # it may be removed by now
        return JSONResponse(self._jobs.register.document_of(job))

    async def media(self, request: Request) -> Response:
        """`GET /api/jobs/ID/media`: its recording, in parts as players ask for them.

        With `proxy`, its sound as every browser plays it: all of it, for which whoever asks first
        waits, or with `start_ms` a piece at once; or, with `proxy=picture`, its picture.
        """
        job = self._job(request)
        await _check_recording(job)
        proxy = request.query_params.get("proxy")
        if proxy == "picture":
            return await self._kept_picture(job)
        if is_true(proxy):
            if "start_ms" in request.query_params:
                return await self._piece(request, job)
            return _copy_answer(job, Copy.SOUND, await self._beside.copy(job, Copy.SOUND))
        if job.media_type is None:
            job.media_type = await asyncio.to_thread(recordings.media_type_of, job.folder.media)
        is_known = job.media_type != recordings.UNKNOWN_TYPE
        return FileResponse(
            job.folder.media,
            media_type=job.media_type,
            filename=job.accepted.name,
            content_disposition_type="inline" if is_known else "attachment",
        )

    async def picture(self, request: Request) -> Response:
        """`GET /api/jobs/ID/picture`: how far its picture is, as every browser shows it."""
        job = self._job(request)
        return JSONResponse(await self._picture_document(job))

    async def make_picture(self, request: Request) -> Response:
        """`POST /api/jobs/ID/picture`: have it made, in the background."""
        job = self._job(request)
        document = await self._picture_document(job)
        if document["state"] == "none":
            raise Refused(409, "it has no picture", code="no_picture")
        if document["state"] == "offered":
            self._beside.begin_copy(job, Copy.PICTURE)
            document = {"state": "making", "progress": 0.0}
        return JSONResponse(document, 202)

    async def peaks(self, request: Request) -> Response:
        """`GET /api/jobs/ID/peaks`: the outline of its sound, a byte a column.

        With `partial`, what is known of it by now.
        """
        job = self._job(request)
        start_ms = number_in(request, "start_ms", 0, least=0, most=_MOST_MS)
        end_ms = number_in(request, "end_ms", 0, least=0, most=_MOST_MS)
        columns = number_in(request, "columns", _COLUMN_COUNT, least=1, most=_MOST_COLUMNS)
        if "end_ms" in request.query_params and end_ms <= start_ms:
            raise Refused.bad_request("end_ms has to be above start_ms", param="end_ms")
        await _check_recording(job)
        is_whole = not is_true(request.query_params.get("partial"))
        outline = await self._beside.outline(job, is_whole=is_whole)
        peaks = await asyncio.to_thread(
            outline.peaks, start_ms=start_ms, end_ms=end_ms or None, column_count=columns
        )
        headers = {"Qasr-Duration-S": f"{peaks.duration_s:.6f}"}
        if peaks.known_s is not None:
            headers["Qasr-Known-S"] = f"{peaks.known_s:.2f}"
        return Response(peaks.columns, media_type=recordings.UNKNOWN_TYPE, headers=headers)

    def _job(self, request: Request) -> Job:
        return self._jobs.register.named(request.path_params["id"])

    async def _piece(self, request: Request, job: Job) -> Response:
        start_ms = number_in(request, "start_ms", 0, least=0, most=_MOST_MS)
        end_ms = number_in(request, "end_ms", start_ms + _PIECE_MS, least=0, most=_MOST_MS)
        if not 0 < end_ms - start_ms <= _MOST_PIECE_MS:
            message = f"end_ms has to be above start_ms, by {_MOST_PIECE_MS:,} at most"
            raise Refused.bad_request(message, param="end_ms")
        _, sample_count = await self._beside.landmarks(job)
        if sample_count is not None and start_ms >= 1000 * sample_count / SAMPLE_RATE_HZ:
            message = "the recording ends before start_ms"
            raise Refused.bad_request(message, param="start_ms")
        work = self._beside.sound_piece(job, start_ms=start_ms, duration_ms=end_ms - start_ms)
        return Response(await unless_left(request, work), media_type=Copy.SOUND.media_type)

    async def _kept_picture(self, job: Job) -> Response:
        path = await asyncio.to_thread(kept_copy, job.folder, Copy.PICTURE)
        if path is None:
            message = "its picture is not made; POST /api/jobs/ID/picture has it made"
            raise Refused(409, message, code="no_picture")
        return _copy_answer(job, Copy.PICTURE, path)

    async def _picture_document(self, job: Job) -> dict[str, object]:
        """How far its picture is.

        Raises:
            Refused: it could not be made; the next time it may be tried again.
        """
        if await asyncio.to_thread(kept_copy, job.folder, Copy.PICTURE) is not None:
            return {"state": "ready", "progress": 1.0}
        if job.has_picture is None:
            job.has_picture = await asyncio.to_thread(has_picture, job.folder.media)
        making = job.copies.get(Copy.PICTURE)
        if making is not None and not making.done.done():
            return {"state": "making", "progress": round(making.share, 4)}
        if making is not None:
            del job.copies[Copy.PICTURE]
            making.done.result()
        return {"state": "offered" if job.has_picture else "none", "progress": 0.0}


async def _check_recording(job: Job) -> None:
    """Refuse where there is nothing to listen to."""
    if not await asyncio.to_thread(os.path.exists, job.folder.media):
        raise Refused(404, "its recording is gone, or was not kept", code="recording_gone")


def _copy_answer(job: Job, copy: Copy, path: str) -> Response:
    stem = job.accepted.name.rpartition(".")[0] or job.accepted.name
    return FileResponse(
        path,
        media_type=copy.media_type,
        filename=f"{stem}.{copy.rpartition('.')[2]}",
        content_disposition_type="inline",
    )
