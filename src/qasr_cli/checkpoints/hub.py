"""Hugging Face's hub, or a mirror that HF_ENDPOINT names, as a place to pull from.

Uses the network, so only `pull` may import it.
Source: huggingface_hub/hf_api.py and file_download.py of
https://github.com/huggingface/huggingface_hub (`/api/models/{repository}`, its `/tree/{commit}`
with pages, and `/{repository}/resolve/{commit}/{file}`).
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urljoin

import qasr_cli
from qasr_cli.checkpoints.remote import Listing, RemoteFile
from qasr_cli.checkpoints.web import Web, checked_size, checked_text
from qasr_cli.errors import DownloadError

_DEFAULT_ENDPOINT = "https://huggingface.co"
_NEXT_PAGE = re.compile(r'<([^<>]+)>\s*;\s*rel="?next"?')
_SHA256 = re.compile(r"[0-9a-f]{64}")
_COMMIT = re.compile(r"[0-9A-Za-z]{1,64}")
_MOST_PAGES = 20  # of a thousand files each; a checkpoint has a dozen


class Hub:
    """The hub through its HTTP API; the library of its name says who is logged in, no more."""

    def __init__(self) -> None:
        self._endpoint = (os.environ.get("HF_ENDPOINT") or _DEFAULT_ENDPOINT).rstrip("/")

    def list_files(self, repository: str, revision: str | None) -> Listing:
        """Every file of a revision; None = the newest."""
        about = f"{self._endpoint}/api/models/{quote(repository)}"
        web = Web(repository, _headers())
        with self._as_download_error(repository):
            asked = about if revision is None else f"{about}/revision/{quote(revision, safe='')}"
            commit = web.page(asked).value["sha"]
            if not isinstance(commit, str) or not _COMMIT.fullmatch(commit):
                raise DownloadError(repository, f"{self._endpoint} names no commit")
            entries = self._entries(web, repository, f"{about}/tree/{commit}")
            files = tuple(_file(entry) for entry in entries if entry["type"] == "file")
        return Listing(revision=commit, files=files)

    def fetch(self, repository: str, revision: str, file: RemoteFile, folder: Path) -> None:
        """Write one file into `folder` under its own name."""
        path = f"{quote(repository)}/resolve/{quote(revision, safe='')}/{quote(file.path)}"
        with self._as_download_error(repository):
            Web(repository, _headers()).download(f"{self._endpoint}/{path}", file, folder)

    def _entries(self, web: Web, repository: str, url: str) -> Iterator[dict[str, Any]]:
        """What stands in a folder, page by page."""
        for _ in range(_MOST_PAGES):
            page = web.page(url)
            yield from page.value
            following = _NEXT_PAGE.search(page.headers.get("Link") or "")
            if following is None:
                return
            url = urljoin(url, following[1])
            if not url.startswith(f"{self._endpoint}/"):  # it would be told who is logged in
                raise DownloadError(repository, f"its listing goes on elsewhere: {url}")
        raise DownloadError(repository, f"its listing has more than {_MOST_PAGES} pages")

    @contextmanager
    def _as_download_error(self, repository: str) -> Iterator[None]:
        try:
            yield
        except HTTPError as error:
            raise DownloadError(repository, self._reason(error)) from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DownloadError(repository, f"{self._endpoint} answers no list of files") from error

    def _reason(self, error: HTTPError) -> str:
        with error:
            match error.code, error.headers.get("X-Error-Code"):
                case _, "GatedRepo":
                    return "access to it is granted by its owner; ask there, then `hf auth login`"
                case _, "RevisionNotFound":
                    return "it has no such --revision"
                case (_, "RepoNotFound") | (401, None):
                    return (
                        f"{self._endpoint} has no such repository "
                        f"(a private one needs `hf auth login`)"
                    )
                case code, _:
                    return f"{error.url} answers {code}"


def _headers() -> dict[str, str]:
    from huggingface_hub import constants, get_token

    headers = {"User-Agent": f"qasr/{qasr_cli.__version__}"}
    token = None if constants.HF_HUB_DISABLE_IMPLICIT_TOKEN else get_token()
    return headers if token is None else headers | {"Authorization": f"Bearer {token}"}


def _file(entry: dict[str, Any]) -> RemoteFile:
    lfs = entry.get("lfs") or {}
    sha256 = lfs.get("oid") or None
    if sha256 is not None and not _SHA256.fullmatch(sha256):
        raise ValueError(f"no sha256: {sha256!r}")
    return RemoteFile(
        path=checked_text(entry["path"]), size_bytes=checked_size(entry["size"]), sha256=sha256
    )
