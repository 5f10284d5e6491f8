"""One run, from a plan to its result: engine, observer, signals. Shared by two commands."""

import contextlib
import time
from datetime import UTC, datetime

import typer

from qasr_cli.console.lines import printable
from qasr_cli.console.observers import ConsoleOptions, make_observer
from qasr_cli.engines.registry import build_engine
from qasr_cli.options import Options
from qasr_cli.run.batch import Batch, RunResult
from qasr_cli.run.feed import Clock
from qasr_cli.run.plan import Plan
from qasr_cli.run.signals import StopRequest


def run_plan(plan: Plan, *, options: Options, console: ConsoleOptions) -> RunResult:
    """Do the work of a plan, watched on standard error.

    Raises:
        ModelMissing: before anything is decoded.
        LockHeld, OutputError: before anything is decoded, too.
    """
    engine = build_engine(options.engine)
    with (
        contextlib.closing(engine),
        contextlib.closing(make_observer(console)) as observer,
        StopRequest() as stop,
    ):
        result = Batch(
            plan,
            engine=engine,
            options=options,
            observer=observer,
            clock=system_clock(),
            stop=stop,
        ).run()
    if result.stopped_by is not None:
        typer.echo(f"qasr: {printable(str(result.stopped_by))}", err=True)
    return result


def system_clock() -> Clock:
    """The real one."""
    return Clock(monotonic_s=time.monotonic, now=lambda: datetime.now(tz=UTC), sleep=time.sleep)
