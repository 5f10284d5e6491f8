"""Work for a processor core that would have little to do while few answers are made."""

from collections.abc import Callable
from threading import Event, Thread
from types import TracebackType
from typing import Self

import torch

# Does something, and gives up soon after the question whether to go on, asked again and again, is
# answered with no.
Work = Callable[[Callable[[], bool]], None]


class Beside:
    """Work of one core in a thread of its own, while the thread that began it has one core less.

    A step of few answers waits for main memory, and one core reads as fast as two (0.6B, 4-bit
    weights, two cores of an EPYC: 33 ms with one thread, 36 with two). Threads that share a core
    would wait for each other again and again, so the cores are divided. A context: when it ends, so
    does the work.
    """

    def __init__(self, work: Work) -> None:
        self._is_enough = Event()
        self._thread_count = torch.get_num_threads()
        self._thread = Thread(
            target=work,
            args=(lambda: not self._is_enough.is_set(),),
            name="qasr-beside",
            daemon=True,
        )
        self._has_begun = False

    def go_on(self, *, may_begin: bool) -> None:
        """Begin, if that is still to be done and may be; take all cores once the work is done."""
        if not self._has_begun:
            if not may_begin:
                return
            self._has_begun = True
            self._thread.start()
        count = self._thread_count - 1 if self._thread.is_alive() else self._thread_count
        if torch.get_num_threads() != count:
            torch.set_num_threads(count)

    def __enter__(self) -> Self:
        """Nothing is begun yet."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the work, and take all cores again."""
        self._is_enough.set()
        if self._has_begun:
            self._thread.join()
            torch.set_num_threads(self._thread_count)
