"""Writes packed weights once there are results: nobody's first subtitle waits for it."""

import contextlib
from collections import deque
from collections.abc import Callable
from threading import Lock, Thread

# Keeps something, and gives up soon after the question whether to go on is answered with no.
Keep = Callable[[Callable[[], bool]], None]


class Keeper:
    """What is to be kept, until it is.

    Args:
        goes_on: once it says no, what is at work leaves nothing behind, and no more is begun.

    Attributes:
        keeps_at_once: of every keeper in this process, which nobody waits for.
    """

    keeps_at_once = False

    def __init__(self, goes_on: Callable[[], bool] = lambda: True) -> None:
        self._goes_on = goes_on
        self._holds_nothing = False
        self._at_work = Lock()
        self._waiting: deque[Keep] = deque()
        self._thread: Thread | None = None

    def hold_nothing(self) -> None:
        """Leave out what waits, and have all that comes done at once: there is no memory for it."""
        self._holds_nothing = True
        self._waiting.clear()

    def add(self, keep: Keep) -> None:
        """Have this done later, or at once; what it holds is held until then."""
        if self.keeps_at_once or self._holds_nothing:
            self._do(keep)
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
        while self._waiting:
            self._do(self._waiting.popleft())

    def _do(self, keep: Keep) -> None:
        with self._at_work:
            if self._goes_on():
                keep(self._goes_on)
