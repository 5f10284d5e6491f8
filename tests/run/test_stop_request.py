"""How signals and the time budget end a run, and what they leave."""

import signal
from dataclasses import replace
from pathlib import Path

import pytest

from qasr_cli.console.lines import detail_lines
from qasr_cli.core.outcomes import FileDone
from qasr_cli.engines.fake import FakeEngine
from qasr_cli.errors import ExitCode, WorkerLost
from qasr_cli.run.events import AttemptFailed, ClipFinished, Event, FileFinished
from qasr_cli.run.stop_request import StopRequest
from tests.run.conftest import (
    OPTIONS,
    ListeningEngine,
    ManualClock,
    Recorder,
    RunFolders,
    report_of,
    statuses,
    with_run,
)


def test_signal_ends_the_run_well(
    folder: Path, run_folders: RunFolders, recorder: Recorder
) -> None:
    """The first SIGTERM lets the file at hand finish, writes the report, and exits with 143."""
    with StopRequest() as stop:

        def raise_signal(event: Event) -> None:
            if isinstance(event, FileFinished) and not stop.is_set:
                signal.raise_signal(signal.SIGTERM)

        recorder.react = raise_signal
        result = run_folders(folder, stop=stop)

    assert result.exit_code == ExitCode.TERMINATED
    assert statuses(folder) == {"a.wav": "done", "b.wav": "pending", "deep/er/c.wav": "pending"}
    assert (folder / "a.srt").is_file()


@pytest.mark.parametrize(
    ("after_files", "overwrite", "rest"),
    [
        (1, False, "the same command goes on from here"),
        (1, True, "without --overwrite, the same command goes on from here"),
        (3, False, "nothing was left to do"),
        (3, True, "nothing was left to do"),
    ],
)
def test_what_does_the_rest_is_said(
    folder: Path,
    run_folders: RunFolders,
    recorder: Recorder,
    *,
    after_files: int,
    overwrite: bool,
    rest: str,
) -> None:
    """What goes on is true: with --overwrite all would be done again, and there may be no rest."""
    options = replace(OPTIONS, output=replace(OPTIONS.output, overwrite=overwrite))
    done: list[Event] = []
    with StopRequest() as stop:

        def raise_signal(event: Event) -> None:
            if isinstance(event, FileFinished) and not stop.is_set:
                done.append(event)
                if len(done) == after_files:
                    signal.raise_signal(signal.SIGINT)

        recorder.react = raise_signal
        result = run_folders(folder, options=options, stop=stop)

    assert result.exit_code == ExitCode.INTERRUPTED
    line = detail_lines(recorder.events[-1], verbose=False)[0]
    assert line == f"qasr: stopped: signal SIGINT; {rest}"


def test_a_second_signal_may_say_nothing_new() -> None:
    """A worker is asked by its driver, and perhaps by whoever asks the whole group."""
    acts: list[str] = []
    with StopRequest(ends_at_second=False) as stop:
        stop.at_signal(lambda: acts.append("asked"))
        for _ in range(3):
            signal.raise_signal(signal.SIGTERM)

    assert stop.exit_code == ExitCode.TERMINATED
    assert acts == ["asked"]


def test_a_second_signal_wins_over_what_a_library_makes_of_it() -> None:
    """An exception that comes instead of the end is none that a user reads of."""

    def load_a_library() -> None:
        with StopRequest():
            try:
                signal.raise_signal(signal.SIGINT)
                signal.raise_signal(signal.SIGINT)
            except SystemExit as end:
                raise ImportError("initialization failed") from end

    with pytest.raises(SystemExit) as ended:
        load_a_library()

    assert ended.value.code == 130


