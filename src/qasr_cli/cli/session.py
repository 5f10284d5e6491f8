"""What a command sets up around a run: an observer, and the signals that stop it."""

import contextlib
import logging
from collections.abc import Iterator

from qasr_cli.cli import interruption
from qasr_cli.cli.restart import begun_s
from qasr_cli.console.observers import ConsoleOptions, make_observer
from qasr_cli.run.events import Observer, RunWarned
from qasr_cli.run.stop_request import StopRequest


@contextlib.contextmanager
def watched(console: ConsoleOptions) -> Iterator[tuple[Observer, StopRequest]]:
    """Print the progress of a run on standard error, and let signals stop it."""
    if console.verbose:
        # Tracebacks of what a run survives, such as a bug that one file brings to light.
        logging.basicConfig(format="%(message)s")
        logging.getLogger("qasr_cli").setLevel(logging.DEBUG)
    interruption.raise_again()  # the imports of a run are the longest, and may have swallowed it
    with (
        StopRequest(began_s=begun_s()) as stop,
        contextlib.closing(make_observer(console, stop_reason=lambda: stop.reason)) as observer,
    ):
        stop.at_forced_end(observer.close)
        with _warnings_to(observer):
            yield observer, stop


@contextlib.contextmanager
def _warnings_to(observer: Observer) -> Iterator[None]:
    """Tell the observer what the engine warns of, which knows no run: it has a logger only."""
    handler = _Warnings(observer)
    logger = logging.getLogger("qasr_cli.engines")
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


class _Warnings(logging.Handler):
    def __init__(self, observer: Observer) -> None:
        super().__init__(logging.WARNING)
        self._observer = observer

    def emit(self, record: logging.LogRecord) -> None:
        """Tell one."""
        self._observer.on(RunWarned(text=record.getMessage()))
