"""One input as an open descriptor. The only place that opens what a user named."""

import os
import stat

from qasr_cli.errors import UnreadableInput
from qasr_cli.system import open_files


def open_source(path: str) -> int:
    """An open descriptor of a regular file; the caller closes it.

    Raises:
        UnreadableInput: absent, denied, or not a regular file.
    """
    try:
        fd = os.open(path, open_files.READ | open_files.NO_WAITING)
    except OSError as error:
        raise UnreadableInput(path, error.strerror or type(error).__name__) from error
    mode = os.fstat(fd).st_mode
    if stat.S_ISREG(mode):
        return fd
    os.close(fd)
    raise UnreadableInput(path, "is a folder" if stat.S_ISDIR(mode) else "is not a regular file")
