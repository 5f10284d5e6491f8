"""Whole files or none: every write of qasr goes through `write_atomically`.

A reader sees the old file or the new one, never a part; a full disk leaves the old one whole.
Source of the order (temporary, fsync, rename, fsync of the folder): borg's SaveFile.
"""

import contextlib
import errno
import hashlib
import os
import re
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


_TEMPORARY = re.compile(r"\.qasr-(\d+)-[0-9a-f]{8}\.tmp")

# Not one file's trouble: whatever comes next would meet it too.
_ENDS_THE_RUN = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO})


@contextlib.contextmanager
def os_errors_as_output_errors(path: str) -> Iterator[None]:
    """Turn an OSError about qasr's own state into the one line a user can act on."""
    try:
        yield
    except OSError as error:
        raise OutputError(path, _reason(error)) from error


@contextlib.contextmanager
def os_errors_of_one_output(path: str) -> Iterator[None]:
    """The same for what belongs to one input: only a disk in trouble ends the run.

    Raises:
        OutputError: disk full, read-only, failing.
        OutputRefused: this place takes no file (permission, name too long), others may.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _ENDS_THE_RUN:
            raise OutputError(path, _reason(error)) from error
        raise OutputRefused(path, _reason(error)) from error


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__


def write_atomically(path: str, data: bytes) -> Written:
    """Put `data` at `path` as a whole, making its folders.

    Raises:
        OutputError: disk full, read-only, failing: the run cannot go on. The old file still
            stands, and no temporary is left.
        OutputRefused: this place takes no file (permission, name too long), others may.
    """
    with os_errors_of_one_output(path):
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
    return Written(path=path, size_bytes=len(data))


def _temporary_in(folder: str) -> str:
    # Short, so that only the real name can be too long.
    return os.path.join(folder, f".qasr-{os.getpid()}-{secrets.token_hex(4)}.tmp")


def sweep_temporaries(folder: str) -> None:
    """Remove temporaries that a killed run left in a folder; those of living ones stay."""
    try:
        names = os.listdir(folder)
    except OSError:
        return  # absent or denied: whoever writes there will say so
    for name in names:
        found = _TEMPORARY.fullmatch(name)
        if found is not None and not _is_alive(int(found[1])):
            with contextlib.suppress(OSError):
                os.unlink(os.path.join(folder, name))


def _is_alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass  # somebody else's
    return True


def write_all(descriptor: int, data: bytes) -> None:
    """Write every byte: the system may take fewer at a time."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _write_and_sync(temporary: str, data: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(temporary, flags, 0o600)
    try:
        write_all(descriptor, data)
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


def write_standard_output(data: bytes) -> None:
    """Print bytes: subtitles are UTF-8 whatever the terminal's locale says.

    Raises:
        OutputError: it is closed, or takes no more. No recording's fault.
        BrokenPipeError: whoever read it went away.
    """
    if sys.stdout is None:
        raise OutputError("standard output", "it is closed")
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError("standard output", _reason(error)) from error
