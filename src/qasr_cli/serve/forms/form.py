"""A form taken apart, block by block: its fields in memory, its recording in a file."""

import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import unquote

from qasr_cli.serve.forms.uploads import (
    FIELD_LIMIT_BYTES,
    HEADER_LIMIT_BYTES,
    PREFIX,
    Upload,
    UploadLimits,
    name_of_sender,
)
from qasr_cli.serve.refusals import Refused

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks, MultipartParser

_WRITE_BYTES = 1 << 20
_MOST_HEADERS = 8  # of one part
# What a field takes in memory besides its name and value: millions of empty ones are no less.
_FIELD_COST_BYTES = 100
# RFC 7578 forbids it in forms, and some libraries send nothing else for names beyond ASCII.
_EXTENDED_NAME = re.compile(rb";\s*filename\*\s*=\s*\"?[\w-]*'[\w-]*'([^;\"]*)", re.IGNORECASE)


class Form:
    """Takes a form apart.

    Attributes:
        upload: what has come so far; its file is the caller's to remove.

    Raises:
        Refused: the boundary is none.
    """

    def __init__(self, limits: UploadLimits, boundary: bytes, *, head: bytes) -> None:
        self.upload = Upload()
        self._limits = limits
        self._head = head
        self._fd: int | None = None
        self._digest = hashlib.sha256()
        self._pieces: list[bytes] = []
        self._pieces_bytes = 0
        self._field_bytes = 0
        self._header = bytearray(), bytearray()
        self._disposition = b""
        self._field: str | None = None  # None = the file
        self._value = bytearray()
        self._is_whole = False
        self._parser = _parser_of(
            boundary,
            {
                "on_part_begin": self._begin_part,
                "on_header_field": lambda data, a, b: self._header[0].extend(data[a:b]),
                "on_header_value": lambda data, a, b: self._header[1].extend(data[a:b]),
                "on_header_end": self._end_header,
                "on_headers_finished": self._end_headers,
                "on_part_data": lambda data, a, b: self._take_data(data[a:b]),
                "on_part_end": self._end_part,
                "on_end": self._end,
            },
        )

    def pieces_of(self, block: bytes) -> Iterator[bytes]:
        """What a block adds to the file, as soon as it is worth a write.

        Raises:
            Refused: it is no form, or holds too much.
        """
        from python_multipart.exceptions import FormParserError

        try:
            self._parser.write(block)
        except FormParserError as error:
            raise _unreadable(error) from error
        if self._pieces_bytes >= _WRITE_BYTES:
            yield self._taken_pieces()

    def write(self, piece: bytes) -> None:
        """Write a piece of the recording.

        Raises:
            Refused: the disk does not take it.
        """
        if self._fd is None:
            raise AssertionError("sound before its part has begun")
        self._digest.update(piece)
        view = memoryview(piece)
        try:
            while view:
                view = view[os.write(self._fd, view) :]
        except OSError as error:
            raise Refused.not_kept(error) from error

    def finish(self) -> None:
        """Write what is left, once all has come.

        Raises:
            Refused: it is not whole, or the disk does not take it.
        """
        if not self._is_whole:
            raise Refused.bad_request("the form ends in the middle")
        if self._pieces:
            self.write(self._taken_pieces())
        self.upload.sha256 = self._digest.hexdigest()

    def close(self) -> None:
        """Take no more."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def _taken_pieces(self) -> bytes:
        pieces, self._pieces, self._pieces_bytes = self._pieces, [], 0
        return b"".join(pieces)

    # --- told by the parser -----------------------------------------------------------------------

    def _begin_part(self) -> None:
        self._disposition = b""

    def _end_header(self) -> None:
        name, value = self._header
        if name.lower() == b"content-disposition":
            self._disposition = bytes(value)
        self._header = bytearray(), bytearray()

    def _end_headers(self) -> None:
        from python_multipart.multipart import parse_options_header

        _, options = parse_options_header(self._disposition)
        extended = _EXTENDED_NAME.search(self._disposition)
        if b"filename" in options:
            self._begin_file(options[b"filename"].decode("utf-8", "replace"))
        elif extended is not None:
            self._begin_file(unquote(extended[1].decode("latin-1"), errors="replace"))
        else:
            name = options.get(b"name", b"")
            self._count_field_bytes(len(name) + _FIELD_COST_BYTES)
            self._field = name.decode("utf-8", "replace")
            self._value = bytearray()

    def _begin_file(self, name: str) -> None:
        if self._fd is not None:
            raise Refused.bad_request("the form holds more than one file")
        self._field = None
        self.upload.name = name_of_sender(name)
        try:
            self._fd, self.upload.path = tempfile.mkstemp(prefix=PREFIX, dir=self._limits.folder)
        except OSError as error:
            raise Refused.not_kept(error) from error
        self._pieces.append(self._head)

    def _take_data(self, data: bytes) -> None:
        if self._field is None:
            self.upload.size_bytes += len(data)
            if self.upload.size_bytes > self._limits.most_bytes:
                raise Refused.too_large(self._limits.most_bytes)
            self._pieces.append(data)
            self._pieces_bytes += len(data)
        else:
            self._count_field_bytes(len(data))
            self._value.extend(data)

    def _count_field_bytes(self, count: int) -> None:
        self._field_bytes += count
        if self._field_bytes > FIELD_LIMIT_BYTES:
            raise Refused.too_large(FIELD_LIMIT_BYTES, what="the text fields")

    def _end_part(self) -> None:
        if self._field is not None:
            self.upload.fields.append((self._field, self._value.decode("utf-8", "replace")))

    def _end(self) -> None:
        self._is_whole = True


def _parser_of(boundary: bytes, callbacks: "MultipartCallbacks") -> "MultipartParser":
    from python_multipart.exceptions import FormParserError
    from python_multipart.multipart import MultipartParser

    try:
        return MultipartParser(
            boundary,
            callbacks,
            max_header_count=_MOST_HEADERS,
            max_header_size=HEADER_LIMIT_BYTES // _MOST_HEADERS,
        )
    except FormParserError as error:
        raise _unreadable(error) from error


def _unreadable(error: ValueError) -> Refused:
    return Refused.bad_request(f"the form cannot be read: {error}")
