"""One run, from a plan to its result: engine, observer, signals. Shared by three commands."""

import contextlib
import logging
import time
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from qasr_cli.cli.restart import begun_s
from qasr_cli.console.observers import ConsoleOptions, make_observer
from qasr_cli.core.script import Script
from qasr_cli.engines.base import Engine
from qasr_cli.engines.registry import build_engine
from qasr_cli.media.ffmpeg import ffmpeg_path
from qasr_cli.options import Options
from qasr_cli.run.batch import Batch, RunResult
from qasr_cli.run.healing import Healing
from qasr_cli.run.plan import Plan
from qasr_cli.run.recipes import OptionsOf
from qasr_cli.run.signals import StopRequest
from qasr_cli.run.told import run_told
from qasr_cli.run.work import Clock


def open_engine(options: Options) -> Engine:
    """The engine, healing, once it is sure that all it needs is here; before anything else is done.

    Raises:
        ModelMissing, ModelLoadError: a checkpoint is absent or damaged.
        UsageError: there is no ffmpeg, or a model's name stands for nothing.
    """
    ffmpeg_path()
    on_cpu = partial(build_engine, replace(options.engine, device="cpu"))
    return Healing(
        build_engine(options.engine), on_cpu=on_cpu if options.engine.cpu_fallback else None
    )


def run_plan(
    plan: Plan,
    *,
    engine: Engine,
    options: Options,
    console: ConsoleOptions,
    script: Script | None = None,
    options_of: OptionsOf | None = None,
) -> RunResult:
    """Do the work of a plan, watched on standard error; the engine is closed in the end.

    Args:
        script: what is said in the plan's one recording, where that is known.
        options_of: of each file, where they are not the same for all.

    Raises:
        LockHeld, OutputError: before anything is decoded.
    """
    if console.verbose:
        # Tracebacks of what a run survives, such as a bug that one file brings to light.
        logging.basicConfig(format="%(message)s")
        logging.getLogger("qasr_cli").setLevel(logging.DEBUG)
    with (
        contextlib.closing(engine),
        StopRequest() as stop,
        contextlib.closing(make_observer(console, stop_reason=lambda: stop.reason)) as observer,
    ):
        if options.run.time_budget_s is not None:
            stop.after(options.run.time_budget_s, began_s=begun_s(), monotonic_s=time.monotonic)
        make_batch = partial(Batch, clock=system_clock(), stop=stop)
        if script is None:
            return make_batch(
                plan, engine=engine, options=options, observer=observer, options_of=options_of
            ).run()
        return run_told(
            plan,
            script,
            engine=engine,
            options=options,
            observer=observer,
            make_batch=make_batch,
        )


def system_clock() -> Clock:
    """The real one."""
    return Clock(monotonic_s=time.monotonic, now=lambda: datetime.now(tz=UTC), sleep=time.sleep)
