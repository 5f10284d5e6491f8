"""One batch, several processes on one machine: what comes out, and who is refused."""

import contextlib
import os
import signal
import sys
from collections import Counter
from pathlib import Path

import pytest

from qasr_cli.core.outcomes import FileDone, FileFailed, FilePending, FileSkipped
from qasr_cli.errors import ExitCode, LockHeld, WorkersMixed
from qasr_cli.options import EngineOptions, FailureLimit, Options
from qasr_cli.run.events import ClipFinished, Event, FileFinished, FileStarted
from qasr_cli.run.executor.base import Said
from qasr_cli.run.executor.local import LocalExecutor, Place, command_of_worker
from qasr_cli.run.executor.messages import answer_in, line_of, packed
from qasr_cli.run.state.store import Store
from qasr_cli.run.stop_request import StopRequest
from tests.conftest import WriteWav
from tests.run.conftest import Recorder, RunFolders, statuses, with_run
from tests.run.executor.conftest import (
    RunByWorkers,
    drill,
    is_running,
    journal_of,
    left_in,
    made_in,
    workers,
)


def test_workers_make_what_one_process_makes(
    root: Path, run_by_workers: RunByWorkers, run_folders: RunFolders
) -> None:
    """Outputs and results are the same bytes, each file has one outcome, and nothing lies about."""
    with workers() as executor:
        result = run_by_workers(root, executor)
        processes = executor.processes
    by_workers = made_in(root)
    outcomes = [line["file"] for line in journal_of(root) if line["event"] == "outcome"]
    left = left_in(root)

    assert {type(outcome) for outcome in result.outcomes} == {FileDone}
    assert result.exit_code == ExitCode.OK
    assert sorted(outcomes) == sorted(path.name for path in root.glob("*.[wa]*[vf]"))
    assert left == []
    assert not any(map(is_running, processes))
    assert "" not in (root / ".qasr" / "journal.jsonl").read_text().splitlines()

    for name in by_workers:
        (root / name).unlink()
    (root / ".qasr" / "journal.jsonl").unlink()
    run_folders(root)

    assert made_in(root) == by_workers


def test_what_workers_did_is_done(
    root: Path, run_by_workers: RunByWorkers, run_folders: RunFolders
) -> None:
    """One process skips it afterwards; workers skip it, too, and none is even started."""
    with workers() as executor:
        run_by_workers(root, executor)
        alone = run_folders(root)
    with workers() as executor:
        again = run_by_workers(root, executor)

        assert executor.workers == ()

    assert {type(o) for o in (*alone.outcomes, *again.outcomes)} == {FileSkipped}


