"""Files that a user, or whoever fills a folder, puts beside recordings: read within limits.

A list of hot words or a table may be of any size, or no file at all: a pipe would be waited for,
and millions of lines be taken apart, before the first recording is looked at.
"""

import errno
import os
import re
import stat
from collections.abc import Callable
from typing import BinaryIO

from qasr_cli.system import open_files

_MB = 1_000_000

# Far more than what each is for.
SETTINGS_LIMIT_BYTES = 1 * _MB  # qasr.toml, profiles
CONTEXT_LIMIT_BYTES = 1 * _MB  # texts and hot words; 10,000 characters of them are taken
CORRECTIONS_LIMIT_BYTES = 16 * _MB
TEXT_LIMIT_BYTES = 64 * _MB  # scripts and subtitles
RESULT_LIMIT_BYTES = 1000 * _MB  # a day of speech has 50

# What a shell hands over in place of a file: `--hotwords @<(...)`, `--text /dev/stdin`.
_HANDED_OVER = re.compile(r"/dev/(?:stdin|fd/[0-9]+)|/proc/self/fd/[0-9]+")


def read_side_file(
    path: str, *, limit_bytes: int, check: Callable[[os.stat_result], None] = lambda _: None
) -> bytes:
    """What a file holds; nothing is read of one that is too large, and nothing but files is opened.

    Args:
        check: raises where a file is not to be read.

    Raises:
        OSError: it cannot be read, is too large or no regular file; `strerror` says it to people.
    """
    with open_side_file(path) as file:
        status = os.fstat(file.fileno())
        check(status)
        if status.st_size > limit_bytes:
            raise _too_large(path, _megabytes(status.st_size), limit_bytes)
        return read_open_file(file, path, limit_bytes=limit_bytes)


def open_side_file(path: str) -> BinaryIO:
    """The file, open: a regular one, or what a shell hands over.

    Raises:
        OSError: it cannot be opened, or is no regular file; `strerror` says it to people.
    """
    is_handed_over = _HANDED_OVER.fullmatch(path) is not None
    waits = 0 if is_handed_over else open_files.NO_WAITING  # or a pipe would be waited for
    descriptor = os.open(path, open_files.READ | waits)
    try:
        if not is_handed_over:
            _check_regular(path, os.fstat(descriptor))
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def _check_regular(path: str, status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    if not (stat.S_ISREG(status.st_mode) or _is_null_device(status)):
        raise OSError(errno.EINVAL, "is no regular file", path)


def read_open_file(file: BinaryIO, name: str, *, limit_bytes: int) -> bytes:
    """The rest of a file whose size nobody knows, or which may grow.

    Raises:
        OSError: as `read_side_file`.
    """
    data = file.read(limit_bytes + 1)
    if len(data) > limit_bytes:
        raise _too_large(name, "more", limit_bytes)
    return data


def _is_null_device(status: os.stat_result) -> bool:
    return stat.S_ISCHR(status.st_mode) and status.st_rdev == os.stat(os.devnull).st_rdev


def _too_large(path: str, size: str, limit_bytes: int) -> OSError:
    reason = f"holds {size}; such a file is read up to {_megabytes(limit_bytes)}"
    return OSError(errno.EFBIG, reason, path)


def _megabytes(size_bytes: int) -> str:
    return f"{size_bytes / _MB:.10g} MB" if size_bytes % _MB == 0 else f"{size_bytes / _MB:.1f} MB"
