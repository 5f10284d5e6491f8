"""Runs that nobody watches: how they end early, what they leave, and how machines share them."""

import json
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from qasr_cli.core.outcomes import FileDone, FilePending, FileSkipped
from qasr_cli.core.shard import Shard
from qasr_cli.engines.fake import FakeEngine
from qasr_cli.errors import ExitCode, LockHeld, WorkerLost
from qasr_cli.options import FailureLimit
from qasr_cli.run.events import ClipFinished, Event, FileFinished, FileStarted
from qasr_cli.run.state.store import Store
from qasr_cli.run.stop_request import StopRequest
from qasr_cli.saved.reports import read_report
from tests.conftest import WriteWav
from tests.run.conftest import (
    ListeningEngine,
    ManualClock,
    Recorder,
    RunFolders,
    plan_for,
    report_of,
    statuses,
    with_output,
    with_run,
)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_the_second_signal_ends_a_run_at_once(
    folder: Path, run_folders: RunFolders, recorder: Recorder, number: signal.Signals, code: int
) -> None:
    """With the signal's own code and a report; nothing half-written stays, the next run goes on."""
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
    """A scheduler may kill what it told to end: no file counts as deadly, and no clip is begun."""
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


def test_the_report_of_a_run_takes_the_place_of_the_last_at_once(
    folder: Path, run_folders: RunFolders, recorder: Recorder
) -> None:
    """Nobody reads that all is done while it is being done again."""
    seen = []

    def look(event: Event) -> None:
        if isinstance(event, FileStarted):
            seen.append(report_of(folder)["status"])

    run_folders(folder)
    recorder.react = look
    run_folders(folder, options=with_output(overwrite=True))

    assert set(seen) == {"running"}


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


def test_a_time_budget_ends_a_run_in_order(
    folder: Path, run_folders: RunFolders, recorder: Recorder, manual_clock: ManualClock
) -> None:
    """What the time did not suffice for is pending, and the code says: try again later."""

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
    """So many are borne, and the next one ends it; known failures of earlier runs do not count."""
    for name in "abcde":
        (tmp_path / f"{name}.wav").write_bytes(name.encode())

    result = run_folders(tmp_path, options=with_run(max_failures=limit))

    assert result.exit_code == ExitCode.SOME_FAILED
    assert list(statuses(tmp_path).values()).count("failed") == reached

    again = run_folders(tmp_path, options=with_run(max_failures=limit))

    failed_count = list(statuses(tmp_path).values()).count("failed")
    assert failed_count == min(5, 2 * reached)
    assert len(again.outcomes) == 5


def test_the_report_is_fresh_while_a_run_goes_on(
    folder: Path, run_folders: RunFolders, recorder: Recorder, manual_clock: ManualClock
) -> None:
    """Half a minute later at most it shows what is done, and that more will come."""
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


# --- files still being written ----------------------------------------------------------------


def test_a_file_that_stands_still_waits_once(
    folder: Path, run_folders: RunFolders, manual_clock: ManualClock
) -> None:
    """All files together are watched for that long, and done ones not at all."""
    options = with_run(wait_stable_s=10.0)

    run_folders(folder, options=options)

    assert sum(manual_clock.slept_s) == pytest.approx(10.0)

    run_folders(folder, options=options)

    assert sum(manual_clock.slept_s) == pytest.approx(10.0)


def test_a_file_being_written_is_left_for_later(
    folder: Path,
    write_wav: WriteWav,
    run_folders: RunFolders,
    recorder: Recorder,
    manual_clock: ManualClock,
) -> None:
    """One that came to rest is done after the others, one that grows on stays for the next run."""
    options = with_run(wait_stable_s=10.0)
    plan = plan_for(folder, options=options)
    write_wav(folder / "a.wav", seed=11)  # changed since the walk, and then no more

    def grow(event: Event) -> None:
        if isinstance(event, FileFinished):
            with (folder / "b.wav").open("ab") as file:
                file.write(b"\0\0")

    with (folder / "b.wav").open("ab") as file:
        file.write(b"\0\0")
    recorder.react = grow

    result = run_folders(options=options, plan=plan)

    assert result.exit_code == ExitCode.TRY_LATER
    done = [e.outcome.media.relative_path for e in recorder.events if isinstance(e, FileFinished)]
    assert done == ["deep/er/c.wav", "a.wav", "b.wav"]
    assert statuses(folder)["b.wav"] == "pending"
    assert "still being written" in report_of(folder)["details"][1]["warnings"]
    recorder.react = lambda _: None
    assert run_folders(folder, options=options).exit_code == ExitCode.OK
    assert manual_clock.now_s < 60


