"""One run at a time in one output folder."""

import fcntl
import os
from types import TracebackType
from typing import Self

from qasr_cli.errors import LockHeld
from qasr_cli.storage.files import os_errors_as_output_errors


class RunLock:
    """Holds an OS lock on a file named `lock` while the context is open.

    The kernel drops it with the process, however that dies, so there is no stale lock.

    Args:
        folder: of the lock file; made if it is not there.
        of: the output folder, for the message.
        shared: others may hold it too, if they share it.
    """

    def __init__(self, folder: str, *, of: str, shared: bool = False) -> None:
        self._folder = folder
        self._of = of
        self._mode = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        """Take the lock.

        Raises:
            LockHeld: another process has it.
            OutputError: the folder takes no files.
        """
        path = os.path.join(self._folder, "lock")
        with os_errors_as_output_errors(path):
            os.makedirs(self._folder, exist_ok=True)
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            descriptor = os.open(path, flags, 0o600)
            try:
                fcntl.flock(descriptor, self._mode | fcntl.LOCK_NB)
            except OSError as error:
                os.close(descriptor)
                if isinstance(error, BlockingIOError):
                    raise LockHeld(self._of) from error
                raise
        self._descriptor = descriptor
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Release the lock. Its file stays: unlinking it would let two runs hold two locks."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
