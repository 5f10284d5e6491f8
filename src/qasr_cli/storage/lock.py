"""One run at a time in one output folder."""

import os
from types import TracebackType
from typing import Self

from qasr_cli.errors import LockHeld, LocksUnknown
from qasr_cli.storage.files import os_errors_as_output_errors
from qasr_cli.storage.marker import Marker
from qasr_cli.system import file_locks, open_files


class RunLock:
    """Holds an OS lock on a file named `lock` while the context is open.

    The kernel drops it with the process, however that dies, so there is no stale lock. Where a
    disk has no locks, a `Marker` does what it can, if the user goes on without.

    Args:
        folder: of the lock file; made if it is not there.
        of: the output folder, for the message.
        shared: others may hold it too, if they share it.
        is_needed: without locks there is no run.

    Attributes:
        is_missing: whether it is held on a disk without locks.
    """

    def __init__(
        self, folder: str, *, of: str, shared: bool = False, is_needed: bool = True
    ) -> None:
        self._folder = folder
        self._of = of
        self._is_shared = shared
        self._is_needed = is_needed
        self._descriptor: int | None = None
        self._marker = Marker(folder, of=of, shared=shared)
        self.is_missing = False

    def __enter__(self) -> Self:
        """Take the lock.

        Raises:
            LockHeld: another process has it.
            LocksUnknown: the disk has no locks, and one is needed.
            OutputError: the folder takes no files.
        """
        path = os.path.join(self._folder, "lock")
        with os_errors_as_output_errors(path):
            os.makedirs(self._folder, exist_ok=True)
            flags = open_files.READ_AND_WRITE | os.O_CREAT | open_files.NO_LINK
            self._descriptor = os.open(path, flags, 0o600)
            try:
                self._lock(self._descriptor)
            except BaseException:
                self._let_go()
                raise
        return self

    def _lock(self, descriptor: int) -> None:
        try:
            file_locks.take(descriptor, shared=self._is_shared)
        except OSError as error:
            if error.errno in file_locks.HELD_BY_ANOTHER:
                raise LockHeld(self._of) from error
            if self._is_needed:
                raise LocksUnknown(self._of, error.strerror or "?") from error
            self.is_missing = True
            self._marker.put()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Release the lock. Its file stays: unlinking it would let two runs hold two locks."""
        if self.is_missing:
            self._marker.remove()
        self._let_go()

    def _let_go(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
