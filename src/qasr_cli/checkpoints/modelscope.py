"""ModelScope, or a mirror that MODELSCOPE_ENDPOINT names, as a place to pull from.

Uses the network, so only `pull` may import it.
Source: modelscope/hub/api.py and file_download.py of https://github.com/modelscope/modelscope
(`/api/v1/models/{repository}/repo/files` and `/api/v1/models/{repository}/repo`).
"""

import json
import os
import re
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode

import qasr_cli
from qasr_cli.checkpoints.remote import Listing, RemoteFile
from qasr_cli.errors import DownloadError

_DEFAULT_ENDPOINT = "https://www.modelscope.cn"
_DEFAULT_REVISION = "master"
_SILENCE_LIMIT_S = 60
_READ_BYTES = 1 << 20
_COMMIT = re.compile(r"[0-9a-f]{40}")


class ModelScope:
    """ModelScope through its file API, with nothing but the standard library."""

    def __init__(self) -> None:
        endpoint = os.environ.get("MODELSCOPE_ENDPOINT") or _DEFAULT_ENDPOINT
        self._endpoint = endpoint.rstrip("/")

    def list_files(self, repository: str, revision: str | None) -> Listing:
        """Every file of a revision; None = the newest."""
        asked = revision or _DEFAULT_REVISION
        query = {"Revision": asked, "Recursive": "true"}
        with _as_download_error(repository), self._open(repository, "repo/files", query) as answer:
            data = json.load(answer)["Data"]
            # A revision that does not exist is answered with "Files": null and status 200.
            if not data["Files"]:
                raise DownloadError(repository, f"{self._endpoint} has no revision {asked} of it")
            blobs = [entry for entry in data["Files"] if entry["Type"] == "blob"]
            files = tuple(
                RemoteFile(
                    path=blob["Path"],
                    size_bytes=int(blob["Size"]),
                    sha256=blob.get("Sha256") or None,
                )
                for blob in blobs
            )
        return Listing(revision=_commit(asked, data, blobs), files=files)

    def fetch(self, repository: str, revision: str, file: RemoteFile, folder: Path) -> None:
        """Write one file into `folder` under its own name."""
        from tqdm import tqdm

        query = {"Revision": revision, "FilePath": file.path}
        with (
            _as_download_error(repository),
            self._open(repository, "repo", query) as answer,
            (folder / file.path).open("wb") as target,
            tqdm(
                total=file.size_bytes, desc=file.path, unit="B", unit_scale=True, disable=None
            ) as progress,
        ):
            while block := answer.read(_READ_BYTES):
                target.write(block)
                progress.update(len(block))

    def _open(self, repository: str, route: str, query: dict[str, str]) -> HTTPResponse:
        url = f"{self._endpoint}/api/v1/models/{repository}/{route}?{urlencode(query)}"
        if not url.startswith(("https://", "http://")):
            raise DownloadError(repository, f"MODELSCOPE_ENDPOINT is no web address: {url}")
        # Requests that do not look like a browser's or the SDK's are answered with 404.
        agent = f"Mozilla/5.0 (compatible; qasr/{qasr_cli.__version__})"
        request = urllib.request.Request(url, headers={"User-Agent": agent})  # noqa: S310  # checked above
        answer: HTTPResponse = urllib.request.urlopen(request, timeout=_SILENCE_LIMIT_S)  # noqa: S310  # checked above
        return answer


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
        raise DownloadError(repository, f"{error.url} answers {error.code}") from error
    except (OSError, HTTPException) as error:
        raise DownloadError(repository, str(error) or type(error).__name__) from error
    except (ValueError, KeyError, TypeError) as error:
        raise DownloadError(repository, "the answer is no list of files") from error
