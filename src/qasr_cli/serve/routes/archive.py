"""Results of several jobs, or in several formats, as one zip: made while it is sent."""

import re
import zipfile
from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from qasr_cli.formats.registry import Format
from qasr_cli.serve.jobs.job import Job, JobState
from qasr_cli.serve.jobs.results import Result, format_of_result
from qasr_cli.serve.refusals import Refused
from qasr_cli.serve.routes.exchange import attached
from qasr_cli.serve.routes.page import offered_formats
from qasr_cli.serve.service import Service

# What no disk takes in a name, and what would lead out of the folder that it is unpacked in.
_NO_NAME = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]|^\.+$')
_TROUBLE_NAME = "not in this zip.txt"
_WHEN = (2026, 1, 1, 0, 0, 0)  # equal results make equal files


class Archive:
    """The handler, for one service."""

    def __init__(self, service: Service) -> None:
        self._jobs = service.jobs

    async def results(self, request: Request) -> Response:
        """`GET /api/results.zip`: of each `job`, or of all that are done, in each `format`."""
        query = request.query_params
        jobs = [self._named(job_id) for job_id in dict.fromkeys(query.getlist("job"))]
        jobs = jobs or [job for job in self._jobs.register if job.state is JobState.DONE]
        if not jobs:
            raise Refused(409, "no job is done yet", code="job_none")
        names = dict.fromkeys(query.getlist("format"))
        formats = [format_of_result(name) for name in names] or list(offered_formats())
        stem = _plain(jobs[0].accepted.name).rpartition(".")[0] if len(jobs) == 1 else "qasr"
        headers = {"Content-Disposition": attached(f"{stem or 'qasr'}.zip")}
        pieces = self._pieces(jobs, formats)
        return StreamingResponse(pieces, media_type="application/zip", headers=headers)

    def _named(self, job_id: str) -> Job:
        job = self._jobs.register.named(job_id)
        if job.state is not JobState.DONE:
            raise Refused(409, "the job has no result", code=f"job_{job.state}")
        return job

    def _pieces(self, jobs: list[Job], formats: list[Format]) -> Iterator[bytes]:
        """In a thread: the file, one result after the other."""
        sink = _Sink()
        names: set[str] = set()
        trouble: list[str] = []
        with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
            for job in jobs:
                result = Result.of(job, self._jobs.options)
                for format_ in formats:
                    name = _free(_plain(result.file_name(format_)), names)
                    try:
                        content = result.content(format_)
                    except Refused as refused:  # it was removed meanwhile, or is damaged
                        trouble.append(f"{name}: {refused.message}")
                        continue
                    archive.writestr(_entry(name), content)
                    yield sink.taken()
            if trouble:
                archive.writestr(_entry(_free(_TROUBLE_NAME, names)), "\n".join(trouble) + "\n")
        yield sink.taken()


class _Sink:
    """Where a zip is written to that nobody goes back in."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes, /) -> int:
        """Keep it until it is taken."""
        self._pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing is open."""

    def taken(self) -> bytes:
        """What was written since the last time."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, date_time=_WHEN)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry


def _plain(name: str) -> str:
    return _NO_NAME.sub("_", name)


def _free(name: str, taken: set[str]) -> str:
    """The name, or the next that is free; then it is taken. Some disks do not tell A from a."""
    stem, dot, suffix = name.partition(".")
    count, wanted = 1, name
    while wanted.lower() in taken:
        count += 1
        wanted = f"{stem} ({count}){dot}{suffix}"
    taken.add(wanted.lower())
    return wanted
