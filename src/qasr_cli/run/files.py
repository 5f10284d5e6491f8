"""Whole files or none: every write of qasr goes through `write_atomically`.

A reader sees the old file or the new one, never a part; a full disk leaves the old one whole.
Source of the order (temporary, fsync, rename, fsync of the folder): borg's SaveFile.
"""

import contextlib
import errno
import hashlib
import os
import secrets
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from qasr_cli.errors import OutputError, OutputRefused


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What stands on disk after a write."""

    path: str
    size_bytes: int
    sha256: str


# Not one file's trouble: whatever comes next would meet it too.
_ENDS_THE_RUN = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO})


@contextlib.contextmanager
def os_errors_as_output_errors(path: str) -> Iterator[None]:
    """Turn an OSError about qasr's own files into the one line a user can act on."""
    try:
        yield
    except OSError as error:
        raise OutputError(path, _reason(error)) from error


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__


def write_atomically(path: str, data: bytes) -> Written:
    """Put `data` at `path` as a whole, making its folders.

    Raises:
        OutputError: disk full, read-only, failing: the run cannot go on. The old file still
            stands, and no temporary is left.
        OutputRefused: this place takes no file (permission, name too long), others may.
    """
    try:
        folder = os.path.dirname(path) or "."
        os.makedirs(folder, exist_ok=True)
        temporary = _temporary_in(folder)
        try:
            _write_and_sync(temporary, data)
            os.replace(temporary, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise
        _sync_folder(folder)
    except OSError as error:
        if error.errno in _ENDS_THE_RUN:
            raise OutputError(path, _reason(error)) from error
        raise OutputRefused(path, _reason(error)) from error
    return Written(path=path, size_bytes=len(data), sha256=hashlib.sha256(data).hexdigest())


def _temporary_in(folder: str) -> str:
    # Short, so that only the real name can be too long.
    return os.path.join(folder, f".qasr-{os.getpid()}-{secrets.token_hex(4)}.tmp")


def _write_and_sync(temporary: str, data: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(temporary, flags, 0o600)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fchmod(descriptor, 0o666 & ~_umask())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _umask() -> int:
    # The system has no call that only reads it.
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _sync_folder(folder: str) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_to_standard_output(data: bytes) -> None:
    """Print a file's content as it is: UTF-8 whatever the locale says."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def check_writable(folder: str) -> None:
    """Find out now, not after an hour of work, that a folder takes no files.

    Raises:
        OutputError: by a real write; permissions alone do not tell (full disk, read-only mount).
    """
    with os_errors_as_output_errors(folder):
        os.makedirs(folder, exist_ok=True)
        probe = _temporary_in(folder)
        try:
            _write_and_sync(probe, b"qasr")
        finally:
            with contextlib.suppress(OSError):
                os.unlink(probe)


def sha256_of_file(path: str) -> str:
    """Hex digest of a file's content, read in pieces."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
