"""Bring a published checkpoint onto this machine: the only code of qasr that uses the network."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from qasr_cli.checkpoints import catalog, manifest
from qasr_cli.checkpoints.arrival import Arrival, flush
from qasr_cli.checkpoints.catalog import Source
from qasr_cli.checkpoints.manifest import Manifest, ManifestFile
from qasr_cli.checkpoints.remote import Listing, Remote, RemoteFile, is_taken
from qasr_cli.errors import DownloadError


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """A checkpoint that is on this machine now; `is_new` is False when it already was."""

    path: Path
    manifest: Manifest
    is_new: bool


def pull(repository: str, *, source: Source, revision: str | None, root: Path) -> Pulled:
    """Download a checkpoint into `root/owner/name`, and check it.

    Args:
        repository: "owner/name".
        source: the place; HF_ENDPOINT and MODELSCOPE_ENDPOINT name mirrors.
        revision: branch, tag or commit; None = the newest.
        root: folder of models; made when it is not there.

    Raises:
        DownloadError: nothing was changed under `root/owner/name`.
    """
    remote = _remote(source)
    listing = remote.list_files(repository, revision)
    wanted = _wanted(repository, listing)
    arrival = Arrival(repository=repository, root=root)
    try:
        present = arrival.present(listing.revision)
        if present is not None:
            return Pulled(path=arrival.target, manifest=present, is_new=False)
        with arrival.staging_folder() as staging:
            files = _fetch_all(remote, arrival, listing.revision, wanted, staging)
            pulled = Manifest(
                source=source,
                repository=repository,
                revision=listing.revision,
                pulled_at=datetime.now(tz=UTC).isoformat(timespec="seconds"),
                files=files,
            )
            arrival.put_in_place(staging, pulled)
    except OSError as error:
        reason = f"{error.filename or root}: {error.strerror or error}"
        raise DownloadError(repository, reason) from error
    return Pulled(path=arrival.target, manifest=pulled, is_new=True)


def _remote(source: Source) -> Remote:
    if source == "modelscope":
        from qasr_cli.checkpoints.modelscope import ModelScope

        return ModelScope()
    from qasr_cli.checkpoints.hub import Hub

    return Hub()


def _wanted(repository: str, listing: Listing) -> tuple[RemoteFile, ...]:
    if only := catalog.files_of(repository):
        wanted = tuple(file for file in listing.files if file.path in only)
        if len(wanted) < len(only):
            raise DownloadError(repository, f"it does not hold {', '.join(only)} any more")
        return wanted
    wanted = tuple(file for file in listing.files if is_taken(file.path))
    if not any(file.path.endswith(".safetensors") for file in wanted):
        raise DownloadError(
            repository, "it holds no *.safetensors, and qasr takes no other weights"
        )
    names = Counter(file.path.casefold() for file in wanted)  # one file, on some disks
    if twice := next((name for name, count in names.items() if count > 1), None):
        raise DownloadError(repository, f"its listing has {twice} twice")
    return wanted


def _fetch_all(
    remote: Remote, arrival: Arrival, revision: str, wanted: tuple[RemoteFile, ...], staging: Path
) -> tuple[ManifestFile, ...]:
    repository = arrival.repository
    arrival.keep_only(staging, (file.path for file in wanted))
    arrival.check_space(staging, {file.path: file.size_bytes for file in wanted})
    pulled = []
    for file in wanted:
        described = _described(staging, file)
        if described is None or described.sha256 != file.sha256:
            (staging / file.path).unlink(missing_ok=True)
            remote.fetch(repository, revision, file, staging)
            described = _described(staging, file)
        if described is None:
            raise DownloadError(repository, f"{file.path} did not arrive")
        _check_arrived(repository, file, described)
        flush(staging / file.path)
        pulled.append(described)
    return tuple(pulled)


def _described(staging: Path, file: RemoteFile) -> ManifestFile | None:
    path = staging / file.path
    return manifest.describe(path, name=file.path) if path.is_file() else None


def _check_arrived(repository: str, file: RemoteFile, described: ManifestFile) -> None:
    if described.size_bytes != file.size_bytes:
        reason = f"{file.path} came with {described.size_bytes} of {file.size_bytes} bytes"
        raise DownloadError(repository, reason)
    if file.sha256 is not None and described.sha256 != file.sha256:
        raise DownloadError(repository, f"{file.path} came with another sha256 than listed")