def test_a_signal_ends_the_wait_for_a_retry(
    folder: Path, run_folders: RunFolders, manual_clock: ManualClock, recorder: Recorder
) -> None:
    """Nobody waits out a long backoff after Ctrl-C."""
    broken = {"deep/er/c.wav": [WorkerLost("n3")] * 9}
    options = replace(OPTIONS, run=replace(OPTIONS.run, retries=9))
    with StopRequest() as stop:

        def interrupt(event: Event) -> None:
            if stop.is_set:
                return
            if isinstance(event, AttemptFailed) and event.retry_in_s == 32.0:
                signal.raise_signal(signal.SIGINT)

        recorder.react = interrupt
        result = run_folders(folder, options=options, failures=broken, stop=stop)

    assert result.exit_code == ExitCode.INTERRUPTED
    assert manual_clock.now_s < 63


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_the_second_signal_ends_a_run_at_once(
    folder: Path, run_folders: RunFolders, recorder: Recorder, number: signal.Signals, code: int
) -> None:
    """The exit code is the signal's; a report but no half-written file stays; a rerun is OK."""
    with StopRequest() as stop:

        def raise_twice(event: Event) -> None:
            if isinstance(event, ClipFinished):
                signal.raise_signal(number)
                signal.raise_signal(number)

        recorder.react = raise_twice
        with pytest.raises(SystemExit) as ended:
            run_folders(folder, stop=stop)
    recorder.react = lambda _: None

    assert ended.value.code == code
    assert report_of(folder)["stopped_by"] == f"signal {number.name}"
    assert list(folder.rglob("*.tmp")) == []
    assert run_folders(folder).exit_code == ExitCode.OK


def test_a_stopped_file_keeps_its_clips(
    folder: Path, run_folders: RunFolders, recorder: Recorder
) -> None:
    """The first signal lets the clips in flight finish, and they are not recognised again."""
    first = ListeningEngine()
    with StopRequest() as stop:

        def stop_once(event: Event) -> None:
            if isinstance(event, ClipFinished) and not stop.is_set:
                signal.raise_signal(signal.SIGINT)

        recorder.react = stop_once
        run_folders(folder, engine=first, stop=stop)
    again = ListeningEngine()

    run_folders(folder, engine=again)

    assert len(first.heard) == 1
    assert first.heard[0] not in again.heard


def test_after_a_signal_nobody_is_to_blame(
    folder: Path, run_folders: RunFolders, recorder: Recorder
) -> None:
    """After SIGTERM no file in work counts as a possible cause of death, and no clip is begun."""
    begun_counts = []
    with StopRequest() as stop:

        def stop_once(event: Event) -> None:
            if isinstance(event, ClipFinished) and not stop.is_set:
                signal.raise_signal(signal.SIGTERM)
                begun_counts.append(len(list((folder / ".qasr" / "begun").iterdir())))

        recorder.react = stop_once
        run_folders(folder, engine=FakeEngine(window_count=9), stop=stop)

    assert begun_counts == [0]
    assert len([event for event in recorder.events if isinstance(event, ClipFinished)]) == 1


def test_a_time_budget_ends_a_run_in_order(
    folder: Path, run_folders: RunFolders, recorder: Recorder, manual_clock: ManualClock
) -> None:
    """What was not reached within the budget is pending, and the exit code is TRY_LATER."""

    def spend(event: Event) -> None:
        if isinstance(event, FileFinished) and isinstance(event.outcome, FileDone):
            manual_clock.now_s += 3600

    recorder.react = spend
    stop = StopRequest(began_s=0.0)
    stop.after(2 * 3600.0, monotonic_s=lambda: manual_clock.now_s)

    result = run_folders(folder, stop=stop)

    assert result.exit_code == ExitCode.TRY_LATER
    assert statuses(folder) == {"a.wav": "done", "b.wav": "done", "deep/er/c.wav": "pending"}
    assert report_of(folder)["stopped_by"] == "--time-budget of 7200 s is used up"
    assert run_folders(folder).exit_code == ExitCode.OK


def test_a_budget_ends_the_wait_for_a_retry(
    folder: Path, run_folders: RunFolders, manual_clock: ManualClock
) -> None:
    """Nobody waits out a backoff that ends after the budget."""
    broken = {"deep/er/c.wav": [WorkerLost("n3")] * 9}

    stop = StopRequest(began_s=0.0)
    stop.after(10.0, monotonic_s=lambda: manual_clock.now_s)

    run_folders(folder, options=with_run(retries=9), failures=broken, stop=stop)

    assert 10 <= manual_clock.now_s < 11
    assert statuses(folder)["deep/er/c.wav"] == "pending"
