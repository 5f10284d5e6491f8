"""Standard input as a recording, and the name that stands for it and for standard output."""

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from typing import IO, BinaryIO

from qasr_cli.core.types import MediaFile
from qasr_cli.errors import UsageError
from qasr_cli.run.plan.jobs import Job
from qasr_cli.storage.files import os_errors_as_output_errors
from qasr_cli.system import pipes

STANDARD_STREAM = "-"
STDIN_NAME = "stdin"  # what a person reads, and its outputs are called
_LOOK_S = 0.2  # how long a request to stop may wait for an answer
_BLOCK_BYTES = 1 << 20


@contextlib.contextmanager
def standard_input(
    files: Sequence[str], *, is_stopped: Callable[[], bool] = lambda: False
) -> Iterator[int | None]:
    """A descriptor of all of standard input in an unlinked file, when `files` names `-`.

    ffmpeg must be able to seek (an m4a may keep its index at the end), so a pipe is spooled; the
    file has no name, so it is gone with the process.

    Args:
        is_stopped: asked while it waits for more; once it says so, the copy ends where it is.
    """
    if STANDARD_STREAM not in files:
        yield None
        return
    if sys.stdin is None:
        raise UsageError("- reads standard input, which is closed")
    with contextlib.ExitStack() as stack:
        with os_errors_as_output_errors(f"a copy of standard input to {tempfile.gettempdir()}"):
            spool = stack.enter_context(tempfile.TemporaryFile(prefix=".qasr-stdin-"))
            _copy(sys.stdin.buffer, spool, is_stopped)
            spool.flush()
        yield spool.fileno()


def _copy(source: BinaryIO, target: IO[bytes], is_stopped: Callable[[], bool]) -> None:
    """Copy to the end of a pipe or file, whose writer may keep it waiting for any time."""
    try:
        descriptor = source.fileno()
    except OSError:  # a program put something of its own there
        shutil.copyfileobj(source, target)
        return
    while not is_stopped():
        if pipes.holds_something(descriptor, within_s=_LOOK_S):
            block = os.read(descriptor, _BLOCK_BYTES)
            if not block:
                return
            target.write(block)


def standard_input_job(spool: int) -> Job:
    """The job of standard input, without a base.

    Args:
        spool: descriptor that `standard_input` gave.
    """
    stat = os.fstat(spool)
    media = MediaFile(
        path=STDIN_NAME,
        relative_path=STDIN_NAME,
        size_bytes=stat.st_size,
        mtime_ns=stat.st_mtime_ns,
        ctime_ns=stat.st_ctime_ns,
        inode=stat.st_ino,
    )
    opener = _opener_of(spool)
    return Job(media=media, name=STDIN_NAME, base=None, store=None, open_fd=opener)


def _opener_of(spool: int) -> Callable[[], int]:
    def open_again() -> int:
        descriptor = os.dup(spool)
        os.lseek(descriptor, 0, os.SEEK_SET)
        return descriptor

    return open_again
