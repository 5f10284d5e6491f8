"""What a run promises: every file one outcome, nothing done twice, nothing half-written."""

import json
import shutil
import signal
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from qasr_cli.core.outcomes import FileDone, FileFailed, FileSkipped
from qasr_cli.core.types import Clip, ClipResult
from qasr_cli.errors import (
    AlignmentError,
    DeviceMemoryError,
    ExitCode,
    LockHeld,
    ModelLoadError,
    RecognitionError,
    WorkerLost,
)
from qasr_cli.run.events import AttemptFailed, Event, FileFinished, FileStarted, RunFinished
from qasr_cli.run.plan.plan import Walk, jobs_for_folders
from qasr_cli.run.stop_request import StopRequest
from qasr_cli.storage.lock import RunLock
from tests.conftest import WriteWav
from tests.run.conftest import (
    OPTIONS,
    ManualClock,
    Recorder,
    RunFolders,
    report_of,
    statuses,
    with_output,
)


def test_outputs_stand_beside_their_sources(folder: Path, run_folders: RunFolders) -> None:
    """Without -o a subtitle lies where players look for it, and state hides in one folder."""
    result = run_folders(folder)

    assert result.exit_code == ExitCode.OK
    assert sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*.srt")) == [
        "a.srt",
        "b.srt",
        "deep/er/c.srt",
    ]
    assert {p.name for p in folder.iterdir()} == {
        *("a.wav", "a.srt", "b.wav", "b.srt", "deep", ".qasr", "processing_report.json")
    }


def test_output_folder_mirrors_the_tree(
    folder: Path, tmp_path: Path, run_folders: RunFolders
) -> None:
    """With -o nothing is written into the walked folder."""
    before = sorted(folder.rglob("*"))
    out = tmp_path / "out"

    run_folders(folder, options=with_output(output_dir=str(out), formats=("srt", "json")))

    assert sorted(folder.rglob("*")) == before
    assert (out / "deep/er/c.srt").is_file()
    assert (out / "deep/er/c.json").is_file()
    assert (out / ".qasr/results/deep/er/c.wav.json").is_file()


def test_several_folders_keep_apart(
    tmp_path: Path, write_wav: WriteWav, run_folders: RunFolders
) -> None:
    """Two folders with the same names inside share an output folder without a clash."""
    write_wav(tmp_path / "x/day/a.wav", seed=1)
    write_wav(tmp_path / "y/day/a.wav", seed=2)
    out = tmp_path / "out"

    result = run_folders(
        tmp_path / "x/day", tmp_path / "y/day", options=with_output(output_dir=str(out))
    )

    assert result.exit_code == ExitCode.OK
    assert (out / "day/a.srt").is_file()
    assert (out / "day-2/a.srt").is_file()


def test_several_folders_have_state_of_their_own(
    tmp_path: Path, write_wav: WriteWav, run_folders: RunFolders
) -> None:
    """A folder done together with others counts as done when it is named alone."""
    write_wav(tmp_path / "x/a.wav", seed=1)
    write_wav(tmp_path / "y/a.wav", seed=2)

    run_folders(tmp_path / "x", tmp_path / "y")
    again = run_folders(tmp_path / "y")

    assert statuses(tmp_path / "x") == {"a.wav": "done"}
    assert [type(outcome) for outcome in again.outcomes] == [FileSkipped]


def test_same_stem_keeps_its_extension(
    tmp_path: Path, write_wav: WriteWav, run_folders: RunFolders
) -> None:
    """Two inputs that would share an output name both keep their extension."""
    write_wav(tmp_path / "talk.wav", seed=1)
    (tmp_path / "talk.aiff").write_bytes((tmp_path / "talk.wav").read_bytes())

    run_folders(tmp_path)

    assert (tmp_path / "talk.wav.srt").is_file()
    assert (tmp_path / "talk.aiff.srt").is_file()
    assert not (tmp_path / "talk.srt").exists()


