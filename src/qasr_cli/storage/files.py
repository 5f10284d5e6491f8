"""Writes files whole or not at all; every write of qasr goes through `Writer`.

A reader sees the old file or the new one, never a part; a full disk leaves the old one whole.
Source of the order (temporary, fsync, rename, fsync of the folder): borg's SaveFile.
"""

import contextlib
import errno
import functools
import hashlib
import os
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from qasr_cli.errors import OutputError, OutputExists, OutputRefused
from qasr_cli.storage.documents import open_regular
from qasr_cli.storage.publish import IsOwn, publish
from qasr_cli.storage.temporaries import owner_of_process, sweep_once, temporary_in
from qasr_cli.system import open_files


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The file that a write left on the disk."""

    path: str
    size_bytes: int


# Writes a file too large to be held: to a descriptor that is open to read and write, from 0.
Fill = Callable[[int], None]

_DISK_TROUBLE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO})

# What network shares and FUSE answer to a call that they do not know: the file is there all the
# same, as safe and as open to others as such a disk makes it.
_CALL_UNKNOWN = frozenset(
    {errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.ENOTTY, errno.EPERM}
)
_UMASK_LOCK = threading.Lock()
_MODE_REFUSED = _CALL_UNKNOWN | {errno.EACCES, errno.EROFS}
_FOLDER_SYNC_REFUSED = _CALL_UNKNOWN | {
    *(errno.EACCES, errno.EBADF, errno.EROFS, errno.EISDIR, errno.ENOENT)
}


@contextlib.contextmanager
def os_errors_as_output_errors(path: str) -> Iterator[None]:
    """Turn an OSError about qasr's own state into the one line a user can act on."""
    try:
        yield
    except OSError as error:
        raise OutputError(path, _reason(error)) from error


@contextlib.contextmanager
def os_errors_of_one_output(path: str, *, root: str | None = None) -> Iterator[None]:
    """The same for what belongs to one input: only trouble that all share ends the run.

    Args:
        root: where the run keeps its state. What befalls a folder below it alone, such as a
            mount of its own that is full or read-only, is no other input's trouble.

    Raises:
        OutputError: disk full, read-only, failing.
        OutputRefused: this place takes no file (permission, name too long), others may.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _DISK_TROUBLE and (root is None or _is_shared(error, path, root)):
            raise OutputError(path, _reason(error)) from error
        raise OutputRefused(path, _reason(error)) from error


def _is_shared(error: OSError, path: str, root: str) -> bool:
    try:
        if error.errno == errno.EROFS:
            return open_files.is_on_read_only_disk(root)
        return os.stat(existing_folder_of(path)).st_dev == os.stat(root).st_dev
    except OSError:
        return True


def existing_folder_of(path: str) -> str:
    """The innermost folder on the way to a path that is there already."""
    folder = os.path.dirname(path) or "."
    while not os.path.isdir(folder) and folder != os.path.dirname(folder):
        folder = os.path.dirname(folder) or "."
    return folder


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Writes whole files.

    Attributes:
        owner: whose temporaries these are, so that only who may removes what a killed run left.
        root: as in `os_errors_of_one_output`.
    """

    owner: str
    root: str | None = None

    def write(self, path: str, data: bytes | Fill) -> Written:
        """Put `data` at `path` as a whole, whatever stood there, making its folders.

        Raises:
            OutputError: the run cannot go on. The old file still stands, and no temporary is left.
            OutputRefused: this place takes no file, others may.
        """
        return self._write(path, data, os.replace)

    def write_output(
        self, path: str, data: bytes | Fill, *, of: str, is_own: IsOwn = lambda _: False
    ) -> Written:
        """The same where nothing stands but what is ours, at that very moment.

        Args:
            data: all of it, or what writes it.
            of: the input that it is an output of.
            is_own: as in `publish`.

        Raises:
            OutputExists: something else stands there, and is left as it is.
            OutputError, OutputRefused: as `write`.
        """

        def publish_unless_foreign(temporary: str, path: str) -> None:
            try:
                publish(temporary, path, owner=self.owner, is_own=is_own)
            except FileExistsError as error:
                raise OutputExists(of, os.path.basename(path)) from error

        return self._write(path, data, publish_unless_foreign)

    def _write(
        self, path: str, data: bytes | Fill, give_name: Callable[[str, str], None]
    ) -> Written:
        with os_errors_of_one_output(path, root=self.root):
            folder = os.path.dirname(path) or "."
            os.makedirs(folder, exist_ok=True)
            if self.root is None:  # a run with a lock has swept
                sweep_once(folder)
            temporary = temporary_in(folder, self.owner)
            try:
                size_bytes = _write_and_sync(temporary, data)
                give_name(temporary, path)
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(temporary)
                raise
            sync_folder(folder)
        return Written(path=path, size_bytes=size_bytes)

    def check(self, folder: str) -> None:
        """Find out now, not after an hour of work, that a folder takes no files.

        Raises:
            OutputError: by a real write; permissions alone do not tell (full disk, read-only).
        """
        with os_errors_as_output_errors(folder):
            os.makedirs(folder, exist_ok=True)
            probe = temporary_in(folder, self.owner)
            try:
                _write_and_sync(probe, b"qasr")
            finally:
                with contextlib.suppress(OSError):
                    os.unlink(probe)


