"""The lanes of workers in a state folder: which still live, and what dead ones left."""

import contextlib
import os
import re
import time

from qasr_cli.errors import LockHeld
from qasr_cli.run.state.layout import JOURNAL_NAME, lane_folders, shard_folders
from qasr_cli.storage.files import os_errors_as_output_errors, sync, write_all
from qasr_cli.storage.temporaries import is_dead_process
from qasr_cli.system import file_locks, open_files

TOLD_NAME = "told.jsonl"
_LANE = re.compile(r"(p\d+h[0-9a-f]{8})n[0-9a-f]{8}")
# Workers end with the process that started them; the kernel may need a moment for it.
_PATIENCE_S = 5.0
_LOOK_S = 0.05
_PIECE_BYTES = 1 << 20
_STILL_AT_WORK = "a worker of an earlier run is still at work here; wait for it, or use another -o"


def require_no_living_lane(folder: str, *, of: str) -> None:
    """Wait for a moment until no worker of an earlier run is at work.

    Args:
        folder: the state folder of a whole batch or of a part; that of a batch holds all parts.
        of: the output folder, for the message.

    Raises:
        LockHeld: one still is.
    """
    due_s = time.monotonic() + _PATIENCE_S
    for lane in _lanes_in(folder):
        while is_alive(lane):
            if time.monotonic() >= due_s:
                raise LockHeld(of, "", _STILL_AT_WORK)
            time.sleep(_LOOK_S)


def is_alive(folder: str) -> bool:
    """Whether the process that writes in this lane, or does this part, is there.

    Its lock says so; on a disk without locks the name of a lane does, for processes of this host.
    """
    flags = open_files.READ_AND_WRITE | open_files.NO_LINK
    try:
        descriptor = os.open(os.path.join(folder, "lock"), flags)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True  # somebody else's, of whom nothing is known
    try:
        file_locks.take(descriptor)
    except OSError as error:
        if error.errno in file_locks.HELD_BY_ANOTHER:
            return True
        found = _LANE.fullmatch(os.path.basename(folder))
        return found is not None and not is_dead_process(found[1])
    finally:
        os.close(descriptor)
    return False


def fold_dead_lanes(folder: str) -> None:
    """Put the journals of lanes that are no longer at work into that of the run; remove the rest.

    Use inside the lock of the run. Killed in between, lines stand in both, which says the same.

    Raises:
        OutputError: the journal could not be written.
    """
    for owner in _folders_of_runs(folder):
        for lane in lane_folders(owner):
            if not is_alive(lane):
                _append(os.path.join(lane, JOURNAL_NAME), os.path.join(owner, JOURNAL_NAME))
                _remove(lane)


def _lanes_in(folder: str) -> tuple[str, ...]:
    return tuple(lane for owner in _folders_of_runs(folder) for lane in lane_folders(owner))


def _folders_of_runs(folder: str) -> tuple[str, ...]:
    return (folder, *shard_folders(folder))


def _append(source: str, target: str) -> None:
    with contextlib.ExitStack() as stack:
        try:
            lines = stack.enter_context(open(source, "rb"))
            piece = lines.read(_PIECE_BYTES)
        except OSError:
            return  # it wrote nothing
        if not piece:
            return
        stack.enter_context(os_errors_as_output_errors(target))
        flags = open_files.READ_AND_WRITE | os.O_CREAT | os.O_APPEND | open_files.NO_LINK
        descriptor = os.open(target, flags, 0o666)
        try:
            # Of a torn line, here or there, only itself is lost.
            size_bytes = os.fstat(descriptor).st_size
            is_torn = size_bytes > 0 and open_files.read_at(descriptor, 1, size_bytes - 1) != b"\n"
            last = b""
            write_all(descriptor, b"\n" if is_torn else b"")
            while piece:
                write_all(descriptor, piece)
                last, piece = piece[-1:], lines.read(_PIECE_BYTES)
            write_all(descriptor, b"" if last == b"\n" else b"\n")
            sync(descriptor)
        finally:
            os.close(descriptor)


def _remove(lane: str) -> None:
    """Remove a lane whose journal is elsewhere; what is not ours stays, and is found again."""
    with contextlib.suppress(OSError):
        for name in sorted(os.listdir(lane)):
            if name in {JOURNAL_NAME, TOLD_NAME, "lock"} or name.startswith("running-"):
                os.unlink(os.path.join(lane, name))
        os.rmdir(lane)