# --- shards -----------------------------------------------------------------------------------


@pytest.fixture
def shared(tmp_path: Path, write_wav: WriteWav) -> Path:
    """Eight recordings, two of them with one stem."""
    root = tmp_path / "shared"
    for number in range(7):
        write_wav(root / f"{number}.wav", seed=number)
    (root / "0.aiff").write_bytes((root / "0.wav").read_bytes())
    return root


def test_parts_do_every_file_once(shared: Path, run_folders: RunFolders) -> None:
    """Together they do what one run would, each with a report of its own, which merge."""
    parts = [Shard(index=i, count=3) for i in (1, 2, 3)]
    engines = [ListeningEngine() for _ in parts]

    results = [
        run_folders(shared, options=with_run(shard=part), engine=engine)
        for part, engine in zip(parts, engines, strict=True)
    ]

    done = [o.media.relative_path for r in results for o in r.outcomes if isinstance(o, FileDone)]
    assert sorted(done) == sorted(p.name for p in shared.glob("*.[wa]*[vf]"))
    assert (shared / "0.wav.srt").is_file()
    assert not (shared / "processing_report.json").exists()
    merged = read_report(str(shared))
    assert sorted(d["file"] for d in merged["details"]) == sorted(done)
    assert merged["summary"]["successful"] == 8
    assert {type(o) for o in run_folders(shared).outcomes} == {FileSkipped}


def test_parts_run_side_by_side_and_alone(shared: Path, run_folders: RunFolders) -> None:
    """One part locks out its like and the whole batch, and no other part."""
    first, second = (Shard(index=i, count=2) for i in (1, 2))
    with Store(str(shared), shard=first).lock():
        with pytest.raises(LockHeld):
            run_folders(shared)
        with pytest.raises(LockHeld):
            run_folders(shared, options=with_run(shard=first))
        result = run_folders(shared, options=with_run(shard=second))

    assert result.exit_code == ExitCode.OK
    assert run_folders(shared).exit_code == ExitCode.OK


def test_a_part_leaves_the_temporaries_of_others(shared: Path, run_folders: RunFolders) -> None:
    """Another machine may be writing them; a run of everything knows that nobody is."""
    one, other = (Shard(index=i, count=2) for i in (1, 2))
    (shared / ".qasr").mkdir()
    temporaries = []
    for part in (one, other, None):
        owner = Store(str(shared), shard=part).writer.owner
        temporaries.append(shared / f".qasr-{owner}-0123abcd.tmp")
        temporaries[-1].write_text("half")

    run_folders(shared, options=with_run(shard=one))

    assert [path.exists() for path in temporaries] == [False, True, True]

    run_folders(shared)

    assert [path.exists() for path in temporaries] == [False] * 3


def test_parts_know_each_others_outputs(
    shared: Path, write_wav: WriteWav, run_folders: RunFolders
) -> None:
    """Shared out otherwise the next time, a changed recording is done again all the same."""
    for index in (1, 2):
        run_folders(shared, options=with_run(shard=Shard(index=index, count=2)))
        options = with_run(shard=Shard(index=index, count=2))
        run_folders(shared, options=replace(options, output=with_output(formats=("vtt",)).output))
    for number in range(7):
        write_wav(shared / f"{number}.wav", bursts_s=[(0.2, 3.8)], seed=number + 50)

    result = run_folders(shared)

    assert [type(o) for o in result.outcomes].count(FileDone) == 8
    assert not any(isinstance(o, FilePending) for o in result.outcomes)
