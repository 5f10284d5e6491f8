"""Result files: the mark that an input is done, and behind it what was heard.

A result is one JSON document in two lines. The first holds all that a rerun asks of a file that is
done, so it need not parse the words of ten thousand recordings to find out that nothing changed.
"""

import io
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from qasr_cli.core.transcript.json_pieces import json_pieces
from qasr_cli.run.state.content import Content
from qasr_cli.storage.documents import DamagedDocument, Fields, json_from, open_regular

_HEAD = ("schema_version", "mark", "file", "duration_ms", "language")
_LONGEST_HEAD_BYTES = 1_000_000
_HEAD_END, _RESULT_END = b",\n", b"}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputMark:
    """One output as it was written; `path` is "/"-separated, from the root."""

    path: str
    size_bytes: int
    sha256: str

    def to_document(self) -> dict[str, Any]:
        """The output as JSON."""
        return {"path": self.path, "bytes": self.size_bytes, "sha256": self.sha256}

    @classmethod
    def from_fields(cls, fields: Fields) -> Self:
        """Read back what `to_document` wrote.

        Raises:
            DamagedDocument: it is none.
        """
        return cls(
            path=fields.path("path"),
            size_bytes=fields.whole("bytes"),
            sha256=fields.text("sha256"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What shows that a file is done: for which content, settings, models and outputs.

    Attributes:
        key: digest of relative path, content and everything that changes the result.
        fingerprint: of settings and models.
    """

    key: str
    fingerprint: str
    content: Content
    outputs: tuple[OutputMark, ...]

    def to_document(self) -> dict[str, Any]:
        """The `mark` of a result document."""
        return {
            "key": self.key,
            "fingerprint": self.fingerprint,
            "media": self.content.to_document(),
            "outputs": [output.to_document() for output in self.outputs],
        }

    @classmethod
    def from_fields(cls, fields: Fields) -> Self:
        """Read back what `to_document` wrote.

        Raises:
            DamagedDocument: it is not a mark.
        """
        return cls(
            key=fields.text("key"),
            fingerprint=fields.text("fingerprint"),
            content=Content.from_fields(fields.inner("media")),
            outputs=tuple(map(OutputMark.from_fields, fields.each("outputs"))),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultHead:
    """The first line of a result: the mark, and what the report says of a file done before."""

    mark: Mark
    file: str
    duration_ms: int
    language: str | None


def result_bytes(document: Mapping[str, Any]) -> bytes:
    """A result document, which may be a lazy one, as it lies on the disk."""
    head = {name: document[name] for name in _HEAD}
    rest = {name: value for name, value in document.items() if name not in head}
    pieces = json_pieces(rest, ensure_ascii=True)
    buffer = io.BytesIO()  # gives its bytes without a copy
    buffer.write(_dumped(head)[:-1] + _HEAD_END + next(pieces)[1:].encode())
    for piece in pieces:
        buffer.write(piece.encode())
    buffer.write(b"\n")
    return buffer.getvalue()


def read_head(path: str) -> ResultHead | None:
    """The head of a result, or None where no whole one lies."""
    try:
        with open_regular(path) as file:
            line = file.readline(_LONGEST_HEAD_BYTES)
            size_bytes = os.fstat(file.fileno()).st_size
            tail = os.pread(file.fileno(), len(_RESULT_END), size_bytes - len(_RESULT_END))
    except OSError:
        return None
    if not line.endswith(_HEAD_END) or tail != _RESULT_END:
        return None
    try:
        fields = Fields(json_from(line.removesuffix(_HEAD_END) + b"}"))
        return ResultHead(
            mark=Mark.from_fields(fields.inner("mark")),
            file=fields.path("file"),
            duration_ms=fields.whole("duration_ms"),
            language=fields.or_none("language", Fields.text),
        )
    except DamagedDocument:
        return None


def heads_below(folder: str) -> Iterator[ResultHead]:
    """The heads of all whole results in a folder, in the order of their paths."""
    paths = (os.path.join(inner, name) for inner, _, names in os.walk(folder) for name in names)
    for path in sorted(paths):
        head = read_head(path)
        if head is not None:
            yield head


def with_content(path: str, content: Content) -> bytes:
    """The bytes of a result with another content in its mark.

    Raises:
        OSError, DamagedDocument: no whole one lies there any more.
    """
    with open_regular(path) as file:
        line, rest = file.readline(_LONGEST_HEAD_BYTES), file.read()
    head = json_from(line.removesuffix(_HEAD_END) + b"}")
    Mark.from_fields(Fields(head).inner("mark"))
    head["mark"]["media"] = content.to_document()
    return _dumped(head)[:-1] + _HEAD_END + rest


def _dumped(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=True).encode()
