"""Jobs: recordings that are heard although nobody waits for the answer."""

import asyncio
import contextlib
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from qasr_cli.serve.forms.receiving import json_received
from qasr_cli.serve.jobs import recordings
from qasr_cli.serve.jobs.asked import Asked
from qasr_cli.serve.jobs.cues import MOST_BODY_BYTES, etag_of
from qasr_cli.serve.jobs.events import told
from qasr_cli.serve.jobs.job import Job, JobState
from qasr_cli.serve.jobs.results import Result, format_of_result, media_type_of
from qasr_cli.serve.refusals import Refused
from qasr_cli.serve.routes.exchange import EventStream, attached, upload_of
from qasr_cli.serve.service import Service
from qasr_cli.serve.settings import is_true

_COLUMN_COUNT = 1000
_MOST_COLUMNS = 20_000
_MOST_MS = 1 << 40
_MOST_DIGITS = 18
_DECODERS = 2  # that draw peaks at once: the work comes first


class JobRoutes:
    """The handlers, for one service."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._jobs = service.jobs
        self._decoders = asyncio.Semaphore(_DECODERS)

    async def create(self, request: Request) -> Response:
        """`POST /api/jobs`: 202, and where it is.

        Its field `text` makes it an alignment; `held` has it wait for `POST /api/jobs/ID/start`.
        """
        with (
            self._service.request_queue.place(),
            self._jobs.place(),
            await upload_of(request, self._service) as upload,
        ):
            asked, is_held = Asked.in_form(upload), is_true(upload.first("held"))
            job = await self._jobs.accept(upload, asked, is_held=is_held)
        headers = {"Location": f"/api/jobs/{job.id}"}
        return JSONResponse(self._jobs.register.document_of(job), 202, headers=headers)

    async def every(self, _: Request) -> Response:
        """`GET /api/jobs`: all of them, in the order in which they came."""
        documents = [
            job.to_document(position=position)
            for job, position in self._jobs.register.with_positions()
        ]
        return JSONResponse({"jobs": documents})

    async def start(self, request: Request) -> Response:
        """`POST /api/jobs/ID/start`: begins what is held, and once more what has failed."""
        job = self._job(request)
        await self._jobs.start(job)
        return JSONResponse(self._jobs.register.document_of(job), 202)

    async def remove(self, request: Request) -> Response:
        """`DELETE /api/jobs/ID`: cancels and removes it."""
        await self._jobs.remove(self._job(request))
        return Response(status_code=204)

    async def events(self, request: Request) -> Response:
        """`GET /api/jobs/ID/events`: what is new of a job, until it has ended."""
        job = self._job(request)
        after = self._last_event(request)
        if job.end is not None and after >= job.last_number:
            return Response(status_code=204)  # else a browser would come again for ever
        return self._stream(request, after, job_id=job.id)

    async def all_events(self, request: Request) -> Response:
        """`GET /api/events`: what is new of all jobs, in one stream."""
        return self._stream(request, self._last_event(request), job_id=None)

    async def result(self, request: Request) -> Response:
        """`GET /api/jobs/ID/result.FORMAT`."""
        job = self._done(request)
        format_ = format_of_result(request.path_params["format"])
        result = self._result(job)
        content = await asyncio.to_thread(result.content, format_)
        headers = {"Content-Disposition": attached(result.file_name(format_))}
        return Response(content, media_type=media_type_of(format_), headers=headers)

    async def cues(self, request: Request) -> Response:
        """`GET /api/jobs/ID/cues`: the subtitles; their ETag is what an edit has to name."""
        result = self._result(self._done(request))
        document, marks = await asyncio.to_thread(result.cues), {}
        if is_true(request.query_params.get("lint")):
            marks = {"lint": await asyncio.to_thread(result.marks)}
        return _cues_answer(document, **marks)

    async def edit_cues(self, request: Request) -> Response:
        """`PATCH /api/jobs/ID/cues`: these take the place of those that `If-Match` names."""
        job = self._done(request)
        sent = await json_received(request, most_bytes=MOST_BODY_BYTES)
        if_match = request.headers.get("if-match")
        async with job.changing:
            self._done(request)  # it may be removed by now
            edit = partial(self._result(job).edited, sent, if_match=if_match)
            return _cues_answer(await asyncio.to_thread(edit))

    async def peaks(self, request: Request) -> Response:
        """`GET /api/jobs/ID/peaks`: the outline of its sound, a byte a column."""
        job = self._job(request)
        start_ms = _number(request, "start_ms", 0, least=0, most=_MOST_MS)
        end_ms = _number(request, "end_ms", 0, least=0, most=_MOST_MS)
        columns = _number(request, "columns", _COLUMN_COUNT, least=1, most=_MOST_COLUMNS)
        if "end_ms" in request.query_params and end_ms <= start_ms:
            raise Refused.bad_request("end_ms has to be above start_ms", param="end_ms")
        async with job.drawing, self._decoders:
            make = partial(
                recordings.peaks_of_job,
                job.folder,
                job.accepted,
                self._jobs.options,
                start_ms=start_ms,
                end_ms=end_ms or None,
                column_count=columns,
                on_look=lambda: self._go_on(job),
            )
            peaks = await asyncio.to_thread(make)
        headers = {"Qasr-Duration-S": f"{peaks.duration_s:.6f}"}
        return Response(peaks.columns, media_type=recordings.UNKNOWN_TYPE, headers=headers)

    def _job(self, request: Request) -> Job:
        return self._jobs.register.named(request.path_params["id"])

    def _go_on(self, job: Job) -> None:
        """In a thread: whether it is still wanted."""
        if self._jobs.news.is_over:
            raise Refused.going_down()
        self._jobs.register.named(job.id)

    def _done(self, request: Request) -> Job:
        job = self._job(request)
        if job.state is not JobState.DONE:
            message = "the job has failed" if job.end else "the job has no result yet"
            raise Refused(409, message, code=f"job_{job.state}")
        return job

    def _result(self, job: Job) -> Result:
        return Result(folder=job.folder, accepted=job.accepted, options=self._jobs.options)

    def _last_event(self, request: Request) -> int:
        """The last event that a client has seen; 0 = none of those that may be gone on from."""
        number = _whole(request.headers.get("last-event-id", ""))
        return number if 0 <= number <= self._jobs.news.number else 0

    def _stream(self, request: Request, after: int, *, job_id: str | None) -> Response:
        register = self._jobs.register
        events = told(
            self._jobs.news,
            after,
            partial(register.events_after, job_id=job_id),
            is_at_end=lambda: job_id is not None and register.is_at_end(job_id),
        )
        return EventStream(request, events, contextlib.AsyncExitStack())


def _cues_answer(document: dict[str, Any], **more: dict[str, Any]) -> Response:
    headers = {"ETag": etag_of(document), "Cache-Control": "no-cache"}
    return JSONResponse(document | more, headers=headers)


def _whole(text: str) -> int:
    """The whole number that a text is; -1 where it is none."""
    is_whole = text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS
    return int(text) if is_whole else -1


def _number(request: Request, name: str, default: int, *, least: int, most: int) -> int:
    value = request.query_params.get(name, "")
    if not value:
        return default
    number = _whole(value)
    if not least <= number <= most:
        message = f"{name} takes a whole number from {least} to {most}"
        raise Refused.bad_request(message, param=name)
    return number