def test_what_is_printed_before_a_worker_speaks_is_no_answer(
    root: Path, run_by_workers: RunByWorkers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python runs `sitecustomize` first, and many a machine has one that says something."""
    (tmp_path / "sitecustomize.py").write_text("print('welcome'); print(5); print('{}')")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *filter(None, sys.path)]))
    with workers() as executor:
        result = run_by_workers(root, executor)

    assert {type(outcome) for outcome in result.outcomes} == {FileDone}
    assert result.stopped_by is None


def test_a_worker_is_confined_unless_that_is_not_wanted() -> None:
    """With --no-sandbox it is as open as the process that started it."""
    run: dict[str, object] = {
        "options": packed(Options(engine=EngineOptions(engine="fake"))),
        "roots": [],
        "shard": None,
        "verbose": False,
    }
    told = []
    for is_confined in (True, False):
        places = [Place(device=None, thread_count=1)]
        command = command_of_worker(is_confined=is_confined)
        with contextlib.closing(LocalExecutor(places, command=command)) as executor:
            executor.want(1)
            executor.send("1", line_of({"run": run}))
            told.append(_first_state(executor))

    assert told in (["on", "off"], ["unavailable", "unavailable"])


def _first_state(executor: LocalExecutor) -> str:
    while executor.workers:
        for heard in executor.listen(1):
            message = answer_in(heard.line) if isinstance(heard, Said) else None
            if message is not None and message["event"] == "ready":
                return str(message["sandbox"])
    raise AssertionError("it never was ready")


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs a signal in time")
def test_a_line_comes_whole_whatever_signals_come() -> None:
    """A pipe takes 64 KiB; a signal in the middle of a longer line must not cut it off."""
    reads = "import sys, time; time.sleep(0.5); print(len(sys.stdin.readline()), flush=True)"
    places = [Place(device=None, thread_count=1)]
    command = [sys.executable, "-c", reads]
    before = signal.signal(signal.SIGALRM, lambda *_: None)
    try:
        with contextlib.closing(LocalExecutor(places, command=command)) as executor:
            executor.want(1)
            signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
            executor.send("1", b"x" * 1_000_000 + b"\n")
            signal.setitimer(signal.ITIMER_REAL, 0)
            lines = []
            while executor.workers:
                lines += [heard.line for heard in executor.listen(1) if isinstance(heard, Said)]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

    assert lines == [b"1000001"]


def test_a_stop_ends_workers_in_good_order(
    root: Path, run_by_workers: RunByWorkers, recorder: Recorder
) -> None:
    """Files in work stay pending, none is blamed, and the next run does the rest."""
    stop = StopRequest()

    def stop_soon(event: Event) -> None:
        if isinstance(event, ClipFinished):
            stop.ask("enough", ExitCode.INTERRUPTED)

    recorder.react = stop_soon
    with workers(sleep_s=0.05) as executor:
        result = run_by_workers(root, executor, stop=stop)
        processes = executor.processes

    assert result.exit_code == ExitCode.INTERRUPTED
    assert any(isinstance(outcome, FilePending) for outcome in result.outcomes)
    assert list((root / ".qasr" / "begun").glob("*")) == []
    assert not any(map(is_running, processes))

    recorder.react = lambda _: None
    with workers() as executor:
        assert run_by_workers(root, executor).exit_code == ExitCode.OK


def test_too_many_failures_stop_workers(root: Path, run_by_workers: RunByWorkers) -> None:
    """--max-failures counts what workers tell."""
    for number in range(5):
        # Large files come first, so that there is something left to stop.
        (root / f"bad{number}.wav").write_bytes(b"RIFF\0\0\0\0WAVEjunk" + bytes(1 << 19))
    with workers(sleep_s=0.3) as executor:
        limit = FailureLimit(amount=1, is_percent=False)
        result = run_by_workers(root, executor, options=with_run(max_failures=limit))

    failed = [outcome for outcome in result.outcomes if isinstance(outcome, FileFailed)]
    assert len(failed) >= 2
    assert result.report["stopped_by"] is not None
    assert "--max-failures" in result.report["stopped_by"]


def test_a_broken_file_fails_once_and_is_not_tried_again(
    root: Path, run_by_workers: RunByWorkers, run_folders: RunFolders
) -> None:
    """The conditions under which a failure would come again are written by the driver."""
    (root / "bad.wav").write_bytes(b"RIFF\0\0\0\0WAVEjunk")
    with workers() as executor:
        result = run_by_workers(root, executor)
    told = next(outcome for outcome in result.outcomes if isinstance(outcome, FileFailed))
    again = run_folders(root)
    known = next(outcome for outcome in again.outcomes if isinstance(outcome, FileFailed))

    assert known.error_kind == told.error_kind
    assert any("not tried again" in warning for warning in known.warnings)


def test_who_watches_sees_each_file_begin_and_end(
    root: Path, run_by_workers: RunByWorkers, recorder: Recorder
) -> None:
    """Progress of all workers comes to the one observer."""
    with workers() as executor:
        run_by_workers(root, executor)

    for kind in (FileStarted, FileFinished):
        names = Counter(
            (e.outcome.media if isinstance(e, FileFinished) else e.media).relative_path
            for e in recorder.events
            if isinstance(e, FileStarted | FileFinished) and isinstance(e, kind)
        )
        assert set(names.values()) == {1}
        assert len(names) == 12
    assert any(isinstance(event, ClipFinished) for event in recorder.events)


@pytest.mark.parametrize("allow_mixed", [False, True])
def test_workers_in_unlike_numbers_are_refused(
    root: Path, run_by_workers: RunByWorkers, *, allow_mixed: bool
) -> None:
    """With --dtype auto two devices may choose differently: only who says so gets a mixture."""
    formats = {"cpu": "float32", "cuda:0": "bfloat16"}
    places = [Place(device=device, thread_count=1) for device in formats]
    command = drill(number_formats=formats)
    with contextlib.closing(LocalExecutor(places, command=command)) as executor:
        result = run_by_workers(root, executor, options=with_run(allow_mixed=allow_mixed))

    if allow_mixed:
        assert {type(outcome) for outcome in result.outcomes} == {FileDone}
    else:
        assert isinstance(result.stopped_by, WorkersMixed)
        assert all(said in str(result.stopped_by) for said in (*formats, *formats.values()))
        assert result.exit_code == ExitCode.ENVIRONMENT


def test_models_stay_loaded_over_several_runs(
    root: Path, write_wav: WriteWav, run_by_workers: RunByWorkers
) -> None:
    """A watch's next round is heard by the same processes; between rounds no lock is held."""
    with workers(count=1) as executor:
        run_by_workers(root, executor)
        before = executor.processes
        with Store(str(root)).lock():
            pass
        write_wav(root / "new.wav")
        run_by_workers(root, executor)

        assert executor.processes == before
    assert statuses(root)["new.wav"] == "done"


def test_no_run_begins_while_a_worker_of_another_is_at_work(
    root: Path, run_folders: RunFolders, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that outlived its driver, on a machine that was cut off, keeps others away."""
    monkeypatch.setattr("qasr_cli.run.state.lanes._PATIENCE_S", 0.0)
    (root / ".qasr").mkdir()
    living = Store(str(root), lane="p1h00000000n00000000").lock()
    with living, pytest.raises(LockHeld, match="worker of an earlier run"):
        run_folders(root)

    assert run_folders(root).exit_code == ExitCode.OK
