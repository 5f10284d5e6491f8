"""One job on the disk: a folder that says all of it, so that a new process goes on with it.

Order: the recording, then `job.json`, which makes it a job; then the state of a batch over this one
recording; the result; at last `end.json`. A folder without `job.json` was never accepted, or is
being removed.
"""

import contextlib
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self, TypeVar

from qasr_cli.errors import QasrError
from qasr_cli.serve.jobs.asked import Asked
from qasr_cli.serve.refusals import Refused
from qasr_cli.storage.documents import DamagedDocument, Fields, read_json
from qasr_cli.storage.files import sync, sync_folder, write_atomically
from qasr_cli.storage.jsonl import json_bytes

_T = TypeVar("_T")
_ID_BYTES = 16  # nobody guesses it
_ID = re.compile(r"[\w-]{22}", re.ASCII)
_MOST_BYTES = 1 << 24  # of a document here; a text field has a sixteenth of it
_ERROR = ("message", "code")
# Its suffix is nobody else's, and asks a batch to take this file and no other.
MEDIA_NAME = "media.recording"


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A job as it was accepted.

    Attributes:
        name: of the recording, as its sender calls it: for people, never a path.
        sha256: of the recording.
        number: its place in the order of arrival.
        is_held: nothing is heard before somebody says so.
    """

    name: str
    sha256: str
    number: int
    asked: Asked
    is_held: bool = False

    @property
    def key(self) -> tuple[str, Asked]:
        """Equal for jobs that have the same result."""
        return self.sha256, self.asked

    def to_document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "name": self.name,
            "sha256": self.sha256,
            "number": self.number,
            "asked": self.asked.to_document(),
            "is_held": self.is_held,
        }

    @classmethod
    def from_fields(cls, fields: Fields) -> Self:
        """Read back what `to_document` wrote.

        Raises:
            DamagedDocument: it is none.
        """
        return cls(
            name=fields.text("name"),
            sha256=fields.text("sha256"),
            number=fields.whole("number"),
            asked=Asked.from_fields(fields.inner("asked")),
            is_held=fields.flag("is_held", default=False),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How a job ended.

    Attributes:
        ended_s: when, on the clock of the epoch.
        error: message and code; None where it has a result.
    """

    ended_s: int
    duration_ms: int | None = None
    language: str | None = None
    warnings: tuple[str, ...] = ()
    error: Mapping[str, str] | None = None

    def to_document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "ended_s": self.ended_s,
            "duration_ms": self.duration_ms,
            "language": self.language,
            "warnings": list(self.warnings),
            "error": None if self.error is None else dict(self.error),
        }

    @classmethod
    def from_fields(cls, fields: Fields) -> Self:
        """Read back what `to_document` wrote.

        Raises:
            DamagedDocument: it is none.
        """
        error = fields.or_none("error", Fields.inner)
        return cls(
            ended_s=fields.whole("ended_s"),
            duration_ms=fields.or_none("duration_ms", Fields.whole),
            language=fields.or_none("language", Fields.text),
            warnings=fields.texts("warnings"),
            error=None if error is None else {name: error.text(name) for name in _ERROR},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFolder:
    """The files of one job. Every method may wait for the disk.

    Attributes:
        id: of the job, and the folder's name.
        recording: where it stands, outside of the folder; None = in it, "" = nowhere.
    """

    root: str
    id: str
    recording: str | None = None

    @classmethod
    def new(cls, root: str) -> Self:
        """One that is not there yet."""
        return cls(root=root, id=secrets.token_urlsafe(_ID_BYTES))

    @property
    def path(self) -> str:
        """Of the folder."""
        return os.path.join(self.root, self.id)

    @property
    def media(self) -> str:
        """The recording."""
        return self.place(MEDIA_NAME) if self.recording is None else self.recording

    @property
    def result(self) -> str:
        """What was heard, as `qasr transcribe -f json` writes it; there once it was."""
        return self.place("media.json")

    def place(self, name: str) -> str:
        """Where one of its files lies."""
        return os.path.join(self.path, name)

    def take(self, upload_path: str, accepted: Accepted) -> None:
        """Make a job of an upload, which is taken away; it is one once this returns.

        Raises:
            OSError, OutputError: the disk takes no more; nothing is left then.
        """
        os.mkdir(self.path, 0o700)
        try:
            _sync_file(upload_path)
            os.rename(upload_path, self.media)
            self._accept(accepted)
        except BaseException:
            shutil.rmtree(self.path, ignore_errors=True)
            raise

    def take_done(self, twin: "JobFolder", accepted: Accepted, end: End) -> None:
        """Make a job of one that is done and equal, which stays.

        Raises:
            OSError, OutputError: that one is gone, the disk has no links ...; nothing is left.
        """
        os.mkdir(self.path, 0o700)
        try:
            os.link(twin.media, self.media)
            os.link(twin.result, self.result)
            self.write_end(end)
            self._accept(accepted)
        except BaseException:
            shutil.rmtree(self.path, ignore_errors=True)
            raise

    def take_result_of(self, twin: "JobFolder") -> None:
        """Have the result of an equal job.

        Raises:
            OSError: it is gone, or the disk has no links.
        """
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.result)
        os.link(twin.result, self.result)

    def _accept(self, accepted: Accepted) -> None:
        self.write("job.json", accepted.to_document())
        sync_folder(self.root)

    def accepted(self) -> Accepted:
        """The job.

        Raises:
            DamagedDocument: what is there is none.
        """
        found = self.read("job.json", Accepted.from_fields)
        if found is None:
            raise DamagedDocument("there is no job.json")
        return found

    def end(self) -> End | None:
        """How it ended; None while it has not."""
        with contextlib.suppress(DamagedDocument):  # then it ends once more
            return self.read("end.json", End.from_fields)
        return None

    def begin_anew(self, accepted: Accepted) -> None:
        """Have a job that was held, or has failed, as if it had just come.

        Raises:
            OutputError, OutputRefused: the disk takes no more.
        """
        self.write("job.json", accepted.to_document())
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.place("end.json"))
            sync_folder(self.path)

    def write_end(self, end: End) -> None:
        """Note how it ended.

        Raises:
            OutputError, OutputRefused: the disk takes no more.
        """
        self.write("end.json", end.to_document())

    def write(self, name: str, document: Mapping[str, Any]) -> None:
        """Write one of its documents.

        Raises:
            OutputError, OutputRefused: the disk takes no more.
        """
        write_atomically(self.place(name), json_bytes(document))

    def read(self, name: str, read: Callable[[Fields], _T]) -> _T | None:
        """One of its documents; None where it is not there.

        Raises:
            DamagedDocument: it is none of ours.
        """
        try:
            return read(Fields(read_json(self.place(name), most_bytes=_MOST_BYTES)))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise DamagedDocument(error.strerror or "it cannot be read") from error

    def disown(self) -> None:
        """Have no job here any more, whatever else is still written."""
        with contextlib.suppress(OSError):
            os.unlink(self.place("job.json"))
            sync_folder(self.path)

    def remove(self) -> None:
        """Remove all of it; what cannot be removed now will be at the next start."""
        self.disown()
        shutil.rmtree(self.path, ignore_errors=True)


def not_kept(error: Exception) -> Refused:
    """How is told that the disk did not take a file of a job."""
    cause = error.__cause__ if isinstance(error, QasrError) else error
    return Refused.not_kept(cause) if isinstance(cause, OSError) else Refused.disk_full()


def folders_in(root: str) -> Iterator[JobFolder]:
    """Every job; what was never accepted, or half removed, is removed."""
    for name in os.listdir(root):
        folder = JobFolder(root=root, id=name)
        if not _ID.fullmatch(name) or not os.path.isdir(folder.path):
            continue  # nothing of ours
        if os.path.lexists(folder.place("job.json")):
            yield folder
        else:
            folder.remove()


def _sync_file(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        sync(descriptor)
    finally:
        os.close(descriptor)
