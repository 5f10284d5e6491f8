"""Many recordings, for a Python program: outputs and state are written as by the commands."""

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from qasr_cli.api.opening import open_engine
from qasr_cli.api.planning import StrPath, check_formats, files_plan, folders_plan, with_told
from qasr_cli.api.sharing import check_shard_count, shared_out
from qasr_cli.api.workers import has_workers, local_executor, options_of_driver
from qasr_cli.checkpoints.locate import speaker_model
from qasr_cli.core.script.lines import Script
from qasr_cli.engines.absent import AbsentEngine
from qasr_cli.engines.base import Engine
from qasr_cli.engines.diarizers import diarizer_for
from qasr_cli.errors import ModelMissing, UsageError
from qasr_cli.machine.clock import system_clock
from qasr_cli.options import Options, OutputOptions
from qasr_cli.run.batch import Batch, RunResult
from qasr_cli.run.commit.corrector import Corrector
from qasr_cli.run.events import Observer, RunWarned, Unwatched
from qasr_cli.run.executor.base import Executor
from qasr_cli.run.file_policy import FilePolicies, OptionsOf, people_heard
from qasr_cli.run.forecast import Forecast, Foretold, forecast
from qasr_cli.run.known_text.two_passes import run_known_text
from qasr_cli.run.known_voices import confusable
from qasr_cli.run.plan.checks import check_file_names
from qasr_cli.run.plan.folders import Walk
from qasr_cli.run.plan.plan import Plan
from qasr_cli.run.plan.standard_streams import standard_input
from qasr_cli.run.same_speakers import name_over_files
from qasr_cli.run.stop_request import StopRequest
from qasr_cli.run.watch import watch

_DEFAULTS = Options()
_EVERYTHING = Walk()


def transcribe_files(
    files: Sequence[StrPath],
    options: Options = _DEFAULTS,
    *,
    script: Script | None = None,
    output: OutputOptions | None = None,
    options_of: OptionsOf | None = None,
    engine: Engine | None = None,
    observer: Observer | None = None,
    stop: StopRequest | None = None,
) -> RunResult:
    """Write the outputs of some files, as `qasr transcribe` does; no state is left behind.

    Args:
        files: `-` is standard input.
        script: what is said in the one file, where that is known (`qasr align`).
        output: with the formats of all files, where `options_of` gives them different ones.
        options_of: of each file; gives the same object for the same options.
        engine: of `open_engine`; it stays open.
        stop: ends the run in good order when it is asked to.

    Raises:
        UsageError: options contradict, or two files would have the same outputs.
        EngineError, OutputError: found before any work; later it is `stopped_by` of the result.
    """
    names = [os.fspath(file) for file in files]
    output = output or options.output
    _check_before_loading(names, options, output=output, script=script)
    asked = (stop := stop or StopRequest()).asked
    do = partial(_run, script=script, options=options, options_of=options_of, observer=observer)
    with (
        _engine(engine, options, observer) as opened,
        standard_input(names, is_stopped=asked) as spool,
    ):
        plan = files_plan(names, output, spool=spool)
        told = with_told(plan, options, options_of, is_stopped=asked)
        return do(told, engine=opened, stop=stop)


def transcribe_folders(
    folders: Sequence[StrPath],
    options: Options = _DEFAULTS,
    *,
    walk: Walk = _EVERYTHING,
    output: OutputOptions | None = None,
    options_of: OptionsOf | None = None,
    engine: Engine | None = None,
    observer: Observer | None = None,
    stop: StopRequest | None = None,
    executor: Executor | None = None,
) -> RunResult:
    """Do every recording in folders, as `qasr batch` does: what is done is skipped.

    Args:
        walk: which files count. The others are those of `transcribe_files`.
        executor: of workers that hear the files; None = as `options.run` says. It is closed.

    Raises:
        LockHeld: another run writes there.
        UsageError, EngineError, OutputError: as `transcribe_files`.
    """
    stop = stop or StopRequest()
    if options.speakers.same and options.text.speaker_names != _DEFAULTS.text.speaker_names:
        raise UsageError("--same-speakers names the speakers: leave out --speaker-names")
    plan = folders_plan(
        folders, options, walk=walk, output=output, options_of=options_of, is_stopped=stop.asked
    )
    with _engines(engine, options, observer, executor) as (opened, workers):
        do = partial(_run, plan, script=None, engine=opened, options=options, stop=stop)
        result = do(options_of=options_of, observer=observer, executor=workers)
        if options.speakers.same and not stop.is_set and result.stopped_by is None:
            _name_over_files(plan, opened, options, options_of, observer or Unwatched())
        return result


def _name_over_files(
    plan: Plan,
    engine: Engine,
    options: Options,
    options_of: OptionsOf | None,
    observer: Observer,
) -> None:
    if options.run.shard is not None:  # the other parts' voices may not be there yet
        text = "--same-speakers: once all are done, qasr report merge names everybody over them"
        observer.on(RunWarned(text=text))
        for store in plan.stores:
            store.journal.note_same_speakers()
        return
    with Corrector() as corrector:
        policies = FilePolicies(
            options_of or (lambda _: options), engine=engine, corrector=corrector
        )
        for store in plan.stores:
            for note in name_over_files(plan, policies, store).notes:
                observer.on(RunWarned(text=note))


