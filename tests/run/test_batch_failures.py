"""Files that fail in a batch: tried again where that may help, and no other file suffers."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from qasr_cli.core.outcomes import FileDone, FileFailed
from qasr_cli.errors import (
    AlignmentError,
    DeviceMemoryError,
    ExitCode,
    RecognitionError,
    WorkerLost,
)
from qasr_cli.run.events import AttemptFailed, Event, FileFinished, FileStarted
from qasr_cli.run.plan.folders import Walk, jobs_for_folders
from tests.conftest import WriteWav
from tests.run.conftest import OPTIONS, ManualClock, Recorder, RunFolders, statuses


def test_bad_file_costs_nobody_else(folder: Path, run_folders: RunFolders) -> None:
    """One file that cannot be decoded fails by itself, with its reason in the report."""
    (folder / "b.wav").write_bytes(b"RIFF and nothing more")

    result = run_folders(folder)

    assert result.exit_code == ExitCode.SOME_FAILED
    assert statuses(folder) == {"a.wav": "done", "b.wav": "failed", "deep/er/c.wav": "done"}
    failed = next(o for o in result.outcomes if isinstance(o, FileFailed))
    assert failed.error_kind == "DecodeError"
    assert not (folder / "b.srt").exists()


@pytest.mark.parametrize("name", ["0.wav", "aa.wav", "deep/er/d.wav", "z.mp3"])
def test_a_bad_file_changes_nothing_for_the_others(
    folder: Path, run_folders: RunFolders, name: str
) -> None:
    """Wherever the bad file is in the order, all other outputs are as they are without it."""
    good = folder.with_name("good")
    shutil.copytree(folder, good)
    run_folders(good)
    (folder / name).write_bytes(b"RIFF and nothing more")

    assert run_folders(folder).exit_code == ExitCode.SOME_FAILED

    for output in ("a.srt", "b.srt", "deep/er/c.srt"):
        assert (folder / output).read_bytes() == (good / output).read_bytes()
    assert statuses(folder) == statuses(good) | {name: "failed"}


def test_vanished_file_costs_nobody_else(
    folder: Path, run_folders: RunFolders, recorder: Recorder
) -> None:
    """A file that is gone when its turn comes fails by itself."""

    def remove_late(event: Event) -> None:
        if isinstance(event, FileFinished):
            (folder / "deep/er/c.wav").unlink(missing_ok=True)

    recorder.react = remove_late

    run_folders(folder)

    assert statuses(folder) == {"a.wav": "done", "b.wav": "done", "deep/er/c.wav": "failed"}


def test_clips_without_a_place_fail_their_file_only(
    tmp_path: Path, write_wav: WriteWav, run_folders: RunFolders
) -> None:
    """A file whose clips have no place below `--keep-clips` fails, and no other."""
    write_wav(tmp_path / "in" / "taken" / "x.wav", seed=1)
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips" / "taken").touch()
    write_wav(tmp_path / "in" / "z.wav", seed=2)
    options = replace(OPTIONS, run=replace(OPTIONS.run, keep_clips_dir=str(tmp_path / "clips")))

    result = run_folders(tmp_path / "in", options=options)

    assert [type(outcome) for outcome in result.outcomes] == [FileFailed, FileDone]


def test_what_cannot_be_looked_at_is_in_the_report(folder: Path, run_folders: RunFolders) -> None:
    """With links followed, a link to nothing is a failed file in the report."""
    (folder / "dead.wav").symlink_to(folder / "nowhere.wav")
    plan = jobs_for_folders([str(folder)], output=OPTIONS.output, walk=Walk(follow_links=True))

    assert [(unseen.name, unseen.outcome.error_kind) for unseen in plan.unseen] == [
        ("dead.wav", "UnreadableInput")
    ]
    result = run_folders(plan=plan)
    assert result.exit_code == ExitCode.SOME_FAILED
    assert statuses(folder)["dead.wav"] == "failed"


def test_transient_failure_is_tried_again(
    folder: Path, run_folders: RunFolders, manual_clock: ManualClock
) -> None:
    """A clip that fails twice and then works leaves a done file with both attempts on record."""
    flaky = {"a.wav": [WorkerLost("n3"), DeviceMemoryError("cuda", 4)]}

    result = run_folders(folder, failures=flaky)

    assert result.exit_code == ExitCode.OK
    done = result.outcomes[0]
    assert isinstance(done, FileDone)
    clips = json.loads((folder / ".qasr/results/a.wav.json").read_text())["clips"]
    assert [clip["attempts"] for clip in clips] == [3] * len(clips)
    assert [a.error.split(":")[0] for a in done.attempts].count("WorkerLost") == len(clips)
    assert sum(manual_clock.slept_s) == pytest.approx(3.0, abs=1e-6)


def test_a_file_that_changes_is_tried_again_later(
    folder: Path, write_wav: WriteWav, run_folders: RunFolders, recorder: Recorder
) -> None:
    """A recording written to while it was read is decoded again after the announced delay."""
    announced_s: list[float | None] = []

    def write_once(event: Event) -> None:
        if isinstance(event, AttemptFailed):
            announced_s.append(event.retry_in_s)
        match event:
            case FileStarted(media=media) if media.relative_path == "a.wav" and not announced_s:
                write_wav(folder / "a.wav", bursts_s=[(0.2, 3.8)], seed=9)
            case _:
                pass

    recorder.react = write_once

    result = run_folders(folder)

    assert announced_s == [1.0]
    assert result.exit_code == ExitCode.OK
    assert isinstance(result.outcomes[0], FileDone)


def test_lasting_failure_fails_the_file(folder: Path, run_folders: RunFolders) -> None:
    """A clip that no try can recognise fails its file, after one try and three retries."""
    broken = {"b.wav": [RecognitionError("b.wav", "it hums")] * 9}

    result = run_folders(folder, failures=broken)

    assert result.exit_code == ExitCode.SOME_FAILED
    failed = result.outcomes[1]
    assert isinstance(failed, FileFailed)
    assert failed.error_kind == "ClipsFailed"
    assert max(attempt.attempt for attempt in failed.attempts) == 4
    assert statuses(folder)["deep/er/c.wav"] == "done"


def test_failed_alignment_keeps_the_text(folder: Path, run_folders: RunFolders) -> None:
    """A file whose alignment fails is done with estimated times and a warning."""
    untimed = {"a.wav": [AlignmentError("a.wav", "no luck")] * 9}

    result = run_folders(folder, failures=untimed)

    done = result.outcomes[0]
    assert isinstance(done, FileDone)
    assert done.warnings
    assert "word" in (folder / "a.srt").read_text()
