"""Jobs: recordings that are heard although nobody waits for the answer."""

import asyncio
import contextlib
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from qasr_cli.serve.forms.receiving import json_received
from qasr_cli.serve.jobs.asked import Asked
from qasr_cli.serve.jobs.cues import MOST_BODY_BYTES, etag_of
from qasr_cli.serve.jobs.events import told
from qasr_cli.serve.jobs.job import Job, JobState
from qasr_cli.serve.jobs.results import Result, format_of_result, media_type_of
from qasr_cli.serve.refusals import Refused
from qasr_cli.serve.routes.exchange import EventStream, attached, upload_of
from qasr_cli.serve.routes.numbers import whole_number
from qasr_cli.serve.service import Service
from qasr_cli.serve.settings import is_true


class JobRoutes:
    """The handlers, for one service."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._jobs = service.jobs

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
        """`GET /api/jobs`: all in the order in which they came, but the user's own worst first."""
        jobs = sorted(self._jobs.register.with_positions(), key=lambda pair: _rank(pair[0]))
        documents = [job.to_document(position=position) for job, position in jobs]
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
            answer = _cues_answer(await asyncio.to_thread(edit))
        if job.in_place is not None:
            self._jobs.register.note_changed(job)
        return answer

    async def review(self, request: Request) -> Response:
        """`GET /api/jobs/ID/review`: the minutes to listen to again, the worst first, and why."""
        result = self._result(self._done(request))
        return JSONResponse(await asyncio.to_thread(result.review))

    async def mark_reviewed(self, request: Request) -> Response:
        """`POST /api/jobs/ID/reviewed`: somebody has looked it through, or takes that back."""
        job = self._done(request)
        sent = await json_received(request, most_bytes=MOST_BODY_BYTES)
        reviewed = sent.get("reviewed") if isinstance(sent, dict) else None
        if not isinstance(reviewed, bool):
            raise Refused.bad_request('send JSON: {"reviewed": true}', param="reviewed")
        async with job.changing:
            mark = partial(self._result(job).mark_reviewed, reviewed=reviewed)
            await asyncio.to_thread(mark)
        self._jobs.register.note_changed(job)
        return JSONResponse(self._jobs.register.document_of(job))

    def _job(self, request: Request) -> Job:
        return self._jobs.register.named(request.path_params["id"])

    def _done(self, request: Request) -> Job:
        job = self._job(request)
        if job.state is not JobState.DONE:
            message = "the job has failed" if job.end else "the job has no result yet"
            raise Refused(409, message, code=f"job_{job.state}")
        return job

    def _result(self, job: Job) -> Result:
        return Result.of(job, self._jobs.options)

    def _last_event(self, request: Request) -> int:
        """The last event that a client has seen; 0 = none of those that may be gone on from."""
        number = whole_number(request.headers.get("last-event-id", ""))
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


def _rank(job: Job) -> tuple[bool, bool, float, str]:
    """Equal for jobs that were sent: these stay in their order, behind the user's own files."""
    if job.in_place is None:
        return True, False, 0.0, ""
    place = job.in_place
    return False, place.reviewed is not None, -(place.word_count or 0), job.accepted.name


def _cues_answer(document: dict[str, Any], **more: dict[str, Any]) -> Response:
    headers = {"ETag": etag_of(document), "Cache-Control": "no-cache"}
    return JSONResponse(document | more, headers=headers)
