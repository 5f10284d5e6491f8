"""Where a service keeps recordings while they are heard, and its jobs. One process at a time."""

import contextlib
import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Self

from qasr_cli.errors import LockHeld, OutputError
from qasr_cli.serve.forms.uploads import sweep_uploads
from qasr_cli.storage.files import os_errors_as_output_errors
from qasr_cli.storage.lock import RunLock

_TAKEN = "another qasr serve keeps its state here; stop it, or take another --state-dir"
_OPEN = "another qasr edit has it open; close that one first"


class StateFolder:
    """A folder that belongs to this process while it is open. For its user's eyes alone.

    Args:
        is_kept: what jobs left there is taken up again; else it is removed, now and at the end.

    Attributes:
        uploads: recordings of requests at work; what a process that died left there is removed.
        jobs: recordings and results of jobs.
        live: what is being said; what a process that died left there becomes a job.
    """

    def __init__(self, path: str, *, is_kept: bool = True) -> None:
        self._path = path
        self._is_kept = is_kept
        self.uploads = os.path.join(path, "uploads")
        self.jobs = os.path.join(path, "jobs")
        self.live = os.path.join(path, "live")
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
            if not self._is_kept:
                self._clear()
            for folder in (self.uploads, self.jobs, self.live):
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
        if not self._is_kept:
            self._clear()
        self._lock.__exit__(kind, error, trace)

    def _clear(self) -> None:
        for folder in (self.uploads, self.jobs, self.live):
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def edit_folder(base: str, claims: Iterable[str]) -> Iterator[str]:
    """A folder for the state of an edit, while nobody else edits the same.

    Whatever edits that were killed left below the same folder is removed: nobody's words stay
    behind in a place that nobody knows.

    Args:
        base: where the state of all edits of this user is.
        claims: what is edited, by paths.

    Raises:
        LockHeld: another process edits one of these.
        OutputError: the folder cannot be made, or takes no files.
    """
    sessions = os.path.join(base, "sessions")
    with os_errors_as_output_errors(base):
        for folder in (base, sessions, os.path.join(base, "claims")):
            os.makedirs(folder, mode=0o700, exist_ok=True)
        for name in os.listdir(sessions):
            _clear_dead(os.path.join(sessions, name))
    with contextlib.ExitStack() as held:
        for claim in claims:
            try:
                held.enter_context(RunLock(os.path.join(base, "claims", _digest(claim)), of=claim))
            except LockHeld as error:
                raise LockHeld(claim, advice=_OPEN) from error
        yield os.path.join(sessions, _digest("\0".join(claims)))


def _clear_dead(path: str) -> None:
    with contextlib.suppress(LockHeld, OutputError), StateFolder(path, is_kept=False):
        pass


def _digest(text: str) -> str:
    return hashlib.sha256(os.fsencode(text)).hexdigest()[:32]
