"""Files of JSON lines, only ever appended to. A torn line is skipped; the others count."""

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from qasr_cli.storage.documents import DamagedDocument, json_from, open_regular, require_regular
from qasr_cli.storage.files import os_errors_as_output_errors, sync, write_all
from qasr_cli.system import open_files

_LONGEST_LINE_BYTES = 1 << 24  # the words of a clip of minutes are a hundredth of it


def append_line(
    path: str, document: Mapping[str, Any], *, durable: bool = True, mode: int = 0o666
) -> None:
    """Add one JSON line to a file.

    Args:
        durable: it is on the disk when this returns. Else it survives the process, not the power.
        mode: of a new file, less the umask.

    Raises:
        OutputError: it could not be written.
    """
    with os_errors_as_output_errors(path):
        flags = open_files.READ_AND_WRITE | os.O_CREAT | os.O_APPEND | open_files.NO_LINK
        descriptor = os.open(path, flags, mode)
        try:
            found = os.fstat(descriptor)
            require_regular(found, path)
            size_bytes = found.st_size
            # A line that a power cut tore must not take the next one with it.
            is_torn = size_bytes > 0 and open_files.read_at(descriptor, 1, size_bytes - 1) != b"\n"
            write_all(descriptor, (b"\n" if is_torn else b"") + json_bytes(document))
            if durable:
                sync(descriptor)
        finally:
            os.close(descriptor)


def whole_lines(path: str, *, containing: bytes = b"") -> Iterator[dict[str, Any]]:
    """The JSON objects in the lines of a file.

    Torn and damaged lines hold none, nor does a file that is absent or cannot be read.

    Args:
        containing: leave out, unread, lines without this.
    """
    with contextlib.suppress(OSError), open_regular(path) as file:
        for line in _lines(file):
            if containing in line:
                with contextlib.suppress(DamagedDocument):
                    document = json_from(line)
                    if isinstance(document, dict):
                        yield document


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """The lines that may be ours; of one that is longer only as much is held at a time."""
    while line := file.readline(_LONGEST_LINE_BYTES):
        if len(line) < _LONGEST_LINE_BYTES or line.endswith(b"\n"):
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = file.readline(_LONGEST_LINE_BYTES)


def json_bytes(document: Mapping[str, Any]) -> bytes:
    """A line of JSON that round-trips every file name: ASCII, so lone surrogates survive."""
    return json.dumps(document, ensure_ascii=True).encode() + b"\n"
