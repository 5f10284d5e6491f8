"""One run at a time in one output folder."""

import errno
import fcntl
import os
from types import TracebackType
from typing import Self

from qasr_cli.errors import LockHeld, LocksUnknown
from qasr_cli.storage.files import os_errors_as_output_errors
from qasr_cli.storage.marker import Marker

# What the system says of a lock that another has; shares say the last, of an open file. Whatever
# else it says, this disk has no locks for us.
LOCK_HELD = frozenset({errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES})


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
        self._mode = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
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
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            self._descriptor = os.open(path, flags, 0o600)
            try:
                self._lock(self._descriptor)
            except BaseException:
                self._let_go()
                raise
        return self

    def _lock(self, descriptor: int) -> None:
        try:
            fcntl.flock(descriptor, self._mode | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in LOCK_HELD:
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