def test_second_run_skips_everything(folder: Path, run_folders: RunFolders) -> None:
    """A file done and unchanged is not touched again."""
    run_folders(folder)
    before = {p: p.stat().st_mtime_ns for p in folder.rglob("*.srt")}

    again = run_folders(folder, engine=_NeverUsed())

    assert again.exit_code == ExitCode.OK
    assert statuses(folder) == dict.fromkeys(("a.wav", "b.wav", "deep/er/c.wav"), "skipped")
    assert {p: p.stat().st_mtime_ns for p in folder.rglob("*.srt")} == before


class _NeverUsed:
    """An engine that fails the test when a clip reaches it."""

    fingerprint = "fake/1"
    max_clip_s = None
    models: dict[str, str] = {}  # noqa: RUF012  # never filled

    def run(self, clips: Iterable[Clip], /) -> Iterator[ClipResult]:
        """Nothing may come."""
        for clip in clips:
            raise AssertionError(clip.clip_id)
        yield from ()

    def stop(self) -> None:
        """Nothing runs."""

    def close(self) -> None:
        """Nothing is held."""


def test_changed_recording_is_done_again(
    folder: Path, write_wav: WriteWav, run_folders: RunFolders
) -> None:
    """New content under the same name replaces qasr's own output."""
    run_folders(folder)
    write_wav(folder / "a.wav", bursts_s=[(0.2, 3.8)], seed=9)

    run_folders(folder)

    assert statuses(folder) == {"a.wav": "done", "b.wav": "skipped", "deep/er/c.wav": "skipped"}


def test_touched_recording_is_skipped(folder: Path, run_folders: RunFolders) -> None:
    """A new date on the same content costs one look, and the next run not even that."""
    run_folders(folder)
    (folder / "a.wav").touch()

    assert [type(o) for o in run_folders(folder).outcomes] == [FileSkipped] * 3

    mark = json.loads((folder / ".qasr/results/a.wav.json").read_text())["mark"]
    assert mark["media"]["mtime_ns"] == (folder / "a.wav").stat().st_mtime_ns


def test_changed_settings_are_done_again(folder: Path, run_folders: RunFolders) -> None:
    """Another set of formats is another result; another number of retries is not."""
    run_folders(folder)

    run_folders(folder, options=with_output(formats=("srt", "vtt")))

    assert set(statuses(folder).values()) == {"done"}


def test_lost_output_is_made_again(folder: Path, run_folders: RunFolders) -> None:
    """A mark without its outputs does not count."""
    run_folders(folder)
    (folder / "b.srt").unlink()

    run_folders(folder)

    assert statuses(folder)["b.wav"] == "done"
    assert (folder / "b.srt").is_file()


def test_foreign_subtitle_is_left_alone(folder: Path, run_folders: RunFolders) -> None:
    """A subtitle that somebody else put there is never replaced without --overwrite."""
    (folder / "a.srt").write_text("by hand")

    result = run_folders(folder)

    assert result.exit_code == ExitCode.OK
    assert (folder / "a.srt").read_text() == "by hand"
    skipped = next(o for o in result.outcomes if o.media.relative_path == "a.wav")
    assert isinstance(skipped, FileSkipped)
    assert "--overwrite" in skipped.reason
    assert report_of(folder)["details"][0]["warnings"] == [skipped.reason]

    run_folders(folder, options=with_output(overwrite=True))

    assert (folder / "a.srt").read_text() != "by hand"


def test_edited_subtitle_is_left_alone(
    folder: Path, write_wav: WriteWav, run_folders: RunFolders
) -> None:
    """Corrections made by hand survive a rerun, even of a changed recording."""
    run_folders(folder)
    (folder / "a.srt").write_text("corrected")
    run_folders(folder)
    write_wav(folder / "a.wav", bursts_s=[(0.2, 3.8)], seed=9)
    run_folders(folder)

    assert (folder / "a.srt").read_text() == "corrected"


