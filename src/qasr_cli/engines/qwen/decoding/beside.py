"""Work for a processor core that would have little to do while few answers are made."""

from collections.abc import Callable
from threading import Event, Thread
from types import TracebackType
from typing import Self

import torch

from qasr_cli.engines.own_threads import set_here

# Does something, and gives up soon after the question whether to go on, asked again and again, is
# answered with no.
Work = Callable[[Callable[[], bool]], None]


class Beside:
    """Work of one core in a thread of its own, while the thread that began it has one core less.

    Steps and checks of few answers wait for main memory, so that a second core adds little to them.
    Threads of torch that share a core would wait for each other again and again, so the cores are
    divided; those of onnxruntime, which do not wait busily, have all of them. A context: when it
    ends, so does the work.

    Args:
        can_begin: whether there is nothing that the work would wait for.
    """

    def __init__(self, work: Work, can_begin: Callable[[], bool] = lambda: True) -> None:
        self._work = work
        self._can_begin = can_begin
        self._is_enough = Event()
        self._thread_count = torch.get_num_threads()
        self._thread: Thread | None = None

    @property
    def has_core(self) -> bool:
        """Whether the work has one of the cores of the thread that asks, which goes on with it."""
        return torch.get_num_threads() < self._thread_count

    def go_on(self, *, may_begin: bool) -> None:
        """Begin, if that is still to be done and may be; take all cores once the work is done."""
        if self._thread is None and may_begin and not self._is_enough.is_set():
            if not self._can_begin():
                return
            self._begin()
        is_at_work = self._thread is not None and self._thread.is_alive()
        self._take(self._thread_count - 1 if is_at_work else self._thread_count)

    def end(self) -> None:
        """End the work, and take all cores again."""
        self._is_enough.set()
        if self._thread is not None:
            self._thread.join()
            self._take(self._thread_count)

    def __enter__(self) -> Self:
        """Nothing is begun yet."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the work."""
        self.end()

    def _begin(self) -> None:
        thread = Thread(target=self._run, name="qasr-beside", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # no more threads may be; then it is done later, as it would have been
            self._is_enough.set()
        else:
            self._thread = thread

    def _run(self) -> None:
        set_here(1, self._thread_count)
        self._work(lambda: not self._is_enough.is_set())

    def _take(self, count: int) -> None:
        if torch.get_num_threads() != count:
            set_here(count, self._thread_count)
