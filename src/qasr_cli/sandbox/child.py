"""Walls around one child: put up on a thread that starts it and then ends.

Walls are a thread's, and what a thread starts inherits them. So the rest of the process stays as
it is, and nothing runs between fork and exec, where Python must not run beside threads.
"""

import contextlib
import errno
import gc
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from qasr_cli.sandbox import landlock, seccomp
from qasr_cli.sandbox.landlock import READ, Opening


@dataclass(frozen=True, slots=True, kw_only=True)
class Walls:
    """What stands around a child.

    Attributes:
        openings: files that it may use; None = every file, where Landlock is not there.
    """

    openings: tuple[Opening, ...] | None

    def and_to(self, descriptor: int) -> "Walls":
        """The same, and what an open descriptor stands for may be opened again to read."""
        if self.openings is None:
            return self
        return Walls(openings=(*self.openings, Opening(place=descriptor, rights=READ)))

    def put_up(self) -> None:
        """Around this thread and what it starts from now on.

        Raises:
            OSError: the kernel does not have them.
        """
        if self.openings is not None:
            landlock.confine_to(self.openings)
        seccomp.confine_decoder()


# One start at a time, with the collector of garbage at rest: it runs on whatever thread it likes,
# and a finaliser of somebody else's object (a temporary file to remove) would find itself walled.
_one_at_a_time = threading.Lock()

Process = subprocess.Popen[bytes]


def start(walls: Walls, open_process: Callable[[], Process]) -> Process:
    """The child that `open_process` starts behind the walls.

    It runs where nothing can be opened any more: it is given descriptors, not names.

    Raises:
        OSError: there are no such walls, no such program, or no thread left.
    """
    processes: list[Process] = []
    errors: list[Exception] = []

    def run() -> None:
        try:
            walls.put_up()
            processes.append(open_process())
        except Exception as error:  # noqa: BLE001  # raised where it was asked for
            errors.append(error)

    with _one_at_a_time, _collector_at_rest():
        _run_to_its_end(threading.Thread(target=run, name="qasr-start-child"), processes)
    if errors:
        raise errors.pop()
    return processes.pop()


def _run_to_its_end(thread: threading.Thread, processes: list[Process]) -> None:
    try:
        thread.start()
    except RuntimeError as error:
        raise BlockingIOError(errno.EAGAIN, str(error)) from error
    try:
        thread.join()
    except BaseException:  # Ctrl-C: whoever would end the child does not know of it yet
        thread.join()
        for process in processes:
            process.kill()
            process.wait()
        raise


@contextlib.contextmanager
def _collector_at_rest() -> Iterator[None]:
    was_at_work = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_at_work:
            gc.enable()
