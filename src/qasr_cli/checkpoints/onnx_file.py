"""What an ONNX file may hold to be loaded here: one file, and the operators of the standard.

ONNX itself runs no code, but it may name other files to read weights from, and operators that
somebody's library brings. Neither is needed. Stdlib only.
Source: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto (numbers of fields), and
https://protobuf.dev/programming-guides/encoding/ (how they are written).
"""

import mmap
import os
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path

from qasr_cli.errors import ModelLoadError
from qasr_cli.storage.documents import open_regular

_MOST_BYTES = 1 << 28
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_MOST_VARINT_BYTES = 10
_STANDARD = (b"", b"ai.onnx")

# Message -> number of a field that is a message -> that message.
_INNER = {
    "model": {7: "graph"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
}
_REFUSED = {
    ("model", 25): "defines operators of its own",
    ("tensor", 13): "reads weights from another file",
}


def read_model(path: Path) -> memoryview:
    """An ONNX file, once it is known to need no other file and no operators of its own.

    Raises:
        ModelLoadError: it cannot be read, is none, or needs them.
    """
    try:
        with open_regular(str(path)) as file:
            content = _content_of(file)
    except OSError as error:
        raise ModelLoadError(str(path), f"cannot be read: {error.strerror}") from error
    problem = problem_with(content)
    if problem is not None:
        raise ModelLoadError(str(path), problem)
    return content


def _content_of(file: BufferedReader) -> memoryview:
    """A file, in memory of its own.

    Once glibc has freed so large a block, it keeps all that is freed up to that size: tens of MB.
    """
    size = min(os.fstat(file.fileno()).st_size, _MOST_BYTES + 1)
    if not size:
        return memoryview(b"")
    content = memoryview(mmap.mmap(-1, size))
    return content[: file.readinto(content)]


def problem_with(content: bytes | memoryview) -> str | None:
    """Why an ONNX file is not loaded, in a few words; None where it may be."""
    if len(content) > _MOST_BYTES:
        return f"has more than {_MOST_BYTES >> 20} MiB"
    try:
        numbers = {number for number, _ in _fields(memoryview(content))}
        return _problem_in("model", memoryview(content)) or (
            None if 7 in numbers else "is no ONNX file: it holds no graph"  # noqa: PLR2004  # of graph
        )
    except ValueError:
        return "is no ONNX file, or is cut short"


def _problem_in(message: str, content: memoryview) -> str | None:
    """What is refused in a message and those inside it."""
    waiting = [(message, content)]
    while waiting:
        kind, data = waiting.pop()
        inner = _INNER.get(kind, {})
        for number, value in _fields(data):
            problem = _REFUSED.get((kind, number)) or _refused_value(kind, number, value)
            if problem is not None:
                return problem
            if number in inner and isinstance(value, memoryview):
                waiting.append((inner[number], value))
    return None


def _refused_value(kind: str, number: int, value: "int | memoryview") -> str | None:
    is_domain = (kind, number) == ("node", 7)
    if is_domain and isinstance(value, memoryview) and value.tobytes() not in _STANDARD:
        return f"needs operators of {value.tobytes().decode('utf-8', 'replace')[:40]!r}"
    if (kind, number) == ("tensor", 14) and value:  # data_location
        return _REFUSED["tensor", 13]
    return None


def _fields(data: memoryview) -> Iterator[tuple[int, "int | memoryview"]]:
    """The number and value of each field of a message.

    Raises:
        ValueError: it is none.
    """
    position = 0
    while position < len(data):
        key, position = _varint(data, position)
        number, wire = key >> 3, key & 7
        if wire == _VARINT:
            value, position = _varint(data, position)
            yield number, value
            continue
        if wire == _BYTES:
            size, position = _varint(data, position)
        elif wire in (_FIXED64, _FIXED32):
            size = 8 if wire == _FIXED64 else 4
        else:
            raise ValueError("a group")
        if not number or position + size > len(data):
            raise ValueError("cut short")
        yield number, data[position : position + size]
        position += size


def _varint(data: memoryview, position: int) -> tuple[int, int]:
    value = 0
    for index, byte in enumerate(data[position : position + _MOST_VARINT_BYTES]):
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:  # noqa: PLR2004  # the last one
            return value, position + index + 1
    raise ValueError("cut short")
