"""Requests to a place of models, of which nothing is believed: not a size, not an address.

Uses the network, so only `pull` may import it. Standard library alone: what is asked for, how much
of an answer is read and where it may lead is decided here, for every place.
"""

import json
import string
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urljoin, urlsplit

from qasr_cli.checkpoints.remote import RemoteFile
from qasr_cli.errors import DownloadError

_SILENCE_LIMIT_S = 60
_READ_BYTES = 1 << 20
# A page of a thousand files has 0.3 MB.
_METADATA_LIMIT_BYTES = 4_000_000
_METADATA_LIMIT_S = 300.0
_MOST_REDIRECTS = 10
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a place says about a repository: a value of JSON, and the headers that came with it."""

    value: Any
    headers: HTTPMessage


class Web:
    """Asks one place about one repository.

    Args:
        headers: of every request; `Authorization` goes to the place alone, wherever that leads.
    """

    def __init__(self, repository: str, headers: Mapping[str, str]) -> None:
        self._repository = repository
        self._headers = dict(headers)
        self._opener = _opener()

    def page(self, url: str) -> Page:
        """A page of metadata.

        Raises:
            DownloadError: there is no answer, or it is too long or no JSON.
            HTTPError: the place says no; whoever knows the place knows why.
        """
        with self._as_download_error(), self._opened(url, has_hash=False) as answer:
            data = self._metadata(answer)
            try:
                return Page(value=json.loads(data), headers=answer.headers)
            except (ValueError, RecursionError) as error:
                raise DownloadError(self._repository, f"{url} answers no JSON") from error

    def download(self, url: str, file: RemoteFile, folder: Path) -> None:
        """Write one file into a folder, and not a byte more than the listing told.

        Raises:
            DownloadError: it is longer than that, or does not arrive.
            HTTPError: as `page`.
        """
        from tqdm import tqdm

        with (
            self._as_download_error(),
            self._opened(url, has_hash=file.sha256 is not None) as answer,
            (folder / file.path).open("xb") as target,
            tqdm(
                total=file.size_bytes, desc=file.path, unit="B", unit_scale=True, disable=None
            ) as progress,
        ):
            left_bytes = file.size_bytes
            while block := answer.read(min(_READ_BYTES, left_bytes + 1)):
                if len(block) > left_bytes:
                    reason = f"{file.path} goes on after the {file.size_bytes} bytes that it has"
                    raise DownloadError(self._repository, reason)
                target.write(block)
                left_bytes -= len(block)
                progress.update(len(block))

    def _metadata(self, answer: HTTPResponse) -> bytes:
        data = bytearray()
        due_s = time.monotonic() + _METADATA_LIMIT_S
        while block := answer.read1(_READ_BYTES):
            data += block
            if len(data) > _METADATA_LIMIT_BYTES:
                limit = f"{_METADATA_LIMIT_BYTES / 1e6:g} MB"
                raise DownloadError(self._repository, f"a listing of more than {limit} is refused")
            if time.monotonic() > due_s:
                limit = f"{_METADATA_LIMIT_S:g} s"
                raise DownloadError(self._repository, f"a listing took more than {limit}")
        return bytes(data)

    def _opened(self, url: str, *, has_hash: bool) -> HTTPResponse:
        """The answer to a request, wherever it is found.

        Redirects are followed here: the standard library reads the body of each one, however long,
        and follows to other protocols.
        """
        place, headers = _origin(url), self._headers
        for _ in range(_MOST_REDIRECTS + 1):
            self._check_address(url)
            try:
                # The scheme was checked.
                request = urllib.request.Request(url, headers=headers)  # noqa: S310
                answer: HTTPResponse = self._opener.open(request, timeout=_SILENCE_LIMIT_S)
            except HTTPError as error:
                target = error.headers.get("Location")
                if error.code not in _REDIRECTS or not target:
                    raise
                error.close()
                target = quote(urljoin(url, target), encoding="latin-1", safe=string.punctuation)
                self._check_redirect(url, target, has_hash=has_hash)
                url = target
                if _origin(url) != place:
                    headers = {k: v for k, v in headers.items() if k != "Authorization"}
            else:
                return answer
        raise DownloadError(self._repository, f"{place} leads from one address to the next")

    def _check_address(self, url: str) -> None:
        if urlsplit(url).scheme not in ("https", "http"):
            raise DownloadError(self._repository, f"no web address: {url}")

    def _check_redirect(self, url: str, target: str, *, has_hash: bool) -> None:
        self._check_address(target)
        is_downgrade = urlsplit(url).scheme == "https" and urlsplit(target).scheme == "http"
        if is_downgrade and not has_hash:
            reason = f"{_origin(url)} leads to {_origin(target)}, where anybody may change content"
            raise DownloadError(self._repository, reason)

    @contextmanager
    def _as_download_error(self) -> Iterator[None]:
        try:
            yield
        except HTTPError:
            raise
        except (OSError, HTTPException, ValueError) as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            raise DownloadError(self._repository, reason) from error


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _opener() -> urllib.request.OpenerDirector:
    """The web and nothing else: no ftp, no files, no redirects that nobody looked at."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.UnknownHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    return opener


def checked_size(size: object) -> int:
    """A size as a listing tells it.

    Raises:
        ValueError: it is none.
    """
    if isinstance(size, int) and not isinstance(size, bool) and size >= 0:
        return size
    raise ValueError(f"no size of a file: {size!r}")


def checked_text(text: object) -> str:
    """A text as a listing tells it.

    Raises:
        ValueError: it is none.
    """
    if isinstance(text, str):
        return text
    raise ValueError(f"no text: {text!r}")
