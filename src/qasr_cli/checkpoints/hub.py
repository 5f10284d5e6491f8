"""Hugging Face's hub, or a mirror that HF_ENDPOINT names, as a place to pull from.

Uses the network, so only `pull` may import it.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import qasr_cli
from qasr_cli.checkpoints.remote import Listing, RemoteFile
from qasr_cli.errors import DownloadError

_DEFAULT_ENDPOINT = "https://huggingface.co"
_LIBRARY = "qasr-cli"


class Hub:
    """The hub through its own library, which knows tokens, redirects and Xet storage."""

    def __init__(self) -> None:
        self._endpoint = (os.environ.get("HF_ENDPOINT") or _DEFAULT_ENDPOINT).rstrip("/")

    def list_files(self, repository: str, revision: str | None) -> Listing:
        """Every file of a revision; None = the newest."""
        with _online(repository, self._endpoint):
            from huggingface_hub import HfApi
            from huggingface_hub.hf_api import RepoFile

            api = HfApi(
                endpoint=self._endpoint,
                library_name=_LIBRARY,
                library_version=qasr_cli.__version__,
            )
            commit = api.model_info(repository, revision=revision).sha
            if commit is None:
                raise DownloadError(repository, f"{self._endpoint} names no commit")
            entries = api.list_repo_tree(repository, revision=commit)
            files = tuple(
                RemoteFile(
                    path=entry.path,
                    size_bytes=entry.size,
                    sha256=entry.lfs.sha256 if entry.lfs else None,
                )
                for entry in entries
                if isinstance(entry, RepoFile)
            )
        return Listing(revision=commit, files=files)

    def fetch(self, repository: str, revision: str, file: RemoteFile, folder: Path) -> None:
        """Write one file into `folder`, beside the library's own notes in `.cache`."""
        with _online(repository, self._endpoint):
            from huggingface_hub import hf_hub_download

            hf_hub_download(
                repository,
                file.path,
                revision=revision,
                local_dir=folder,
                endpoint=self._endpoint,
                library_name=_LIBRARY,
                library_version=qasr_cli.__version__,
            )


@contextmanager
def _online(repository: str, endpoint: str) -> Iterator[None]:
    """Lift the offline switch, and turn what goes wrong into one line.

    The library reads its switches once, at import, from an environment in which qasr has set
    HF_HUB_OFFLINE; so its constants are set, and set back. Telemetry stays off: otherwise it asks
    the hub for a list of coding agents and tells which one started it.
    """
    from huggingface_hub import constants, errors

    # The base error of whichever HTTP library this version of the hub's library is built on.
    http_error: type[Exception] = errors.HTTPError  # type: ignore[attr-defined]
    before = constants.HF_HUB_OFFLINE, constants.HF_HUB_DISABLE_TELEMETRY
    constants.HF_HUB_OFFLINE, constants.HF_HUB_DISABLE_TELEMETRY = False, True
    try:
        yield
    except errors.GatedRepoError as error:
        raise DownloadError(
            repository, "access to it is granted by its owner; ask there, then `hf auth login`"
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise DownloadError(
            repository, f"{endpoint} has no such repository (a private one needs `hf auth login`)"
        ) from error
    except errors.RevisionNotFoundError as error:
        raise DownloadError(repository, "it has no such --revision") from error
    except (http_error, OSError, RuntimeError, ValueError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DownloadError(repository, f"{endpoint}: {reason}") from error
    finally:
        constants.HF_HUB_OFFLINE, constants.HF_HUB_DISABLE_TELEMETRY = before
