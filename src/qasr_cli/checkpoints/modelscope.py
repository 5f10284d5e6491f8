"""ModelScope, or a mirror that MODELSCOPE_ENDPOINT names, as a place to pull from.

Uses the network, so only `pull` may import it.
Source: modelscope/hub/api.py and file_download.py of https://github.com/modelscope/modelscope
(`/api/v1/models/{repository}/repo/files` and `/api/v1/models/{repository}/repo`).
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode

import qasr_cli
from qasr_cli.checkpoints.remote import Listing, RemoteFile
from qasr_cli.checkpoints.web import Web, checked_size, checked_text
from qasr_cli.errors import DownloadError

_DEFAULT_ENDPOINT = "https://www.modelscope.cn"
_DEFAULT_REVISION = "master"
# Requests that do not look like a browser's or the SDK's are answered with 404.
_HEADERS = {"User-Agent": f"Mozilla/5.0 (compatible; qasr/{qasr_cli.__version__})"}
_COMMIT = re.compile(r"[0-9a-f]{40}")


class ModelScope:
    """ModelScope through its file API."""

    def __init__(self) -> None:
        endpoint = os.environ.get("MODELSCOPE_ENDPOINT") or _DEFAULT_ENDPOINT
        self._endpoint = endpoint.rstrip("/")

    def list_files(self, repository: str, revision: str | None) -> Listing:
        """Every file of a revision; None = the newest."""
        asked = revision or _DEFAULT_REVISION
        query = {"Revision": asked, "Recursive": "true"}
        with _as_download_error(repository):
            page = Web(repository, _HEADERS).page(self._url(repository, "repo/files", query))
            data = page.value["Data"]
            # A revision that does not exist is answered with "Files": null and status 200.
            if not data["Files"]:
                raise DownloadError(repository, f"{self._endpoint} has no revision {asked} of it")
            blobs = [entry for entry in data["Files"] if entry["Type"] == "blob"]
            files = tuple(
                RemoteFile(
                    path=checked_text(blob["Path"]),
                    size_bytes=checked_size(blob["Size"]),
                    sha256=checked_text(blob.get("Sha256") or "") or None,
                )
                for blob in blobs
            )
            return Listing(revision=_commit(asked, data, blobs), files=files)

    def fetch(self, repository: str, revision: str, file: RemoteFile, folder: Path) -> None:
        """Write one file into `folder` under its own name."""
        query = {"Revision": revision, "FilePath": file.path}
        with _as_download_error(repository):
            url = self._url(repository, "repo", query)
            Web(repository, _HEADERS).download(url, file, folder)

    def _url(self, repository: str, route: str, query: dict[str, str]) -> str:
        return f"{self._endpoint}/api/v1/models/{quote(repository)}/{route}?{urlencode(query)}"


def _commit(asked: str, data: dict[str, Any], blobs: list[dict[str, Any]]) -> str:
    """The commit of a listing; what was asked for when the listing does not tell.

    Each file names the commit that changed it last; the listing's own is often there only as its
    first digits.
    """
    latest = data.get("LatestCommitter") or {}
    head = latest.get("Id") or latest.get("ShortId") or asked
    commits = {latest.get("Id"), asked, *(blob.get("Revision") for blob in blobs)}
    for commit in sorted(filter(None, commits)):
        if _COMMIT.fullmatch(commit) and commit.startswith(head):
            return str(commit)
    return asked


@contextmanager
def _as_download_error(repository: str) -> Iterator[None]:
    try:
        yield
    except HTTPError as error:
        with error:
            raise DownloadError(repository, f"{error.url} answers {error.code}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DownloadError(repository, "the answer is no list of files") from error
