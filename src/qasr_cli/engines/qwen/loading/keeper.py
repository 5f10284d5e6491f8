"""Writes packed weights once there are results: nobody's first subtitle waits for it."""

from collections import deque
from collections.abc import Callable
from threading import Thread

# Keeps something, and gives up soon after the question whether to go on is answered with no.
Keep = Callable[[Callable[[], bool]], None]


class Keeper:
    """What is to be kept, until it is.

    Attributes:
        keeps_at_once: of every keeper in this process, which nobody waits for.
        goes_on: once it says no, what is at work leaves nothing behind, and no more is begun.
    """

    keeps_at_once = False

    def __init__(self) -> None:
        self.goes_on: Callable[[], bool] = lambda: True
        self._waiting: deque[Keep] = deque()
        self._thread: Thread | None = None

    def add(self, keep: Keep) -> None:
        """Have this done later, or at once; what it holds is held until then."""
        if self.keeps_at_once:
            keep(lambda: True)
        else:
            self._waiting.append(keep)

    def begin(self) -> None:
        """Do all that was added in a thread of its own, beside other work."""
        is_at_work = self._thread is not None and self._thread.is_alive()
        if self._waiting and not is_at_work:
            self._thread = Thread(target=self._work, name="qasr-keeper", daemon=True)
            self._thread.start()

    def finish(self) -> None:
        """Wait until all is done, or left out; a handler of signals may end it meanwhile."""
        while self._waiting or self._thread is not None:
            self.begin()
            if self._thread is not None:
                self._thread.join()
                self._thread = None

    def _work(self) -> None:
        while self._waiting:
            keep = self._waiting.popleft()
            if self.goes_on():
                keep(self.goes_on)
