"""The standard streams without what Ray prints there: pages for each machine that is lost."""

import contextlib
import os
from collections.abc import Iterator

_STREAMS = (1, 2)


@contextlib.contextmanager
def silence() -> Iterator[int]:
    """Let nothing be seen of what is printed meanwhile; yields where people still read."""
    kept = [os.dup(stream) for stream in _STREAMS]
    try:
        with open(os.devnull, "wb") as nothing:
            for stream in _STREAMS:
                os.dup2(nothing.fileno(), stream)
        yield kept[-1]
    finally:
        for stream, copy in zip(_STREAMS, kept, strict=True):
            os.dup2(copy, stream)
            os.close(copy)