def test_outputs_of_earlier_settings_stay_ours(
    tmp_path: Path, write_wav: WriteWav, run_folders: RunFolders
) -> None:
    """A subtitle from a run with other formats is replaced when the recording changes."""
    write_wav(tmp_path / "a.wav", seed=1)
    run_folders(tmp_path)
    before = (tmp_path / "a.srt").read_text()
    run_folders(tmp_path, options=with_output(formats=("vtt",)))
    write_wav(tmp_path / "a.wav", bursts_s=[(0.2, 3.8)], seed=9)

    run_folders(tmp_path)

    assert statuses(tmp_path) == {"a.wav": "done"}
    assert (tmp_path / "a.srt").read_text() != before


def test_lost_results_do_not_make_outputs_foreign(folder: Path, run_folders: RunFolders) -> None:
    """When marks are gone, the journal still knows what qasr wrote."""
    run_folders(folder)
    shutil.rmtree(folder / ".qasr" / "results")

    run_folders(folder)

    assert set(statuses(folder).values()) == {"done"}


def test_the_longest_names_are_done_and_skipped(
    tmp_path: Path, write_wav: WriteWav, run_folders: RunFolders
) -> None:
    """A name that leaves no room for the suffix of its result has one all the same."""
    write_wav(tmp_path / ("x" * 251 + ".wav"))

    first = run_folders(tmp_path)
    again = run_folders(tmp_path)

    assert isinstance(first.outcomes[0], FileDone)
    assert isinstance(again.outcomes[0], FileSkipped)


def test_a_clip_name_too_long_fails_its_file_only(
    tmp_path: Path, write_wav: WriteWav, run_folders: RunFolders
) -> None:
    """`--keep-clips` has no name for a clip of this file, and goes on with the next file."""
    write_wav(tmp_path / "in" / ("x" * 240 + ".wav"), seed=1)
    write_wav(tmp_path / "in" / "z.wav", seed=2)
    options = replace(OPTIONS, run=replace(OPTIONS.run, keep_clips_dir=str(tmp_path / "clips")))

    result = run_folders(tmp_path / "in", options=options)

    assert [type(outcome) for outcome in result.outcomes] == [FileFailed, FileDone]


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
    """First, last or between, beside or below: the others come out as if it were not there."""
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


def test_an_observer_that_cannot_write_stops_nothing(
    folder: Path, run_folders: RunFolders, recorder: Recorder
) -> None:
    """When the reader of the log goes away (`2>&1 | head`), the work goes on."""

    def break_pipe(_: Event) -> None:
        raise BrokenPipeError

    recorder.react = break_pipe

    assert run_folders(folder).exit_code == ExitCode.OK
    assert set(statuses(folder).values()) == {"done"}


def test_what_cannot_be_looked_at_is_in_the_report(folder: Path, run_folders: RunFolders) -> None:
    """A dead link among followed ones is a failure with a name, not a gap."""
    (folder / "dead.wav").symlink_to(folder / "nowhere.wav")
    plan = jobs_for_folders([str(folder)], output=OPTIONS.output, walk=Walk(follow_links=True))

    assert [(unseen.name, unseen.outcome.error_kind) for unseen in plan.unseen] == [
        ("dead.wav", "UnreadableInput")
    ]
    result = run_folders(plan=plan)
    assert result.exit_code == ExitCode.SOME_FAILED
    assert statuses(folder)["dead.wav"] == "failed"


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
    """Words without times are worth more than no words: done, with a warning."""
    untimed = {"a.wav": [AlignmentError("a.wav", "no luck")] * 9}

    result = run_folders(folder, failures=untimed)

    done = result.outcomes[0]
    assert isinstance(done, FileDone)
    assert done.warnings
    assert "word" in (folder / "a.srt").read_text()


