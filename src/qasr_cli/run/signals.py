"""The first SIGINT or SIGTERM asks a run to end well; the second ends it now."""

import signal
from types import FrameType, TracebackType
from typing import Self

from qasr_cli.errors import ExitCode

_EXIT_CODES = {signal.SIGINT: ExitCode.INTERRUPTED, signal.SIGTERM: ExitCode.TERMINATED}


class StopRequest:
    """Whether somebody asked this run to stop. Handlers only set a flag; the feed looks at it."""

    def __init__(self) -> None:
        self._signal: signal.Signals | None = None
        self._previous: dict[signal.Signals, object] = {}

    def __enter__(self) -> Self:
        """Listen."""
        for number in _EXIT_CODES:
            # What was started to ignore a signal (nohup, a shell's background job) still does.
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._previous[number] = signal.signal(number, self._handle)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the handlers back."""
        for number, handler in self._previous.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # what signal() gave us

    @property
    def is_set(self) -> bool:
        """True once a signal arrived."""
        return self._signal is not None

    @property
    def exit_code(self) -> ExitCode | None:
        """What the process ends with because of the signal; None when there was none."""
        return None if self._signal is None else _EXIT_CODES[self._signal]

    @property
    def reason(self) -> str:
        """For the report."""
        return "" if self._signal is None else f"stopped by {self._signal.name}"

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        if self._signal is not None:
            raise KeyboardInterrupt
        self._signal = signal.Signals(number)