def watch_folders(
    folders: Sequence[StrPath],
    options: Options = _DEFAULTS,
    *,
    walk: Walk = _EVERYTHING,
    output: OutputOptions | None = None,
    options_of: OptionsOf | None = None,
    engine: Engine | None = None,
    observer: Observer | None = None,
    stop: StopRequest | None = None,
    executor: Executor | None = None,
) -> RunResult:
    """Do every recording in folders, and those to come, until `stop` is asked or something breaks.

    Args:
        options: `run.wait_stable_s` should be set: what is copied there arrives bit by bit.
        executor: as of `transcribe_folders`.

    Raises:
        UsageError: options under which nothing would ever be done, or everything again and again.
        LockHeld, EngineError, OutputError: at the beginning; later they are `stopped_by`.
    """
    _check_watchable(options)
    stop = stop or StopRequest()
    make_plan = partial(folders_plan, folders, options, walk=walk, output=output)
    make_plan = partial(make_plan, options_of=options_of, is_stopped=stop.asked)
    with _engines(engine, options, observer, executor) as (opened, workers):
        do = partial(_run, script=None, engine=opened, executor=workers)
        do = partial(do, options=options, options_of=options_of, stop=stop)
        return watch(
            make_plan,
            lambda plan, rounds: do(plan, observer=rounds),
            folders=tuple(os.fspath(folder) for folder in folders),
            observer=observer or Unwatched(),
            clock=system_clock(),
            stop=stop,
        )


def _check_watchable(options: Options) -> None:
    if options.speakers.same:
        raise UsageError("--same-speakers compares what is done: leave out --watch")
    if isinstance(options.cue.shot_changes, tuple):
        raise UsageError("--watch takes --shot-changes auto: a file has the cuts of one picture")
    if options.output.overwrite or options.run.retry_failed:
        name = "--overwrite" if options.output.overwrite else "--retry-failed"
        raise UsageError(f"--watch with {name} would do the same files again and again")


def plan_folders(
    folders: Sequence[StrPath],
    options: Options = _DEFAULTS,
    *,
    walk: Walk = _EVERYTHING,
    output: OutputOptions | None = None,
    options_of: OptionsOf | None = None,
    on_file: Callable[[Foretold], None] = lambda _: None,
    shard_count: int | None = None,
) -> Forecast:
    """What `transcribe_folders` would do, as `qasr plan` says it.

    The models need not be here; then what they did before counts as to do.

    Args:
        on_file: told of each file as soon as it was looked at.
        shard_count: share the files out among so many parts, and write that down for
            `run.shard`. Nothing else is ever written.

    Raises:
        UsageError, EngineError: as `transcribe_files`.
        LockHeld, OutputError: the parts cannot be written down.
    """
    check_shard_count(shard_count, options.run)
    plan = folders_plan(folders, options, walk=walk, output=output, options_of=options_of)
    missing: ModelMissing | None = None
    try:
        engine = open_engine(options)
    except ModelMissing as error:
        engine, missing = AbsentEngine(error), error
    with contextlib.closing(engine):
        found = forecast(
            plan, engine=engine, options=options, options_of=options_of, on_file=on_file
        )
    if shard_count is not None:
        found = shared_out(plan, found, shard_count)
    return replace(found, models_missing=None if missing is None else str(missing))


def _check_before_loading(
    names: Sequence[str], options: Options, *, output: OutputOptions, script: Script | None
) -> None:
    if script is not None and options.decode.channels == "split":
        raise UsageError("--channels split: a text is aligned to one voice: left, right or mix")
    if options.speakers.keep_voices:  # --same-speakers needs it
        raise UsageError("--keep-voices goes with qasr batch, which has a place to keep them")
    if options.run.workers is not None or options.run.devices:
        raise UsageError("--workers and --devices go with qasr batch")
    check_formats(output)
    check_file_names(names, output=output)


@contextlib.contextmanager
def _engines(
    engine: Engine | None, options: Options, observer: Observer | None, executor: Executor | None
) -> Iterator[tuple[Engine, Executor | None]]:
    """The engine of a batch; where workers hear it, one to ask for names, and what starts them."""
    if executor is None and not has_workers(options):
        with _engine(engine, options, observer) as opened:
            yield opened, None
        return
    if engine is not None:
        raise UsageError("workers open an engine each: leave out the engine, or run.workers")
    with (
        _engine(None, options_of_driver(options), observer) as opened,
        contextlib.closing(executor or local_executor(options)) as workers,
    ):
        yield opened, workers


@contextlib.contextmanager
def _engine(engine: Engine | None, options: Options, observer: Observer | None) -> Iterator[Engine]:
    # Else it would show at the first recording.
    diarizer_for(options.speakers, options.engine)
    if options.speakers.has_vectors:
        speaker_model(options.engine.model_dir)
    if options.speakers.known:
        for line in confusable(people_heard(options)):
            (observer or Unwatched()).on(RunWarned(text=line))
    if engine is not None:
        yield engine
        return
    with contextlib.closing(open_engine(options)) as opened:
        yield opened


def _run(
    plan: Plan,
    *,
    script: Script | None,
    engine: Engine,
    options: Options,
    options_of: OptionsOf | None,
    observer: Observer | None,
    stop: StopRequest | None,
    executor: Executor | None = None,
) -> RunResult:
    observer = observer or Unwatched()
    clock, stop = system_clock(), stop or StopRequest()
    if options.run.time_budget_s is not None:
        stop.after(options.run.time_budget_s, monotonic_s=clock.monotonic_s)
    make_batch = partial(Batch, clock=clock, stop=stop, executor=executor)
    if script is None:
        return make_batch(
            plan, engine=engine, options=options, observer=observer, options_of=options_of
        ).run()
    return run_known_text(
        plan, script, engine=engine, options=options, observer=observer, make_batch=make_batch
    )
