"""Bring a published checkpoint onto this machine: the only code of qasr that uses the network.

A checkpoint is built in a hidden folder beside its place and moved there whole, so a pull that was
cut off never looks complete. What was finished stays in the hidden folder for the next try.
"""

import fcntl
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from qasr_cli.checkpoints import layout, manifest
from qasr_cli.checkpoints.catalog import Source
from qasr_cli.checkpoints.manifest import Manifest, ManifestFile
from qasr_cli.checkpoints.remote import Listing, Remote, RemoteFile, is_taken
from qasr_cli.errors import DownloadError, ModelLoadError
from qasr_cli.storage.files import sync
from qasr_cli.storage.lock import LOCK_HELD


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
    target = root / repository
    try:
        present = _present(repository, target, listing)
        if present is not None:
            return Pulled(path=target, manifest=present, is_new=False)
        target.parent.mkdir(parents=True, exist_ok=True)
        with _staging_folder(repository, target) as staging:
            files = _fetch_all(remote, repository, listing.revision, wanted, staging)
            pulled = Manifest(
                source=source,
                repository=repository,
                revision=listing.revision,
                pulled_at=datetime.now(tz=UTC).isoformat(timespec="seconds"),
                files=files,
            )
            _check_whole(repository, staging)
            manifest.write(staging, pulled)
            _move(staging, target)
    except OSError as error:
        reason = f"{error.filename or root}: {error.strerror or error}"
        raise DownloadError(repository, reason) from error
    return Pulled(path=target, manifest=pulled, is_new=True)


def _remote(source: Source) -> Remote:
    if source == "modelscope":
        from qasr_cli.checkpoints.modelscope import ModelScope

        return ModelScope()
    from qasr_cli.checkpoints.hub import Hub

    return Hub()


def _wanted(repository: str, listing: Listing) -> tuple[RemoteFile, ...]:
    wanted = tuple(file for file in listing.files if is_taken(file.path))
    if not any(file.path.endswith(".safetensors") for file in wanted):
        raise DownloadError(
            repository, "it holds no *.safetensors, and qasr takes no other weights"
        )
    names = Counter(file.path.casefold() for file in wanted)  # one file, on some disks
    if twice := next((name for name, count in names.items() if count > 1), None):
        raise DownloadError(repository, f"its listing has {twice} twice")
    return wanted


def _present(repository: str, target: Path, listing: Listing) -> Manifest | None:
    """The manifest of the same revision at `target`, when every pulled byte is still right."""
    if not target.exists():
        return None
    try:
        verification = manifest.verify(target)
    except ModelLoadError:
        return None  # one of ours whose manifest is damaged: it is replaced
    if verification.manifest is None:
        reason = (
            f"{target} is there, and not from a pull; move it away, or name another --model-dir"
        )
        raise DownloadError(repository, reason)
    is_whole = all(problem.kind == "unknown" for problem in verification.problems)
    is_same = verification.manifest.revision == listing.revision
    return verification.manifest if is_whole and is_same else None


@contextmanager
def _staging_folder(repository: str, target: Path) -> Iterator[Path]:
    """A hidden folder beside the target, this process's alone; it outlives a failure."""
    staging = target.with_name(f".{target.name}.incomplete")
    staging.mkdir(exist_ok=True)
    descriptor = os.open(staging, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _lock(repository, descriptor)
        yield staging
    finally:
        os.close(descriptor)


def _lock(repository: str, descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in LOCK_HELD:  # else there are no locks: the check of all files has to do
            reason = "another `qasr models pull` of it is running"
            raise DownloadError(repository, reason) from error


def _fetch_all(
    remote: Remote, repository: str, revision: str, wanted: tuple[RemoteFile, ...], staging: Path
) -> tuple[ManifestFile, ...]:
    stale = {path.name for path in staging.iterdir()} - {file.path for file in wanted}
    for name in stale:
        _remove(staging / name)
    _check_space(repository, staging, wanted)
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
        _flush(staging / file.path)
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


def _check_space(repository: str, staging: Path, wanted: tuple[RemoteFile, ...]) -> None:
    there = {path.name: path.stat().st_size for path in staging.iterdir()}
    needed_bytes = sum(max(0, file.size_bytes - there.get(file.path, 0)) for file in wanted)
    free_bytes = shutil.disk_usage(staging).free
    if free_bytes < needed_bytes:
        reason = (
            f"it needs {needed_bytes / 1e9:.1f} GB and {staging.parent} has "
            f"{free_bytes / 1e9:.1f} GB left; --model-dir names another place"
        )
        raise DownloadError(repository, reason)


def _check_whole(repository: str, staging: Path) -> None:
    problem = layout.problem_with(staging)
    if problem is not None:
        raise DownloadError(repository, f"what came is no whole checkpoint: it {problem}")


def _move(staging: Path, target: Path) -> None:
    """Put the staged checkpoint in its place; the one that stood there goes."""
    outgoing = target.with_name(f".{target.name}.outgoing")
    _remove(outgoing)
    if target.exists():
        target.rename(outgoing)
    staging.rename(target)
    _flush(target.parent)
    _remove(outgoing)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        sync(descriptor)
    finally:
        os.close(descriptor)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
