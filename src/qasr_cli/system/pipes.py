"""Waiting for what children write, on several pipes at a time."""

import select
import selectors
import time
from importlib import import_module

_LOOK_S = 0.005  # how long a piece may lie there; on Windows nobody can be told of it

_Ready = list[tuple[selectors.SelectorKey, int]]


def selector_of_pipes() -> selectors.BaseSelector:
    """What tells which pipes hold something to read, or have ended."""
    return _LookingSelector() if _is_windows() else selectors.DefaultSelector()


def holds_something(descriptor: int, *, within_s: float) -> bool:
    """Whether a pipe, file or terminal can be read at once, or has ended; asked for so long.

    On Windows yes, always: there whoever reads may have to wait.
    """
    return _is_windows() or bool(select.select([descriptor], [], [], within_s)[0])


def _is_windows() -> bool:
    try:
        import_module("_winapi")
    except ImportError:
        return False
    return True


class _LookingSelector(selectors.SelectSelector):
    """Looks into pipes again and again: Windows has a `select` for sockets alone."""

    def select(self, timeout: float | None = None) -> _Ready:  # the base's name
        due_s = None if timeout is None else time.monotonic() + timeout
        while True:
            ready = [
                (key, selectors.EVENT_READ)
                for key in self.get_map().values()
                if _pipe_holds_something(key.fd)
            ]
            if ready or (due_s is not None and time.monotonic() >= due_s):
                return ready
            time.sleep(_LOOK_S)


def _pipe_holds_something(descriptor: int) -> bool:
    handle = import_module("msvcrt").get_osfhandle(descriptor)
    try:
        count, _ = import_module("_winapi").PeekNamedPipe(handle, 0)
    except OSError:
        return True  # it has ended, which is read as such
    return bool(count)
