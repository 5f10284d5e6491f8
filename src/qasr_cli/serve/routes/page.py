"""The page for people: its files, and what can be chosen on it."""

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from qasr_cli.core.language.languages import all_languages
from qasr_cli.core.subtitles.styles import STYLES
from qasr_cli.errors import UsageError
from qasr_cli.formats.registry import (
    EXTRA_FORMAT_NAMES,
    FORMAT_NAMES,
    Format,
    format_named,
    parse_formats,
)
from qasr_cli.media.suffixes import MEDIA_SUFFIXES, SHARED_SUFFIXES
from qasr_cli.serve.refusals import Refused

_FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(__file__))), "page")
_PREFIX = "/page/"
_ENTRANCE = "/page/index.html"
# What else lies there, such as licences, is for whoever reads the source.
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _PageFile:
    content: bytes
    media_type: str
    etag: str


class Page:
    """The handlers. The files are read now: later ones are not served, whatever a path says.

    Args:
        editing: as in `Service`.
    """

    def __init__(self, *, editing: str | None = None) -> None:
        self._editing = editing
        files = dict(_page_files())
        files["/"] = files.pop(_ENTRANCE)
        self._files: Mapping[str, _PageFile] = files

    @property
    def open_paths(self) -> frozenset[str]:
        """Who has no key yet needs these to give it. They hold no data."""
        return frozenset(self._files)

    async def file(self, request: Request) -> Response:
        """`GET /` and `/page/NAME`."""
        path = request.url.path
        found = self._files.get(path)
        if found is None:
            raise Refused.not_found(f"there is no {path:.80} here")
        # A newer version of qasr shows at once, and nothing else is sent twice.
        headers = {"ETag": found.etag, "Cache-Control": "no-cache"}
        if found.etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(found.content, media_type=found.media_type, headers=headers)

    async def choices(self, _: Request) -> Response:
        """`GET /api/choices`: languages, styles and formats that there are, and what is edited."""
        answer = {
            "languages": [{"name": each.name, "code": each.code} for each in all_languages()],
            "profiles": list(STYLES),
            "formats": [
                {"name": each.name, "suffix": each.suffix, "has_cues": each.has_cues}
                for each in offered_formats()
            ],
            "suffixes": sorted(MEDIA_SUFFIXES | SHARED_SUFFIXES),
            "editing": None if self._editing is None else {"name": self._editing},
        }
        return JSONResponse(answer)


def offered_formats() -> Iterator[Format]:
    """The formats that this installation can write."""
    for name in (*FORMAT_NAMES, *EXTRA_FORMAT_NAMES):
        try:
            parse_formats([name])
        except UsageError:  # what it needs is not installed
            continue
        yield format_named(name)


def _page_files() -> Iterator[tuple[str, _PageFile]]:
    for folder, _, names in os.walk(_FOLDER):
        for name in names:
            media_type = _TYPES.get(os.path.splitext(name)[1])
            if media_type is None:
                continue
            path = os.path.join(folder, name)
            with open(path, "rb") as file:
                content = file.read()
            place = _PREFIX + os.path.relpath(path, _FOLDER).replace(os.sep, "/")
            etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
            yield place, _PageFile(content=content, media_type=media_type, etag=etag)
