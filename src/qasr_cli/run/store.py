"""State of one output folder: results as commit marks, the journal, the report.

Everything lies in `<root>/.qasr/`, but the report, which is for people, lies in the root. Order
for one input: a journal line that names the outputs to be and their hashes, the outputs, the
result (where it stands, the input is done), a journal line with the outcome. So whatever moment a
run is killed at, the next one knows its own outputs from other people's.
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from qasr_cli.core.types import MediaFile
from qasr_cli.run.files import (
    Written,
    os_errors_as_output_errors,
    write_all,
    write_atomically,
)
from qasr_cli.run.lock import RunLock

STATE_FOLDER = ".qasr"
REPORT_NAME = "processing_report.json"
_MAX_NAME_BYTES = 255  # of one name, on every common file system


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputMark:
    """One output as it was written; `path` is "/"-separated, from the root."""

    path: str
    size_bytes: int
    sha256: str


def _output_document(output: OutputMark) -> dict[str, Any]:
    return {"path": output.path, "bytes": output.size_bytes, "sha256": output.sha256}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Why a file counts as done, and with what.

    Attributes:
        key: digest of relative path, content and everything that changes the result.
        fingerprint: of settings and models.
        content_sha256: of the media file; its stat is the fast way to know it unchanged.
    """

    key: str
    fingerprint: str
    content_sha256: str
    size_bytes: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    outputs: tuple[OutputMark, ...]

    def has_stat_of(self, media: MediaFile) -> bool:
        """True when the media file looks untouched since."""
        ours = (self.size_bytes, self.mtime_ns, self.ctime_ns, self.inode)
        return ours == (media.size_bytes, media.mtime_ns, media.ctime_ns, media.inode)

    def with_stat_of(self, media: MediaFile) -> Self:
        """The same mark for the same content under a new stat."""
        return replace(
            self,
            size_bytes=media.size_bytes,
            mtime_ns=media.mtime_ns,
            ctime_ns=media.ctime_ns,
            inode=media.inode,
        )

    def to_document(self) -> dict[str, Any]:
        """The `mark` of a result document."""
        return {
            "key": self.key,
            "fingerprint": self.fingerprint,
            "media": {
                "sha256": self.content_sha256,
                "bytes": self.size_bytes,
                "mtime_ns": self.mtime_ns,
                "ctime_ns": self.ctime_ns,
                "inode": self.inode,
            },
            "outputs": [_output_document(output) for output in self.outputs],
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read back what `to_document` wrote.

        Raises:
            KeyError, TypeError: it is not a mark.
        """
        media = document["media"]
        return cls(
            key=document["key"],
            fingerprint=document["fingerprint"],
            content_sha256=media["sha256"],
            size_bytes=media["bytes"],
            mtime_ns=media["mtime_ns"],
            ctime_ns=media["ctime_ns"],
            inode=media["inode"],
            outputs=tuple(
                OutputMark(path=o["path"], size_bytes=o["bytes"], sha256=o["sha256"])
                for o in document["outputs"]
            ),
        )


class Store:
    """The state under one root. Use inside `lock()`: it takes itself for the only writer."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.state_folder = os.path.join(root, STATE_FOLDER)
        self.report_path = os.path.join(root, REPORT_NAME)
        self.journal_path = os.path.join(self.state_folder, "journal.jsonl")
        self._written: dict[str, set[str]] | None = None

    def lock(self) -> RunLock:
        """The lock that makes this process the only writer."""
        return RunLock(self.state_folder)

    def result_path(self, name: str) -> str:
        """Where the result of an input lies: below its name, or a digest where that is too long."""
        results = os.path.join(self.state_folder, "results")
        if len(os.fsencode(os.path.basename(name))) > _MAX_NAME_BYTES - len(".json"):
            digest = hashlib.sha256(os.fsencode(name)).hexdigest()
            return os.path.join(results, ".long", digest + ".json")
        return os.path.join(results, name + ".json")

    def read_result(self, name: str) -> dict[str, Any] | None:
        """The result document of an input, or None where no whole one lies."""
        try:
            with open(self.result_path(name), encoding="utf-8") as file:
                document = json.load(file)
        except (OSError, ValueError):
            return None
        return document if isinstance(document, dict) else None

    def write_result(self, name: str, document: Mapping[str, Any]) -> None:
        """Commit an input: from here on it is done."""
        write_atomically(self.result_path(name), json_bytes(document))

    def append_to_journal(self, line: Mapping[str, Any]) -> None:
        """Add one line, whole and on the disk when this returns.

        Raises:
            OutputError: it could not be written.
        """
        with os_errors_as_output_errors(self.journal_path):
            flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
            descriptor = os.open(self.journal_path, flags, 0o666)
            try:
                size_bytes = os.fstat(descriptor).st_size
                # A line that a power cut tore must not take the next one with it.
                is_torn = size_bytes > 0 and os.pread(descriptor, 1, size_bytes - 1) != b"\n"
                text = json.dumps(line, ensure_ascii=True)
                write_all(descriptor, (b"\n" if is_torn else b"") + text.encode() + b"\n")
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def note_outputs(self, name: str, outputs: Sequence[OutputMark]) -> None:
        """Say in the journal what is about to be written: a killed run's outputs stay known.

        Raises:
            OutputError: it could not be written.
        """
        document = [_output_document(output) for output in outputs]
        self.append_to_journal({"event": "writing", "file": name, "outputs": document})
        for output in outputs:
            self._ours().setdefault(output.path, set()).add(output.sha256)

    def is_ours(self, path: str, content_sha256: str) -> bool:
        """Whether some run wrote this content to this path, also one that was killed."""
        return content_sha256 in self._ours().get(self.relative(path), ())

    def _ours(self) -> dict[str, set[str]]:
        if self._written is None:
            self._written = {}
            for line in self._journal_lines():
                for output in line.get("outputs", ()) if line.get("event") == "writing" else ():
                    self._written.setdefault(output["path"], set()).add(output["sha256"])
        return self._written

    def _journal_lines(self) -> Iterator[dict[str, Any]]:
        try:
            with open(self.journal_path, "rb") as file:
                for line in file:
                    with contextlib.suppress(ValueError):  # torn
                        document = json.loads(line)
                        if isinstance(document, dict):
                            yield document
        except FileNotFoundError:
            return

    def write_report(self, report: Mapping[str, Any]) -> Written:
        """Put the report of this run into the root."""
        return write_atomically(self.report_path, json_bytes(report, indent=2))

    def relative(self, path: str) -> str:
        """A path from the root, "/"-separated."""
        return os.path.relpath(path, self.root).replace(os.sep, "/")


def json_bytes(document: Mapping[str, Any], *, indent: int | None = None) -> bytes:
    """JSON that round-trips every file name: ASCII only, so lone surrogates survive."""
    return json.dumps(document, ensure_ascii=True, indent=indent).encode() + b"\n"
