"""Ends this process where a second signal has not done so in time. Knows no run."""

import contextlib
import os
import select
import signal
import threading
from collections.abc import Callable, Mapping
from types import FrameType, TracebackType
from typing import Self

from qasr_cli.system import signals

# Long enough for the report of some 15,000 files, and with the last act still within a second. Of
# more the report stays as it was last written, as after `kill -9`; journals have every outcome.
_GRACE_S = 0.6
_LAST_ACT_S = 0.2


def is_importing(frame: FrameType | None) -> bool:
    """Whether a module is being imported here; an exception would make a native one abort."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


class ForcedEnd:
    """While it is entered, a second signal ends the process, whatever the main thread does.

    Python runs the handlers of signals between two instructions of the main thread, so while that
    computes inside a library, or waits for a disk, they are not run. The system's own note of a
    signal, a byte in a pipe, is read by another thread.

    Args:
        exit_codes: of the process, by signal; other signals do not count.
        last_act: puts the terminal right; is waited for no longer than a moment.
    """

    def __init__(
        self, exit_codes: Mapping[signal.Signals, int], *, last_act: Callable[[], None]
    ) -> None:
        self._exit_codes = {int(number): int(code) for number, code in exit_codes.items()}
        self._last_act = last_act
        self._heard_count = 0

    def __enter__(self) -> Self:
        """Begin to listen, where that can be done: elsewhere the main thread has to hear it."""
        if not signals.CAN_BE_WAITED_FOR:
            return self
        self._ear, self._mouth = os.pipe()
        os.set_blocking(self._mouth, False)
        self._previous = signal.set_wakeup_fd(self._mouth, warn_on_full_buffer=False)
        self._thread = threading.Thread(target=self._listen, name="qasr-signals", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Listen no more; a process that ends by itself is not hurried."""
        if not signals.CAN_BE_WAITED_FOR:
            return
        signal.set_wakeup_fd(self._previous)
        os.close(self._mouth)
        self._thread.join()
        os.close(self._ear)

    def _listen(self) -> None:
        while numbers := os.read(self._ear, 64):
            for number in numbers:
                if number not in self._exit_codes:
                    continue
                self._heard_count += 1
                if self._heard_count > 1 and not self._ends_by_itself():
                    self._end(self._exit_codes[number])

    def _ends_by_itself(self) -> bool:
        """Whether this is exited within the time that a second signal leaves."""
        listener = select.poll()
        listener.register(self._ear, 0)  # the end of the pipe is told all the same
        return bool(listener.poll(_GRACE_S * 1000))

    def _end(self, code: int) -> None:
        def act() -> None:
            with contextlib.suppress(Exception):
                self._last_act()

        last = threading.Thread(target=act, daemon=True)
        last.start()
        last.join(_LAST_ACT_S)
        os._exit(code)
