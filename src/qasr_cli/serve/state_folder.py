"""Where a service keeps recordings while they are heard, and its jobs. One process at a time."""

import os
from types import TracebackType
from typing import Self

from qasr_cli.errors import LockHeld
from qasr_cli.serve.forms.uploads import sweep_uploads
from qasr_cli.storage.files import os_errors_as_output_errors
from qasr_cli.storage.lock import RunLock

_TAKEN = "another qasr serve keeps its state here; stop it, or take another --state-dir"


class StateFolder:
    """A folder that belongs to this process while it is open. For its user's eyes alone.

    Attributes:
        uploads: recordings of requests at work; what a process that died left there is removed.
        jobs: recordings and results of jobs.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self.uploads = os.path.join(path, "uploads")
        self.jobs = os.path.join(path, "jobs")
        self._lock = RunLock(path, of=path)

    def __enter__(self) -> Self:
        """Take it.

        Raises:
            LockHeld: another process has it.
            OutputError: it cannot be made, or takes no files.
        """
        with os_errors_as_output_errors(self._path):
            os.makedirs(self._path, mode=0o700, exist_ok=True)
        try:
            self._lock.__enter__()
        except LockHeld as error:
            raise LockHeld(self._path, advice=_TAKEN) from error
        with os_errors_as_output_errors(self._path):
            for folder in (self.uploads, self.jobs):
                os.makedirs(folder, mode=0o700, exist_ok=True)
            sweep_uploads(self.uploads)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go of it."""
        self._lock.__exit__(kind, error, trace)
