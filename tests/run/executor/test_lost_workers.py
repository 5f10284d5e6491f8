"""One batch, several processes on one machine: what becomes of the files of the dead."""

import contextlib
import os
import signal
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from qasr_cli.core.outcomes import FileDone, FilePending, FileSkipped
from qasr_cli.errors import ExitCode, ModelLoadError, WorkerLost
from qasr_cli.run.events import Event, FileFinished, RunWarned
from qasr_cli.run.executor.base import Heard, Lost
from qasr_cli.run.executor.local import LocalExecutor, Place
from tests.conftest import WriteWav
from tests.run.conftest import Recorder, RunFolders, report_of, statuses, with_run
from tests.run.executor.conftest import (
    RunByWorkers,
    drill,
    left_in,
    made_in,
    many,
    workers,
)


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


def test_a_worker_that_is_asked_to_end_gives_its_files_to_others(
    root: Path, run_by_workers: RunByWorkers, recorder: Recorder
) -> None:
    """A service manager ends it alone, even twice: no file of its own is left, and none blamed."""
    with workers(count=1, sleep_s=0.02) as executor:
        asked: list[int] = []

        def ask_one(event: Event) -> None:
            if isinstance(event, FileFinished) and not asked:
                asked.append(executor.processes[0])
                for _ in range(2):
                    os.kill(asked[0], signal.SIGTERM)

        recorder.react = ask_one
        result = run_by_workers(root, executor)

        assert asked[0] not in executor.processes
    assert {type(outcome) for outcome in result.outcomes} == {FileDone}
    told = [e.text for e in recorder.events if isinstance(e, RunWarned)]
    assert told == ["worker 1 was lost: it ended with code 143"]
    assert left_in(root) == []


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


class OnMachines(LocalExecutor):
    """Workers whose machines are lost with them, as far as their driver knows."""

    def listen(self, within_s: float) -> Sequence[Heard]:
        """As it is, but nobody is there who could say that a worker died by itself."""
        return [
            replace(heard, by_itself=False) if isinstance(heard, Lost) else heard
            for heard in super().listen(within_s)
        ]


def on_machines(log: Path, *, lost_count: int) -> OnMachines:
    """Two of them; so many are lost while `victim` is in hand."""
    places = [Place(device=None, thread_count=1)] * 2
    rules = {"poison": "victim", "poison_count": lost_count, "log": str(log)}
    return OnMachines(places, command=drill(**rules))


def test_five_lost_machines_cost_no_file(
    tmp_path: Path, write_wav: WriteWav, run_by_workers: RunByWorkers
) -> None:
    """The file that was in hand each time is done by the sixth; none is blamed for a machine."""
    root, log = many(tmp_path / "in", write_wav, 4, poison="victim"), tmp_path / "losses"
    with contextlib.closing(on_machines(log, lost_count=5)) as executor:
        result = run_by_workers(root, executor, options=with_run(max_crashes=3))

    assert len(log.read_text().splitlines()) == 5
    assert {type(outcome) for outcome in result.outcomes} <= {FileDone, FileSkipped}
    assert result.exit_code == ExitCode.OK
    assert left_in(root) == []


def test_a_file_with_which_ten_machines_are_lost_is_left_to_the_next_run(
    tmp_path: Path, write_wav: WriteWav, run_by_workers: RunByWorkers
) -> None:
    """No run lasts for ever: it is pending, not quarantined, and its neighbours are done."""
    root, log = many(tmp_path / "in", write_wav, 4, poison="victim"), tmp_path / "losses"
    with contextlib.closing(on_machines(log, lost_count=99)) as executor:
        result = run_by_workers(root, executor, options=with_run(max_crashes=3))

    assert len(log.read_text().splitlines()) == 10
    (left,) = (outcome for outcome in result.outcomes if isinstance(outcome, FilePending))
    assert left.media.relative_path == "victim.wav"
    assert left.reason == "10 machines were lost while they worked on it"
    assert Counter(statuses(root).values()) == {"done": 4, "pending": 1}
    assert result.exit_code == ExitCode.TRY_LATER
    assert left_in(root) == []
