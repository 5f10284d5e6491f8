"""Result files: the mark that an input is done, and behind it what was heard.

A result is one JSON document in two lines. The first holds all that a rerun asks of a file that is
done, so it need not parse the words of ten thousand recordings to find out that nothing changed.
"""

import hashlib
import io
import itertools
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from qasr_cli.core.transcript.json_pieces import json_pieces
from qasr_cli.fingerprints import Fingerprints
from qasr_cli.run.state.content import Content
from qasr_cli.storage.documents import (
    MOST_BYTES,
    DamagedDocument,
    Fields,
    json_from,
    open_regular,
    read_json,
)
from qasr_cli.system.open_files import read_at

_HEAD = ("schema_version", "mark", "file", "duration_ms", "language")
LONGEST_HEAD_BYTES = 1_000_000
_NO_DIGEST = f'"{"0" * 64}"'.encode()
HEAD_END, _RESULT_END = b",\n", b"}\n"


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
class Parts:
    """What a result was made with, in parts, and a digest of all that stands behind its head.

    Attributes:
        heard, made: as `Fingerprints` has them.
        body_sha256: shows that the transcript is the one that was written.
        lost: what could not be heard of the input, for people; None where it is done as a whole.
    """

    heard: str
    made: str
    body_sha256: str = "0" * 64
    lost: str | None = None

    def to_document(self) -> dict[str, Any]:
        """The parts as JSON."""
        lost = {} if self.lost is None else {"lost": self.lost}
        return {"heard": self.heard, "made": self.made, "body_sha256": self.body_sha256, **lost}

    @classmethod
    def from_fields(cls, fields: Fields) -> Self:
        """Read back what `to_document` wrote.

        Raises:
            DamagedDocument: it is none.
        """
        return cls(
            heard=fields.text("heard"),
            made=fields.text("made"),
            body_sha256=fields.text("body_sha256"),
            lost=fields.or_none("lost", Fields.text),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What shows that a file is done: for which content, settings, models and outputs.

    Attributes:
        key: digest of relative path, content and fingerprint, so that no mark counts for another
            file.
        fingerprint: of all settings and the models.
        parts: of it; the first results have none.
        reviewed: when somebody said that it is as it should be, ISO 8601; None = nobody has.
    """

    key: str
    fingerprint: str
    content: Content
    outputs: tuple[OutputMark, ...]
    parts: Parts | None = None
    reviewed: str | None = None

    @classmethod
    def of(
        cls,
        name: str,
        *,
        content: Content,
        fingerprints: Fingerprints,
        outputs: tuple[OutputMark, ...],
        lost: str | None = None,
    ) -> Self:
        """The mark of an input that was done just now.

        Args:
            name: of the input, as in a `Job`.
            lost: as in `Parts`.
        """
        return cls(
            key=_key_of(name, str(content.sha256), fingerprints.whole),
            fingerprint=fingerprints.whole,
            content=content,
            outputs=outputs,
            parts=Parts(heard=fingerprints.heard, made=fingerprints.made, lost=lost),
        )

    @property
    def lost(self) -> str | None:
        """As in `Parts`; the first results are whole."""
        return None if self.parts is None else self.parts.lost

    def is_of(self, name: str) -> bool:
        """Whether it was written for this input; a result may have been copied."""
        return self.key == _key_of(name, str(self.content.sha256), self.fingerprint)

    def is_current(self, fingerprints: Fingerprints) -> bool:
        """Whether nothing but the formats would be made otherwise today."""
        if self.parts is None:
            return self.fingerprint == fingerprints.whole
        return (
            self.parts.heard in fingerprints.heard_enough and self.parts.made in fingerprints.enough
        )

    def to_document(self) -> dict[str, Any]:
        """The `mark` of a result document."""
        return {
            "key": self.key,
            "fingerprint": self.fingerprint,
            **({} if self.parts is None else {"parts": self.parts.to_document()}),
            "media": self.content.to_document(),
            "outputs": [output.to_document() for output in self.outputs],
            **({} if self.reviewed is None else {"reviewed": self.reviewed}),
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
            parts=Parts.from_fields(fields.inner("parts")) if fields.has("parts") else None,
            reviewed=fields.or_none("reviewed", Fields.text),
        )


def _key_of(name: str, content_sha256: str, fingerprint: str) -> str:
    """64 hex digits: this input, this content, these settings and models."""
    parts = json.dumps([name, content_sha256, fingerprint], ensure_ascii=True)
    return hashlib.sha256(parts.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultHead:
    """The first line of a result: the mark, and what the report says of a file done before."""

    mark: Mark
    file: str
    duration_ms: int
    language: str | None


def result_bytes(document: Mapping[str, Any]) -> bytes:
    """A result document, which may be a lazy one, as it lies on the disk.

    Where its mark has parts, their digest of the rest is filled in.
    """
    head = {name: document[name] for name in _HEAD}
    rest = {name: value for name, value in document.items() if name not in head}
    line = head_line(head)
    buffer = io.BytesIO()  # gives its bytes without a copy
    buffer.write(line)
    digest = hashlib.sha256()
    pieces = json_pieces(rest, ensure_ascii=True)
    for piece in itertools.chain((next(pieces)[1:],), pieces, ("\n",)):
        data = piece.encode()
        digest.update(data)
        buffer.write(data)
    place = line.find(_NO_DIGEST)
    if place >= 0:
        buffer.seek(place)
        buffer.write(f'"{digest.hexdigest()}"'.encode())
    return buffer.getvalue()


def read_document(path: str, mark: Mark) -> tuple[Any, bool]:
    """The document of a result, and whether it is as it was written, as far as its mark knows.

    Raises:
        OSError: it cannot be opened.
        DamagedDocument: it is no JSON.
    """
    with open_regular(path) as file:
        line, body = file.readline(LONGEST_HEAD_BYTES), file.read(MOST_BYTES + 1)
    is_same = mark.parts is None or mark.parts.body_sha256 == hashlib.sha256(body).hexdigest()
    return json_from(line + body), is_same


def read_head(path: str) -> ResultHead | None:
    """The head of a result, or None where no whole one lies.

    One that somebody edited may be laid out in another way.
    """
    try:
        with open_regular(path) as file:
            line = file.readline(LONGEST_HEAD_BYTES)
            size_bytes = os.fstat(file.fileno()).st_size
            tail = read_at(file.fileno(), len(_RESULT_END), size_bytes - len(_RESULT_END))
    except OSError:
        return None
    try:
        is_ours = line.endswith(HEAD_END) and tail == _RESULT_END
        head = json_from(line.removesuffix(HEAD_END) + b"}") if is_ours else read_json(path)
        fields = Fields(head)
        return ResultHead(
            mark=Mark.from_fields(fields.inner("mark")),
            file=fields.path("file"),
            duration_ms=fields.whole("duration_ms"),
            language=fields.or_none("language", Fields.text),
        )
    except (OSError, DamagedDocument):
        return None


def may_keep(path: str) -> bool:
    """Whether a result may go where there is no batch's: nothing stands there, or its like."""
    head = read_head(path)
    return not os.path.lexists(path) if head is None else not head.mark.outputs


def heads_below(folder: str) -> Iterator[ResultHead]:
    """The heads of all whole results in a folder, in the order of their paths."""
    paths = (os.path.join(inner, name) for inner, _, names in os.walk(folder) for name in names)
    for path in sorted(paths):
        head = read_head(path)
        if head is not None:
            yield head


def head_line(head: Mapping[str, Any]) -> bytes:
    """The first line of a result, with its line end."""
    return json.dumps(head, ensure_ascii=True).encode()[:-1] + HEAD_END
