"""JSON of our own read back; nothing in it is believed before it was looked at.

A failing disk, another version of qasr or a stranger may have put anything there. Who asks gets a
value of the type that was written, or `DamagedDocument`; fields that nobody asks for may be there.
"""

import errno
import json
import os
import stat
from collections.abc import Callable, Collection, Iterator, Mapping
from io import BufferedReader
from typing import Any, NoReturn, TypeGuard, TypeVar

from qasr_cli.system import open_files

MOST_BYTES = 1 << 28  # of a whole document; the report of a hundred thousand files has 50 MB
_MOST_DEPTH = 100  # ours have 8 at most
_LEAST, _MOST = -(1 << 63), (1 << 64) - 1  # what a file system counts in

_T = TypeVar("_T")
_Word = TypeVar("_Word", bound=str)


class DamagedDocument(ValueError):
    """Not what was written there; the message says what is wrong, in a few words."""


def open_regular(path: str) -> BufferedReader:
    """A regular file, open for reading, or a link to one.

    Anything else might never answer: a FIFO without a writer, a device.

    Raises:
        OSError: it cannot be opened, or is no regular file.
    """
    require_regular(os.stat(path), path)
    # In between it may have become one.
    descriptor = os.open(path, open_files.READ | open_files.NO_WAITING)
    try:
        require_regular(os.fstat(descriptor), path)
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def require_regular(found: os.stat_result, path: str) -> None:
    """Refuse all but a regular file.

    Raises:
        OSError: it is a folder, FIFO, socket, device.
    """
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "is not a regular file", path)


def read_json(path: str, *, most_bytes: int = MOST_BYTES) -> Any:  # noqa: ANN401  # any JSON
    """The JSON value in a regular file.

    Raises:
        OSError: it cannot be opened, or is no regular file.
        DamagedDocument: it is larger than any of ours, or no JSON.
    """
    with open_regular(path) as file:
        data = file.read(most_bytes + 1)
    if len(data) > most_bytes:
        raise DamagedDocument(f"is larger than {most_bytes >> 20} MiB")
    return json_from(data)


def json_from(data: bytes) -> Any:  # noqa: ANN401  # any JSON
    """The JSON value in these bytes.

    Raises:
        DamagedDocument: there is none, or one nested so deep that it is none of ours.
    """
    try:
        value = json.loads(data)
    except RecursionError as error:
        raise DamagedDocument("is nested too deep") from error
    except MemoryError as error:
        raise DamagedDocument("does not fit into memory") from error
    except ValueError as error:
        raise DamagedDocument(f"is no JSON: {error}") from error
    # Python reads some hundred levels; what writes or compares them then may not get that deep.
    if data.count(b"[") + data.count(b"{") > _MOST_DEPTH and _is_too_deep(value):
        raise DamagedDocument("is nested too deep")
    return value


def _is_too_deep(value: object) -> bool:
    level = [value]
    for _ in range(_MOST_DEPTH):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return False
    return True


def _inside(value: object) -> Iterator[object]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return (each for each in inner if isinstance(each, dict | list))


class Fields:
    """The fields of a JSON object, each asked for by the type with which it was written.

    Every method raises `DamagedDocument` where the field is absent or of another type.

    Args:
        value: any JSON.
        place: where in its document it stands, for the message.
    """

    def __init__(self, value: object, place: str = "") -> None:
        if not isinstance(value, dict):
            raise DamagedDocument(f"{place or 'it'} is no object")
        self._fields: Mapping[str, Any] = value
        self._place = f"{place}." if place else ""

    def text(self, name: str) -> str:
        """A text that can be a file's name, or be written; surrogates stand for bytes alone."""
        value = self._fields.get(name)
        return value if _is_text(value) else self._refuse(name, "text")

    def path(self, name: str) -> str:
        """A text that a file may be called."""
        value = self.text(name)
        return value if value and "\0" not in value else self._refuse(name, "path")

    def choice(self, name: str, known: Collection[_Word]) -> _Word:
        """One of these words."""
        value = self._fields.get(name)
        if _is_text(value):
            for word in known:
                if word == value:
                    return word
        return self._refuse(name, "known word")

    def whole(self, name: str, *, least: int = 0) -> int:
        """A whole number that a file system can count."""
        value = self._fields.get(name)
        # True is an int to Python, not to us.
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= _MOST:
            return value
        return self._refuse(name, "whole number")

    def signed(self, name: str) -> int:
        """The same, below zero too: a time before 1970."""
        return self.whole(name, least=_LEAST)

    def span(self, name: str) -> tuple[int, int]:
        """Two whole numbers: from where, and to where."""
        match self._fields.get(name):
            case [int(first), int(end)] if _LEAST <= first <= _MOST and _LEAST <= end <= _MOST:
                return first, end
        return self._refuse(name, "span")

    def number(self, name: str) -> float:
        """A number from 0 on, whole or not."""
        value = self._fields.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _MOST:
            return value  # infinity and NaN are not within bounds
        return self._refuse(name, "number")

    def flag(self, name: str, *, default: bool | None = None) -> bool:
        """True or false; the default stands for none."""
        value = self._fields.get(name, default)
        return value if isinstance(value, bool) else self._refuse(name, "true or false")

    def inner(self, name: str) -> "Fields":
        """An object."""
        return Fields(self._fields.get(name), f"{self._place}{name}")

    def each(self, name: str) -> tuple["Fields", ...]:
        """The objects in a list."""
        items = enumerate(self._list(name, default=None))
        return tuple(Fields(item, f"{self._place}{name}[{index}]") for index, item in items)

    def texts(self, name: str, *, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """The texts in a list; the default stands for none."""
        items = self._list(name, default=default)
        return tuple(items) if all(map(_is_text, items)) else self._refuse(name, "list of texts")

    def by_name(self, name: str, read: "Callable[[Fields, str], _T]") -> dict[str, _T]:
        """The fields of an object whose names are data, each read in the same way."""
        inner = self.inner(name)
        if not all(map(_is_text, inner._fields)):
            self._refuse(name, "object")
        return {key: read(inner, key) for key in inner._fields}

    def has(self, name: str) -> bool:
        """Whether there is one, of whatever type."""
        return name in self._fields

    def or_none(self, name: str, read: "Callable[[Fields, str], _T]") -> _T | None:
        """None where there is none, else what a method of this class gives."""
        return None if self._fields.get(name) is None else read(self, name)

    def _list(self, name: str, *, default: tuple[str, ...] | None) -> Collection[Any]:
        value = self._fields.get(name, default)
        return value if isinstance(value, list | tuple) else self._refuse(name, "list")

    def _refuse(self, name: str, wanted: str) -> NoReturn:
        raise DamagedDocument(f"{self._place}{name} is no {wanted}")


def _is_text(value: object) -> TypeGuard[str]:
    if not isinstance(value, str):
        return False
    try:
        value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False
    return True
