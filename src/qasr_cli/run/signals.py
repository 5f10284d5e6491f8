"""Why a run ends before its end: a signal, or a limit. The second signal ends it now."""

import math
import signal
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Self

from qasr_cli.errors import ExitCode

# SIGHUP: the terminal or the connection of a run without `nohup` went away.
_EXIT_CODES = {
    signal.SIGINT: ExitCode.INTERRUPTED,
    signal.SIGTERM: ExitCode.TERMINATED,
    signal.SIGHUP: ExitCode.HUNG_UP,
}


class StopRequest:
    """Whether this run shall stop. Handlers only set a flag; the feed looks at it.

    Attributes:
        reason: for the report; None while nothing asks to stop.
        exit_code: what the process ends with because of it.
        is_signal: somebody asked, not a limit.
    """

    def __init__(self) -> None:
        self.reason: str | None = None
        self.exit_code: ExitCode | None = None
        self.is_signal = False
        self._previous: dict[signal.Signals, object] = {}
        self._monotonic_s: Callable[[], float] = lambda: 0.0
        self._deadline_s = math.inf
        self._budget_s = math.inf

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

    def after(self, budget_s: float, monotonic_s: Callable[[], float]) -> None:
        """Ask to stop once so much time has passed from the first such call."""
        if math.isinf(self._deadline_s):
            self._budget_s = budget_s
            self._monotonic_s = monotonic_s
            self._deadline_s = monotonic_s() + budget_s

    def ask(self, reason: str, exit_code: ExitCode) -> None:
        """Ask to stop; who asked first counts."""
        if self.reason is None:
            self.reason, self.exit_code = reason, exit_code

    @property
    def is_set(self) -> bool:
        """True once something asks to stop."""
        if self.reason is None and self._monotonic_s() >= self._deadline_s:
            self.ask(f"--time-budget of {self._budget_s:g} s is used up", ExitCode.TRY_LATER)
        return self.reason is not None

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        if self.is_signal:
            raise SystemExit(int(_EXIT_CODES[signal.Signals(number)]))
        self.is_signal = True
        self.reason = f"signal {signal.Signals(number).name}"
        self.exit_code = _EXIT_CODES[signal.Signals(number)]
