"""What stands for a lock on a disk that has none: a file of each run, seen by the others.

Each puts its own there and then looks for others, so two never both think that they are alone. A
run that was killed leaves its file behind: of this host it is known to be dead, of another one a
person has to say so.
"""

import contextlib
import os
import re

from qasr_cli.errors import LockHeld
from qasr_cli.storage.files import write_all
from qasr_cli.storage.temporaries import is_dead_process, owner_of_process
from qasr_cli.system import open_files
from qasr_cli.system.processes import host_name

_NAME = re.compile(r"running-(alone|shared)-(p\d+h[0-9a-f]{8})")


class Marker:
    """The file of one run.

    Args:
        folder: where it stands.
        of: the output folder, for the message.
        shared: others may have one too, if theirs are shared.
    """

    def __init__(self, folder: str, *, of: str, shared: bool) -> None:
        self._folder = folder
        self._of = of
        self._owner = owner_of_process()
        self._kind = "shared" if shared else "alone"
        self._path = os.path.join(folder, f"running-{self._kind}-{self._owner}")

    def put(self) -> None:
        """Put it there.

        Raises:
            LockHeld: another run has one, as far as can be told.
            OSError: it could not be written.
        """
        flags = open_files.WRITE | os.O_CREAT | os.O_TRUNC | open_files.NO_LINK
        descriptor = os.open(self._path, flags, 0o666)
        try:
            write_all(descriptor, f"process {os.getpid()} on {host_name()}\n".encode())
        finally:
            os.close(descriptor)
        other = self._other()
        if other is not None:
            self.remove()
            raise LockHeld(self._of, other)

    def remove(self) -> None:
        """Remove it."""
        with contextlib.suppress(OSError):
            os.unlink(self._path)

    def _other(self) -> str | None:
        """The file of another run that forbids this one; those of dead ones are removed."""
        for name in sorted(os.listdir(self._folder)):
            found = _NAME.fullmatch(name)
            path = os.path.join(self._folder, name)
            if found is None or path == self._path:
                continue
            # In a container every run may have the same number: then the file is an earlier one's.
            if found[2] == self._owner or is_dead_process(found[2]):
                with contextlib.suppress(OSError):
                    os.unlink(path)
            elif "alone" in {found[1], self._kind}:
                return path
        return None
