"""Requests to stop a run early, by a signal or a limit. The second signal ends it at once."""

import math
import signal
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Self

from qasr_cli.errors import ExitCode
from qasr_cli.machine.clock import Clock
from qasr_cli.machine.forced_end import ForcedEnd, is_importing
from qasr_cli.system import signals

_LOOK_S = 0.2  # how long a signal may wait for an answer

# SIGHUP: the terminal or the connection of a run without `nohup` went away.
_EXIT_CODES = signals.known(
    {
        "SIGINT": ExitCode.INTERRUPTED,
        "SIGTERM": ExitCode.TERMINATED,
        "SIGHUP": ExitCode.HUNG_UP,
    }
)


class Stopped(Exception):
    """Work on a file ended because the run was asked to stop; the next run does it."""


class StopRequest:
    """Whether this run is to stop early; asked between clips.

    Attributes:
        reason: for the report; None while nobody asked to stop.
        exit_code: what the process ends with because of it.
        is_signal: a signal asked, not a limit.
    """

    def __init__(self, *, began_s: float | None = None, ends_at_second: bool = True) -> None:
        """A request that was not made yet.

        Args:
            began_s: from when a time budget counts, on the monotonic clock; None = from when it
                is set.
            ends_at_second: False = a second signal says nothing new.
        """
        self._began_s = began_s
        self._ends_at_second = ends_at_second
        self.reason: str | None = None
        self.exit_code: ExitCode | None = None
        self.is_signal = False
        self._forced_code: ExitCode | None = None
        self._previous: dict[signal.Signals, object] = {}
        self._monotonic_s: Callable[[], float] = lambda: 0.0
        self._deadline_s = math.inf
        self._budget_s = math.inf
        self._at_signal: Callable[[], None] = lambda: None
        self._last_act: Callable[[], None] = lambda: None
        self._forced_end = ForcedEnd(_EXIT_CODES, last_act=self._act_last)

    def __enter__(self) -> Self:
        """Install the signal handlers."""
        if self._ends_at_second:
            self._forced_end.__enter__()
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
        """Put the earlier handlers back.

        Raises:
            SystemExit: a second signal came, and a library made something else of it.
        """
        if self._ends_at_second:
            self._forced_end.__exit__(kind, error, trace)
        for number, handler in self._previous.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # what signal() gave us
        is_other = error is not None and not isinstance(error, SystemExit)
        if self._forced_code is not None and is_other:
            raise SystemExit(int(self._forced_code)) from error

    def after(self, budget_s: float, *, monotonic_s: Callable[[], float]) -> None:
        """Ask to stop once so many seconds have passed; only the first call counts."""
        if math.isinf(self._deadline_s):
            self._budget_s = budget_s
            self._monotonic_s = monotonic_s
            began_s = monotonic_s() if self._began_s is None else self._began_s
            self._deadline_s = began_s + budget_s

    def at_signal(self, act: Callable[[], None]) -> None:
        """Call this when the first signal comes, between any two steps of the run.

        Who sent it may not wait for the end: a scheduler kills some seconds later.
        """
        self._at_signal = act

    def at_forced_end(self, act: Callable[[], None]) -> None:
        """Call this before the process is ended from outside of the run: it cleans the screen."""
        self._last_act = act

    def _act_last(self) -> None:
        self._last_act()

    def ask(self, reason: str, exit_code: ExitCode) -> None:
        """Ask to stop; only the first reason is kept."""
        if self.reason is None:
            self.reason, self.exit_code = reason, exit_code

    @property
    def is_set(self) -> bool:
        """True once something asks to stop."""
        if self.reason is None and self._monotonic_s() >= self._deadline_s:
            self.ask(f"--time-budget of {self._budget_s:g} s is used up", ExitCode.TRY_LATER)
        return self.reason is not None

    def asked(self) -> bool:
        """The same as a call, for what knows no run."""
        return self.is_set

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.is_signal:
            if not self._ends_at_second:
                return
            self._forced_code = _EXIT_CODES[signal.Signals(number)]
            if is_importing(frame):
                return  # no exception belongs there, and `ForcedEnd` does not wait
            raise SystemExit(int(self._forced_code))
        self.is_signal = True
        self.reason = f"signal {signal.Signals(number).name}"
        self.exit_code = _EXIT_CODES[signal.Signals(number)]
        self._at_signal()


def wait_until(due_s: float, *, clock: Clock, stop: StopRequest) -> None:
    """Sleep until a moment of the monotonic clock, or until the run shall stop."""
    while not stop.is_set and (left_s := due_s - clock.monotonic_s()) > 0:
        clock.sleep(min(left_s, _LOOK_S))
