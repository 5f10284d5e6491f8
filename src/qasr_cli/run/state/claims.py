"""Claims on the outputs of an input, for runs in which two processes may finish the same file.

A machine that was only cut off from the others goes on, and its file is given to another one. If
both wrote at once, the subtitles of one could stand beside the mark of the other. So whoever wants
to write takes the claim first, and whoever does not get it throws its own away.

Nobody's clock decides whether the holder of a claim is gone, but its lock, which the system drops
with the process.
"""

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from qasr_cli.run.state.lanes import is_alive
from qasr_cli.run.state.layout import digest_of_name, result_path
from qasr_cli.run.state.part import Part
from qasr_cli.storage.documents import DamagedDocument, Fields, read_json
from qasr_cli.storage.files import os_errors_as_output_errors, write_all
from qasr_cli.storage.jsonl import json_bytes
from qasr_cli.storage.publish import publish_new
from qasr_cli.storage.temporaries import temporary_in
from qasr_cli.system import file_locks, open_files

_Stamp = tuple[int, int, int]

FOLDER = "claims"
_TAKEOVER_LOCK = "takeover.lock"
# A commit takes milliseconds; one with a copy of a film minutes, which nobody waits for.
_PATIENCE_S = 5.0
_LOOK_S = 0.05


class WrittenByAnother(Exception):
    """Another process writes the outputs of an input, or has written them meanwhile.

    Attributes:
        is_done: it has.
    """

    def __init__(self, *, is_done: bool) -> None:
        super().__init__(is_done)
        self.is_done = is_done


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """Takes claims for one process.

    Attributes:
        part: as which it writes.
        owner: of its temporaries.
        are_needed: another process may be at work on the same file.
        patience_s: how long it waits for one that writes the same.
    """

    part: Part
    owner: str
    are_needed: bool
    patience_s: float = _PATIENCE_S
    _seen: dict[str, _Stamp | None] = field(default_factory=dict, init=False)

    def begin(self, name: str) -> None:
        """Note what stands of an input now that work on it begins."""
        if self.are_needed:
            self._seen[name] = self._stamp_of(name)

    @contextlib.contextmanager
    def hold(self, name: str) -> Iterator[None]:
        """Be the only one who writes the outputs of an input.

        Raises:
            WrittenByAnother: somebody else does, or has since `begin`.
            OutputError: the claim could not be written.
        """
        if not self.are_needed:
            yield
            return
        path = os.path.join(self.part.state_folder, FOLDER, digest_of_name(name))
        self._take(path)
        try:
            now = self._stamp_of(name)
            if self._seen.pop(name, now) != now:
                raise WrittenByAnother(is_done=True)
            yield
        finally:
            with contextlib.suppress(OSError):
                os.unlink(path)

    def _stamp_of(self, name: str) -> _Stamp | None:
        try:
            found = os.stat(result_path(self.part.state_folder, name))
        except OSError:
            return None
        return found.st_ino, found.st_size, found.st_mtime_ns

    def _take(self, path: str) -> None:
        due_s = time.monotonic() + self.patience_s
        while not self._is_taken(path):
            if self._is_stale(path) and self._is_removed_stale(path):
                continue
            if time.monotonic() >= due_s:
                raise WrittenByAnother(is_done=False)
            time.sleep(_LOOK_S)

    def _is_taken(self, path: str) -> bool:
        folder = os.path.dirname(path)
        with os_errors_as_output_errors(path):
            os.makedirs(folder, exist_ok=True)
            temporary = temporary_in(folder, self.owner)
            flags = open_files.WRITE | os.O_CREAT | os.O_EXCL | open_files.NO_LINK
            descriptor = os.open(temporary, flags, 0o666)
            try:
                # No fsync: what the power takes away was held by nobody afterwards.
                write_all(descriptor, json_bytes(self._document()))
            finally:
                os.close(descriptor)
            try:
                publish_new(temporary, path)
            except FileExistsError:
                os.unlink(temporary)
                return False
        return True

    def _document(self) -> dict[str, Any]:
        relative = os.path.relpath(self.part.own_folder, self.part.state_folder)
        return {"holder": relative.replace(os.sep, "/")}

    def _is_stale(self, path: str) -> bool:
        """Whether its holder is gone, so that nobody will ever let it go."""
        try:
            holder = Fields(read_json(path)).path("holder")
        except OSError:
            return False  # it was let go just now; or nobody may read it
        except DamagedDocument:
            return True  # ours is never written in part
        folder = os.path.normpath(os.path.join(self.part.state_folder, holder))
        # Its own is of an earlier process of the same part, whose lock this one has now.
        return folder == os.path.normpath(self.part.own_folder) or not is_alive(folder)

    def _is_removed_stale(self, path: str) -> bool:
        """Remove it, unless another process was faster and has taken it, or is at it."""
        lock = os.path.join(os.path.dirname(path), _TAKEOVER_LOCK)
        with os_errors_as_output_errors(lock):
            flags = open_files.READ_AND_WRITE | os.O_CREAT | open_files.NO_LINK
            descriptor = os.open(lock, flags, 0o666)
        try:
            if not _is_locked(descriptor):
                return False  # the next look decides
            with contextlib.suppress(FileNotFoundError):
                if self._is_stale(path):
                    with os_errors_as_output_errors(path):
                        os.unlink(path)
        finally:
            os.close(descriptor)
        return True


def _is_locked(descriptor: int) -> bool:
    """Whether nobody else is at it; on a disk without locks (`--no-lock`) nobody knows of any."""
    try:
        file_locks.take(descriptor)
    except OSError as error:
        return error.errno not in file_locks.HELD_BY_ANOTHER
    return True


def remove_all_claims(state_folder: str) -> None:
    """Remove the claims that dead processes left; only where nobody else can be at work."""
    folder = os.path.join(state_folder, FOLDER)
    with contextlib.suppress(OSError):
        for name in sorted(os.listdir(folder)):
            os.unlink(os.path.join(folder, name))
        os.rmdir(folder)
