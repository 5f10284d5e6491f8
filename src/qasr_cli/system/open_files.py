"""How files are opened, read and written at a place: flags that a system does not know are 0."""

import contextlib
import os
import threading
from collections.abc import Iterator

# Windows would alter line ends, and hand every open file on to children.
_EVERY_FILE = (
    getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOINHERIT", 0)
)
READ = os.O_RDONLY | _EVERY_FILE
WRITE = os.O_WRONLY | _EVERY_FILE
READ_AND_WRITE = os.O_RDWR | _EVERY_FILE

# Opening a FIFO that nobody writes to would wait for ever; a terminal would become this process's.
NO_WAITING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
NO_LINK = getattr(os, "O_NOFOLLOW", 0)
FOLDER = getattr(os, "O_DIRECTORY", 0)
OPENS_FOLDERS = hasattr(os, "O_DIRECTORY")  # Windows opens none, and keeps their names by itself

_one_at_a_time = threading.Lock()


def read_at(descriptor: int, count: int, offset: int) -> bytes:
    """Bytes from a place; where the file is open at, stays."""
    if hasattr(os, "pread"):
        return os.pread(descriptor, count, offset)
    with _at(descriptor, offset):
        return os.read(descriptor, count)


def write_at(descriptor: int, data: bytes, offset: int) -> int:
    """How many bytes were written at a place; where the file is open at, stays."""
    if hasattr(os, "pwrite"):
        return os.pwrite(descriptor, data, offset)
    with _at(descriptor, offset):
        return os.write(descriptor, data)


@contextlib.contextmanager
def _at(descriptor: int, offset: int) -> Iterator[None]:
    with _one_at_a_time:
        before = os.lseek(descriptor, 0, os.SEEK_CUR)
        os.lseek(descriptor, offset, os.SEEK_SET)
        try:
            yield
        finally:
            os.lseek(descriptor, before, os.SEEK_SET)


def sync_names_in(folder: str) -> None:
    """Have the names in a folder on the disk; nothing where the system does that by itself.

    Raises:
        OSError: the disk fails, or does not know this.
    """
    if OPENS_FOLDERS:
        descriptor = os.open(folder, READ | FOLDER)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def set_mode(descriptor: int, mode: int) -> None:
    """Say who may read and write it; nothing where files have no such bits."""
    if hasattr(os, "fchmod"):
        os.fchmod(descriptor, mode)


def is_on_read_only_disk(path: str) -> bool:
    """Whether the disk of a path takes no writes at all; False where nobody says.

    Raises:
        OSError: there is no such path.
    """
    if hasattr(os, "statvfs"):
        return bool(os.statvfs(path).f_flag & os.ST_RDONLY)
    return False