def test_engine_failure_stops_the_run(folder: Path, run_folders: RunFolders) -> None:
    """When no further clip can work, what is done stays done and the rest is for the next run."""
    fatal = {"b.wav": [ModelLoadError("/models/x", "gone")]}

    result = run_folders(folder, failures=fatal)

    assert result.exit_code == ExitCode.ENVIRONMENT
    assert statuses(folder) == {"a.wav": "done", "b.wav": "pending", "deep/er/c.wav": "pending"}
    assert "/models/x" in str(report_of(folder)["stopped_by"])
    again = run_folders(folder)
    assert again.exit_code == ExitCode.OK


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


def test_second_run_on_the_same_folder_is_refused(folder: Path, run_folders: RunFolders) -> None:
    """Two runs never write into one folder at a time."""
    with RunLock(str(folder / ".qasr"), of=str(folder)), pytest.raises(LockHeld):
        run_folders(folder)

    assert run_folders(folder).exit_code == ExitCode.OK


def test_empty_folder_is_fine(tmp_path: Path, run_folders: RunFolders) -> None:
    """Nothing to do is a success with a report."""
    result = run_folders(tmp_path)

    assert result.exit_code == ExitCode.OK
    assert report_of(tmp_path)["details"] == []


def test_silence_gives_an_empty_subtitle(
    tmp_path: Path, write_wav: WriteWav, run_folders: RunFolders
) -> None:
    """A recording without speech is done, and its outputs are valid and empty."""
    write_wav(tmp_path / "quiet.wav", bursts_s=[])

    result = run_folders(tmp_path, options=with_output(formats=("srt", "vtt", "json")))

    assert result.exit_code == ExitCode.OK
    assert (tmp_path / "quiet.srt").read_text().strip() == ""
    assert (tmp_path / "quiet.vtt").read_text().strip() == "WEBVTT"
    assert json.loads((tmp_path / "quiet.json").read_text())["text"] == ""


def test_language_suffix_names_the_language(
    tmp_path: Path, write_wav: WriteWav, run_folders: RunFolders
) -> None:
    """`--language-suffix` gives talk.en.srt, and the next run still knows it for done."""
    write_wav(tmp_path / "talk.wav")
    options = with_output(language_suffix=True)

    run_folders(tmp_path, options=options)
    again = run_folders(tmp_path, options=options)

    assert (tmp_path / "talk.en.srt").is_file()
    assert isinstance(again.outcomes[0], FileSkipped)


def test_names_that_are_not_utf8_survive(
    tmp_path: Path, write_wav: WriteWav, run_folders: RunFolders
) -> None:
    """A file name of raw bytes comes back byte for byte in outputs, state and report."""
    good = write_wav(tmp_path / "x.wav")
    name = b"caf\xe9\n.wav"
    (tmp_path / "x.wav").rename(Path(str(tmp_path)) / name.decode("utf-8", "surrogateescape"))
    assert not good.exists()

    result = run_folders(tmp_path, options=with_output(formats=("srt", "json")))

    assert result.exit_code == ExitCode.OK
    assert (tmp_path / b"caf\xe9\n.srt".decode("utf-8", "surrogateescape")).is_file()
    assert list(statuses(tmp_path)) == [name.decode("utf-8", "surrogateescape")]
    assert isinstance(
        run_folders(tmp_path, options=with_output(formats=("srt", "json"))).outcomes[0], FileSkipped
    )


def test_kept_clips_are_written(
    tmp_path: Path, write_wav: WriteWav, run_folders: RunFolders
) -> None:
    """`--keep-clips` leaves one sound file a clip."""
    write_wav(tmp_path / "in/talk.wav")
    clips = tmp_path / "clips"

    run_folders(
        tmp_path / "in",
        options=replace(OPTIONS, run=replace(OPTIONS.run, keep_clips_dir=str(clips))),
    )

    result = json.loads((tmp_path / "in/.qasr/results/talk.wav.json").read_text())
    assert len([p for p in clips.rglob("*") if p.is_file()]) == len(result["clips"]) > 0
