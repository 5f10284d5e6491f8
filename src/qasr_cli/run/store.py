"""State of one output folder: results as commit marks, the journal as their index, the report.

Everything lies in `<root>/.qasr/`, but the report, which is for people, lies in the root. A result
is written after its outputs and names their hashes: where it stands, the file is done.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from qasr_cli.core.types import MediaFile
from qasr_cli.run.files import Written, os_errors_as_output_errors, write_atomically
from qasr_cli.run.lock import RunLock

STATE_FOLDER = ".qasr"
REPORT_NAME = "processing_report.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputMark:
    """One output as it was written; `path` is "/"-separated, from the root."""

    path: str
    size_bytes: int
    sha256: str


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
            "outputs": [
                {"path": output.path, "bytes": output.size_bytes, "sha256": output.sha256}
                for output in self.outputs
            ],
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

    def lock(self) -> RunLock:
        """The lock that makes this process the only writer."""
        return RunLock(self.state_folder)

    def result_path(self, name: str) -> str:
        """Where the result of an input lies."""
        return os.path.join(self.state_folder, "results", name + ".json")

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
        path = os.path.join(self.state_folder, "journal.jsonl")
        with os_errors_as_output_errors(path):
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
            descriptor = os.open(path, flags, 0o666)
            try:
                os.write(descriptor, json.dumps(line, ensure_ascii=True).encode() + b"\n")
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def write_report(self, report: Mapping[str, Any]) -> Written:
        """Put the report of this run into the root."""
        return write_atomically(self.report_path, json_bytes(report, indent=2))

    def relative(self, path: str) -> str:
        """A path from the root, "/"-separated."""
        return os.path.relpath(path, self.root).replace(os.sep, "/")


def json_bytes(document: Mapping[str, Any], *, indent: int | None = None) -> bytes:
    """JSON that round-trips every file name: ASCII only, so lone surrogates survive."""
    return json.dumps(document, ensure_ascii=True, indent=indent).encode() + b"\n"
