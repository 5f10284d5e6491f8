"""What a command sets up around a run: an observer, and the signals that stop it."""

import contextlib
import logging
from collections.abc import Iterator

from qasr_cli.cli.restart import begun_s
from qasr_cli.console.observers import ConsoleOptions, make_observer
from qasr_cli.run.events import Observer
from qasr_cli.run.stop_request import StopRequest


@contextlib.contextmanager
def watched(console: ConsoleOptions) -> Iterator[tuple[Observer, StopRequest]]:
    """Print the progress of a run on standard error, and let signals stop it."""
    if console.verbose:
        # Tracebacks of what a run survives, such as a bug that one file brings to light.
        logging.basicConfig(format="%(message)s")
        logging.getLogger("qasr_cli").setLevel(logging.DEBUG)
    with (
        StopRequest(began_s=begun_s()) as stop,
        contextlib.closing(make_observer(console, stop_reason=lambda: stop.reason)) as observer,
    ):
        stop.at_forced_end(observer.close)
        yield observer, stop
