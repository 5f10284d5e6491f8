"""What a batch promises whatever its files: one outcome each, a report and a journal."""

import json
from pathlib import Path

import pytest

from qasr_cli.errors import ExitCode, LockHeld, ModelLoadError
from qasr_cli.run.events import Event, FileFinished, RunFinished
from qasr_cli.storage.lock import RunLock
from tests.run.conftest import Recorder, RunFolders, report_of, statuses


def test_every_file_is_reported_once(
    folder: Path, run_folders: RunFolders, recorder: Recorder
) -> None:
    """Observers hear of each file once, and the counts of the report add up."""
    (folder / "bad.mp3").write_bytes(b"\0" * 100)

    run_folders(folder)

    finished = [
        e.outcome.media.relative_path for e in recorder.events if isinstance(e, FileFinished)
    ]
    assert sorted(finished) == ["a.wav", "b.wav", "bad.mp3", "deep/er/c.wav"]
    assert isinstance(recorder.events[-1], RunFinished)
    summary = report_of(folder)["summary"]
    assert summary["total_files"] == 4
    assert summary["successful"] == 3
    assert summary["failed"] == 1


def test_journal_has_a_line_for_every_file(folder: Path, run_folders: RunFolders) -> None:
    """Each line of the journal is one JSON object."""
    run_folders(folder)

    lines = (folder / ".qasr/journal.jsonl").read_text().splitlines()
    outcomes = [line for line in map(json.loads, lines) if line["event"] == "outcome"]
    assert [line["file"] for line in outcomes] == ["a.wav", "b.wav", "deep/er/c.wav"]


def test_a_torn_journal_takes_no_other_line_with_it(folder: Path, run_folders: RunFolders) -> None:
    """A line that a power cut tore is ignored, and the next one begins afresh."""
    run_folders(folder)
    journal = folder / ".qasr" / "journal.jsonl"
    journal.write_bytes(journal.read_bytes() + b'{"event": "writ')
    (folder / "a.srt").unlink()

    run_folders(folder)

    whole = [line for line in journal.read_text().splitlines() if line.endswith("}")]
    assert len(whole) == len(journal.read_text().splitlines()) - 1
    written = [json.loads(line) for line in whole]
    assert [line["file"] for line in written if "file" in line][-1] == "a.wav"


def test_empty_folder_is_fine(tmp_path: Path, run_folders: RunFolders) -> None:
    """Nothing to do is a success with a report."""
    result = run_folders(tmp_path)

    assert result.exit_code == ExitCode.OK
    assert report_of(tmp_path)["details"] == []


def test_second_run_on_the_same_folder_is_refused(folder: Path, run_folders: RunFolders) -> None:
    """Two runs never write into one folder at a time."""
    with RunLock(str(folder / ".qasr"), of=str(folder)), pytest.raises(LockHeld):
        run_folders(folder)

    assert run_folders(folder).exit_code == ExitCode.OK


def test_an_observer_that_cannot_write_stops_nothing(
    folder: Path, run_folders: RunFolders, recorder: Recorder
) -> None:
    """When the reader of the log goes away (`2>&1 | head`), the work goes on."""

    def break_pipe(_: Event) -> None:
        raise BrokenPipeError

    recorder.react = break_pipe

    assert run_folders(folder).exit_code == ExitCode.OK
    assert set(statuses(folder).values()) == {"done"}


def test_engine_failure_stops_the_run(folder: Path, run_folders: RunFolders) -> None:
    """When no further clip can work, what is done stays done and the rest is for the next run."""
    fatal = {"b.wav": [ModelLoadError("/models/x", "gone")]}

    result = run_folders(folder, failures=fatal)

    assert result.exit_code == ExitCode.ENVIRONMENT
    assert statuses(folder) == {"a.wav": "done", "b.wav": "pending", "deep/er/c.wav": "pending"}
    assert "/models/x" in str(report_of(folder)["stopped_by"])
    again = run_folders(folder)
    assert again.exit_code == ExitCode.OK
