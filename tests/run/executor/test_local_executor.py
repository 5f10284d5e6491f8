"""One batch, several processes on one machine: what comes out, and what becomes of the dead."""

import contextlib
import os
import signal
from collections import Counter
from pathlib import Path

import pytest

from qasr_cli.core.outcomes import FileDone, FileFailed, FilePending, FileSkipped
from qasr_cli.errors import ExitCode, LockHeld, ModelLoadError, WorkerLost
from qasr_cli.options import FailureLimit
from qasr_cli.run.events import ClipFinished, Event, FileFinished, FileStarted, RunWarned
from qasr_cli.run.executor.local import LocalExecutor, Place
from qasr_cli.run.state.store import Store
from qasr_cli.run.stop_request import StopRequest
from tests.conftest import WriteWav
from tests.run.conftest import Recorder, RunFolders, report_of, statuses, with_run
from tests.run.executor.conftest import (
    RunByWorkers,
    drill,
    is_running,
    journal_of,
    left_in,
    made_in,
    many,
    workers,
)


@pytest.fixture
def root(tmp_path: Path, write_wav: WriteWav) -> Path:
    """A dozen short recordings, two with one stem."""
    folder = many(tmp_path / "in", write_wav, 11)
    (folder / "000.aiff").write_bytes((folder / "000.wav").read_bytes())
    return folder


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


def test_a_file_that_kills_is_left_out_after_exactly_max_crashes(
    tmp_path: Path, write_wav: WriteWav, run_by_workers: RunByWorkers
) -> None:
    """Its neighbours are done, none of them is blamed, and the report says who died."""
    root, log = many(tmp_path / "in", write_wav, 8, poison="poison"), tmp_path / "deaths"
    with workers(poison="poison", log=str(log)) as executor:
        result = run_by_workers(root, executor, options=with_run(max_crashes=3))

    assert len(log.read_text().splitlines()) == 3
    assert Counter(statuses(root).values()) == {"done": 8, "quarantined": 1}
    assert statuses(root)["poison.wav"] == "quarantined"
    assert result.exit_code == ExitCode.SOME_FAILED
    assert sum("SIGKILL" in line for line in report_of(root)["warnings"]) == 3
    assert [name for name in left_in(root) if not name.startswith(".qasr/begun/")] == []


def test_a_file_that_kills_does_so_three_times_at_most_where_no_crash_is_counted(
    tmp_path: Path, write_wav: WriteWav, run_by_workers: RunByWorkers
) -> None:
    """With --max-crashes 0 it is left to the next run: no run lasts for ever."""
    root, log = many(tmp_path / "in", write_wav, 3, poison="poison"), tmp_path / "deaths"
    with workers(poison="poison", log=str(log)) as executor:
        result = run_by_workers(root, executor, options=with_run(max_crashes=0))

    assert len(log.read_text().splitlines()) == 3
    assert Counter(statuses(root).values()) == {"done": 3, "pending": 1}
    assert result.exit_code == ExitCode.TRY_LATER


def test_retry_failed_tries_what_killed_anew_and_not_for_ever(
    tmp_path: Path, write_wav: WriteWav, run_by_workers: RunByWorkers
) -> None:
    """A file that was left out gets --max-crashes more chances, no more."""
    root, log = many(tmp_path / "in", write_wav, 2, poison="poison"), tmp_path / "deaths"
    for _ in range(2):
        with workers(poison="poison", log=str(log)) as executor:
            run_by_workers(root, executor, options=with_run(max_crashes=2, retry_failed=True))

    assert len(log.read_text().splitlines()) == 4
    assert statuses(root)["poison.wav"] == "quarantined"


def test_a_lost_device_costs_a_process_and_no_file(
    tmp_path: Path, write_wav: WriteWav, run_by_workers: RunByWorkers
) -> None:
    """A worker whose GPU is gone is replaced; only the file that does it each time is left out."""
    root, log = many(tmp_path / "in", write_wav, 5, poison="deadly"), tmp_path / "deaths"
    with workers(loses_device="deadly", log=str(log)) as executor:
        run_by_workers(root, executor)

    assert len(log.read_text().splitlines()) == 3
    assert Counter(statuses(root).values()) == {"done": 5, "quarantined": 1}


def test_a_killed_worker_is_replaced(
    root: Path, run_by_workers: RunByWorkers, recorder: Recorder, run_folders: RunFolders
) -> None:
    """Whatever it had in hand goes to others, and comes out as if nothing had happened."""
    with workers(sleep_s=0.02) as executor:
        killed: list[int] = []

        def kill_one(event: Event) -> None:
            if isinstance(event, FileFinished) and not killed:
                killed.append(executor.processes[0])
                os.kill(killed[0], signal.SIGKILL)

        recorder.react = kill_one
        result = run_by_workers(root, executor)
    by_workers = made_in(root)

    assert killed
    assert {type(outcome) for outcome in result.outcomes} <= {FileDone, FileSkipped}
    assert left_in(root) == []
    assert any(isinstance(e, RunWarned) and "SIGKILL" in e.text for e in recorder.events)

    for name in by_workers:
        (root / name).unlink()
    (root / ".qasr" / "journal.jsonl").unlink()
    run_folders(root)

    assert made_in(root) == by_workers


def test_a_worker_that_cannot_load_stops_the_run_with_its_reason(
    root: Path, run_by_workers: RunByWorkers
) -> None:
    """The error is the worker's own, told once; nothing is done, and nothing is failed."""
    with workers(fails="weights are torn") as executor:
        result = run_by_workers(root, executor)

    assert isinstance(result.stopped_by, ModelLoadError)
    assert str(result.stopped_by).endswith("weights are torn")
    assert result.exit_code == ExitCode.ENVIRONMENT
    assert {type(outcome) for outcome in result.outcomes} == {FilePending}


def test_workers_that_never_come_up_stop_the_run(root: Path, run_by_workers: RunByWorkers) -> None:
    """After three that died before their first file, with the last thing that one said."""
    command = [drill()[0], "-c", "import sys; sys.exit('no such library')"]
    places = [Place(device=None, thread_count=1)] * 2
    with contextlib.closing(LocalExecutor(places, command=command)) as executor:
        result = run_by_workers(root, executor)

    assert isinstance(result.stopped_by, WorkerLost)
    assert "no such library" in str(result.stopped_by)


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
        (root / f"bad{number}.wav").write_bytes(b"RIFF\0\0\0\0WAVEjunk")
    with workers() as executor:
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
