"""A file that a user named to be written: a report, a page."""

import os
import stat
from dataclasses import dataclass
from typing import Self

from qasr_cli.errors import OutputError, OutputExists, UsageError
from qasr_cli.storage.files import Fill, Writer, write_atomically
from qasr_cli.storage.temporaries import owner_of_process


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedFile:
    """The file as it was before the work: what stood there is replaced, what came since is not.

    Attributes:
        has_stood: whether anything had this name.
    """

    path: str
    has_stood: bool

    @classmethod
    def at(cls, path: str, *, option: str) -> Self:
        """The file of a name, looked at before the work.

        Args:
            option: that named it.

        Raises:
            UsageError: what stands there is no file.
        """
        try:
            found = os.stat(path)
        except OSError:
            return cls(path=path, has_stood=os.path.lexists(path))
        if stat.S_ISDIR(found.st_mode):
            raise UsageError(f"{option} {path}: is a folder, not a file")
        if not stat.S_ISREG(found.st_mode):
            raise UsageError(f"{option} {path}: is no regular file")
        return cls(path=path, has_stood=True)

    def write(self, data: bytes | Fill) -> None:
        """Write it whole.

        Raises:
            OutputError, OutputRefused: as `write_atomically`; or somebody put a file there.
        """
        if self.has_stood:
            write_atomically(self.path, data)
            return
        try:
            Writer(owner=owner_of_process()).write_output(self.path, data, of=self.path)
        except OutputExists as error:
            reason = "somebody put a file there meanwhile, and it is left as it is"
            raise OutputError(self.path, reason) from error
