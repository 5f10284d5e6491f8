"""Recordings of requests on this disk, while they are at work.

Nothing of a recording is kept in memory, and nothing on the disk once its upload is closed; what a
killed process left is swept by the next one.
"""

import contextlib
import os
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

FIELD_LIMIT_BYTES = 1 << 20  # all text fields together, with their names
HEADER_LIMIT_BYTES = 64 << 10
PREFIX = "upload-"


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadLimits:
    """What one form may hold.

    Attributes:
        folder: where recordings are written.
        most_bytes: of the recording.
    """

    folder: str
    most_bytes: int


@dataclass(slots=True, kw_only=True)
class Upload:
    """A form that has arrived. Leave it with `with`: its file goes.

    Attributes:
        path: of the recording; "" where the form holds none.
        name: as its sender calls it: for people, never a path.
        fields: names and values, in order; names may repeat.
    """

    path: str = ""
    name: str = ""
    size_bytes: int = 0
    sha256: str = ""
    fields: list[tuple[str, str]] = field(default_factory=list)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.remove()

    def remove(self) -> None:
        """Remove the file, if it is still there."""
        if self.path:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.path)

    def first(self, *names: str) -> str | None:
        """The first value of the first of these fields that has one."""
        values = (value for name in names for known, value in self.fields if known == name)
        return next((value for value in values if value.strip()), None)

    def every(self, *names: str) -> list[str]:
        """All values of these fields."""
        return [value for known, value in self.fields if known in names]


def name_of_sender(value: str) -> str:
    r"""A name as its sender gives it, without folders of their machine.

    >>> name_of_sender("C:\\talks\\monday.wav"), name_of_sender("talks/")
    ('monday.wav', 'talks')
    """
    return os.path.basename(value.replace("\\", "/").rstrip("/"))


def sweep_uploads(folder: str) -> None:
    """Remove what a process that died has left; only for who holds the folder's lock."""
    for name in os.listdir(folder):
        if name.startswith(PREFIX):
            os.unlink(os.path.join(folder, name))