def write_atomically(path: str, data: bytes | Fill) -> Written:
    """`Writer.write` for commands that hold no lock.

    Raises:
        OutputError, OutputRefused: as there; all disk trouble ends the run.
    """
    return Writer(owner=owner_of_process()).write(path, data)


def writer_of_outputs(
    of: str, *, overwrite: bool, is_own: Callable[[str, str], bool] = lambda _path, _place: False
) -> Callable[[str, bytes | Fill], Written]:
    """Writes the outputs of one input, for commands that keep no state.

    Args:
        of: the input.
        overwrite: whatever stands there is replaced.
        is_own: whether the file at a place, the second, holds what qasr wrote to a path, the first.
    """
    writer = Writer(owner=owner_of_process())

    def write_output(path: str, data: bytes | Fill) -> Written:
        return writer.write_output(path, data, of=of, is_own=functools.partial(is_own, path))

    return writer.write if overwrite else write_output


def write_all(descriptor: int, data: bytes | memoryview) -> None:
    """Write every byte: the system may take fewer at a time."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _write_and_sync(temporary: str, data: bytes | Fill) -> int:
    """How many bytes it has."""
    flags = open_files.READ_AND_WRITE | os.O_CREAT | os.O_EXCL | open_files.NO_LINK
    descriptor = os.open(temporary, flags, 0o600)
    try:
        if callable(data):
            data(descriptor)
        else:
            write_all(descriptor, data)
        with _refusals(_MODE_REFUSED):
            open_files.set_mode(descriptor, 0o666 & ~_umask())
        sync(descriptor)
        return os.fstat(descriptor).st_size
    finally:
        os.close(descriptor)


def _umask() -> int:
    # The system has no call that only reads it; two threads in here would change it for good.
    with _UMASK_LOCK:
        os.umask(mask := os.umask(0o077))
        return mask


def sync(descriptor: int) -> None:
    """Have what was written to a file on the disk, as far as such a disk can promise it.

    Raises:
        OSError: the disk fails, is full ...
    """
    with _refusals(_CALL_UNKNOWN):
        os.fsync(descriptor)


def sync_folder(folder: str) -> None:
    """The same for the names in a folder. The files stand there whole in any case.

    Raises:
        OSError: as `sync`.
    """
    with _refusals(_FOLDER_SYNC_REFUSED):
        open_files.sync_names_in(folder)


@contextlib.contextmanager
def _refusals(numbers: frozenset[int]) -> Iterator[None]:
    """Let a call go without effect where the disk answers one of these."""
    try:
        yield
    except OSError as error:
        if error.errno not in numbers:
            raise


def check_writable(folder: str) -> None:
    """`Writer.check` for commands that hold no lock."""
    Writer(owner=owner_of_process()).check(folder)


def sha256_of_file(path: str) -> str:
    """Hex digest of a regular file's content, read in pieces."""
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_of_descriptor(descriptor: int) -> str:
    """The same of an open file, from its beginning; its position is changed."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    with open(descriptor, "rb", closefd=False) as file:
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
