"""Runs that nobody watches: what report and journal say meanwhile, and when failures end them."""

import json
import signal
from pathlib import Path

import pytest

from qasr_cli.errors import ExitCode, WorkerLost
from qasr_cli.options import FailureLimit
from qasr_cli.run.events import Event, FileFinished, FileStarted
from qasr_cli.run.stop_request import StopRequest
from tests.run.conftest import (
    ManualClock,
    Recorder,
    RunFolders,
    report_of,
    statuses,
    with_output,
    with_run,
)


def test_the_report_of_a_run_takes_the_place_of_the_last_at_once(
    folder: Path, run_folders: RunFolders, recorder: Recorder
) -> None:
    """While files are done again the report's status is `running`, not that of the last run."""
    seen = []

    def look(event: Event) -> None:
        if isinstance(event, FileStarted):
            seen.append(report_of(folder)["status"])

    run_folders(folder)
    recorder.react = look
    run_folders(folder, options=with_output(overwrite=True))

    assert set(seen) == {"running"}


def test_the_report_is_fresh_while_a_run_goes_on(
    folder: Path, run_folders: RunFolders, recorder: Recorder, manual_clock: ManualClock
) -> None:
    """Every half minute the report is written anew, with what is done and what is pending."""
    seen = []

    def look(event: Event) -> None:
        match event:
            case FileFinished():
                manual_clock.now_s += 31
            case FileStarted(media=media) if media.relative_path == "b.wav":
                seen.append(report_of(folder))
            case _:
                pass

    recorder.react = look
    run_folders(folder)

    assert [report["status"] for report in seen] == ["running"]
    assert [d["status"] for d in seen[0]["details"]] == ["done", "pending", "pending"]
    assert report_of(folder)["status"] == "finished"


def test_how_a_run_ended_is_in_the_journal(
    folder: Path, run_folders: RunFolders, recorder: Recorder
) -> None:
    """Beginning and end of each run, with the reason and the counts."""
    with StopRequest() as stop:

        def stop_once(event: Event) -> None:
            if isinstance(event, FileFinished) and not stop.is_set:
                signal.raise_signal(signal.SIGTERM)

        recorder.react = stop_once
        run_folders(folder, stop=stop)

    lines = map(json.loads, (folder / ".qasr/journal.jsonl").read_text().splitlines())
    started, stopped = (line for line in lines if line["event"] == "run")
    assert started["status"] == "started"
    assert (stopped["status"], stopped["stopped_by"]) == ("stopped", "signal SIGTERM")
    assert stopped["summary"]["pending"] == 2
    assert report_of(folder)["status"] == "stopped"


def test_failed_tries_are_in_the_journal_at_once(folder: Path, run_folders: RunFolders) -> None:
    """Each with its stage, error and time, and again in the outcome."""
    run_folders(folder, failures={"b.wav": [WorkerLost("n3")]})

    lines = [json.loads(line) for line in (folder / ".qasr/journal.jsonl").read_text().splitlines()]
    tries = [line for line in lines if line["event"] == "attempt"]
    outcome = next(x for x in lines if x["event"] == "outcome" and x["file"] == "b.wav")
    assert [(t["file"], t["stage"], t["attempt"]) for t in tries] == [("b.wav", "recognise", 1)] * 2
    assert [(t["error"], t["time"]) for t in tries] == [
        (a["error"], a["timestamp"]) for a in outcome["attempts"]
    ]


@pytest.mark.parametrize(
    ("limit", "reached"),
    [
        (FailureLimit(amount=0, is_percent=False), 1),
        (FailureLimit(amount=2, is_percent=False), 3),
        (FailureLimit(amount=40, is_percent=True), 3),
        (FailureLimit(amount=100, is_percent=True), 5),
    ],
)
def test_failures_past_the_limit_stop_a_run(
    tmp_path: Path, run_folders: RunFolders, limit: FailureLimit, reached: int
) -> None:
    """The first failure past the limit ends the run; known ones of earlier runs do not count."""
    for name in "abcde":
        (tmp_path / f"{name}.wav").write_bytes(name.encode())

    result = run_folders(tmp_path, options=with_run(max_failures=limit))

    assert result.exit_code == ExitCode.SOME_FAILED
    assert list(statuses(tmp_path).values()).count("failed") == reached

    again = run_folders(tmp_path, options=with_run(max_failures=limit))

    failed_count = list(statuses(tmp_path).values()).count("failed")
    assert failed_count == min(5, 2 * reached)
    assert len(again.outcomes) == 5
