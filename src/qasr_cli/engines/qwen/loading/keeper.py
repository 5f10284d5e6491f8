"""Writes packed weights once there are results: nobody's first subtitle waits for it."""

import contextlib
import logging
from collections import deque
from collections.abc import Callable
from threading import Lock, Thread

# Keeps something, and gives up soon after the question whether to go on is answered with no.
Keep = Callable[[Callable[[], bool]], None]

_log = logging.getLogger(__name__)


class Keeper:
    """What is to be kept, until it is.

    Args:
        goes_on: once it says no, what is at work leaves nothing behind, and no more is begun.

    Attributes:
        keeps_at_once: of one keeper that may hold nothing, or of all in a process that nobody
            waits for.
    """

    keeps_at_once = False

    def __init__(self, goes_on: Callable[[], bool] = lambda: True) -> None:
        self._goes_on = goes_on
        self._at_work = Lock()
        self._waiting: deque[Keep] = deque()
        self._thread: Thread | None = None

    def hold_nothing(self) -> bool:
        """Have all that comes done at once, since there is no memory for it.

        What waits is left out, what is at work is given up, and nothing of them is held afterwards.

        Returns:
            Whether something waited, or was at work.
        """
        is_there = bool(self._waiting) or self._at_work.locked()
        self.keeps_at_once = True
        self._waiting.clear()
        with self._at_work:
            return is_there

    def add(self, keep: Keep) -> None:
        """Have this done later, or at once; what it holds is held until then."""
        if self.keeps_at_once:
            self._do(keep, self._goes_on)
        else:
            self._waiting.append(keep)

    def begin(self) -> None:
        """Do all that was added in a thread of its own, beside other work."""
        is_at_work = self._thread is not None and self._thread.is_alive()
        if self._waiting and not is_at_work:
            thread = Thread(target=self._work, name="qasr-keeper", daemon=True)
            with contextlib.suppress(RuntimeError):  # no more threads may be: it is done at the end
                thread.start()
                self._thread = thread

    def finish(self) -> None:
        """Wait until all is done, or left out; a handler of signals may end it meanwhile."""
        self.begin()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self._work()  # what no thread could be had for
        with self._at_work:
            pass  # nor is another thread at what is done at once

    def _work(self) -> None:
        with contextlib.suppress(IndexError):  # all is done, or was left out meanwhile
            while True:
                self._do(self._waiting.popleft(), self._may_be_held)

    def _may_be_held(self) -> bool:
        return self._goes_on() and not self.keeps_at_once

    def _do(self, keep: Keep, goes_on: Callable[[], bool]) -> None:
        with self._at_work:
            if not goes_on():
                return
            try:
                keep(goes_on)
            except Exception as error:  # noqa: BLE001  # it only saves time, and that of later runs
                _log.debug("packed weights are not kept: %r", error)
