"""What a run leaves to do, when the ones before it ended anyhow."""

import hashlib
import itertools
import json
import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from qasr_cli.core.outcomes import FileDone, FileFailed, FilePending, FileSkipped
from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.core.types import Clip, ClipResult
from qasr_cli.engines.fake import FakeEngine
from qasr_cli.errors import ExitCode, ModelLoadError, RecognitionError
from qasr_cli.run.events import Event, FileFinished
from tests.conftest import WriteWav
from tests.run.conftest import (
    OPTIONS,
    ListeningEngine,
    Recorder,
    RunFolders,
    report_of,
    run_to_death,
    statuses,
    with_output,
    with_run,
)

EIGHT_BURSTS_S = tuple((0.5 + 2 * n, 1.5 + 2 * n) for n in range(8))
NO_CRASH_COUNT = with_run(max_crashes=0)


@pytest.fixture
def long_file(tmp_path: Path, write_wav: WriteWav) -> Path:
    """A folder with one recording of eight clips."""
    root = tmp_path / "long"
    write_wav(root / "talk.wav", bursts_s=EIGHT_BURSTS_S, duration_s=17.0)
    return root


def spools(root: Path) -> list[Path]:
    """The spool files of a folder."""
    return list((root / ".qasr" / "spool").glob("*"))


def die_after(root: Path, run_folders: RunFolders, clip_count: int) -> None:
    """Run until so many clips are heard, and die."""
    asked = itertools.count()
    run_to_death(run_folders, root, lambda _: next(asked) >= clip_count)


def test_a_killed_file_goes_on_at_its_next_clip(long_file: Path, run_folders: RunFolders) -> None:
    """Clips that came back before the process died are not recognised again."""
    whole = ListeningEngine()
    shutil.copytree(long_file, long_file.with_name("whole"))
    run_folders(long_file.with_name("whole"), engine=whole)
    die_after(long_file, run_folders, 5)
    again = ListeningEngine()

    result = run_folders(long_file, engine=again)

    assert isinstance(result.outcomes[0], FileDone)
    assert again.heard == whole.heard[5:]
    assert len(whole.heard) >= 8
    assert (long_file / "talk.srt").read_bytes() == (
        long_file.with_name("whole") / "talk.srt"
    ).read_bytes()
    assert spools(long_file) == []


def test_a_spool_is_for_nobody_else(long_file: Path, run_folders: RunFolders) -> None:
    """What was said stands in it, so only its owner may read it, whatever the umask."""
    die_after(long_file, run_folders, 3)

    (spool,) = spools(long_file)
    assert stat.S_IMODE(spool.stat().st_mode) == 0o600


@pytest.mark.parametrize("change", ["settings", "sound", "overwrite"])
def test_a_spool_serves_the_same_sound_under_the_same_settings(
    long_file: Path, write_wav: WriteWav, run_folders: RunFolders, change: str
) -> None:
    """After any change that could change a result, all clips are recognised."""
    die_after(long_file, run_folders, 5)
    options = OPTIONS
    match change:
        case "settings":
            options = with_output(formats=("srt", "vtt"))
        case "overwrite":
            options = with_output(overwrite=True)
        case _:
            write_wav(long_file / "talk.wav", bursts_s=EIGHT_BURSTS_S, duration_s=17.0, seed=5)
    again = ListeningEngine()

    run_folders(long_file, engine=again, options=options)

    assert len(again.heard) >= 8
    assert spools(long_file) == []


def test_a_failed_clip_alone_is_tried_again(long_file: Path, run_folders: RunFolders) -> None:
    """A file that failed for one clip keeps what was heard of the others."""
    first = ListeningEngine()
    shutil.copytree(long_file, long_file.with_name("whole"))
    run_folders(long_file.with_name("whole"), engine=first)
    broken = first.heard[2]
    run_folders(long_file, failures={broken: [RecognitionError(broken, "it hums")] * 9})
    again = ListeningEngine()

    result = run_folders(long_file, engine=again)

    assert isinstance(result.outcomes[0], FileDone)
    assert again.heard == [broken]


def test_what_cannot_get_better_is_not_tried_again(folder: Path, run_folders: RunFolders) -> None:
    """A file that failed by its own fault fails again at once, until it changes or it is asked."""
    (folder / "bad.mp3").write_bytes(b"no sound at all")
    run_folders(folder)
    journal = (folder / ".qasr" / "journal.jsonl").read_text()

    again = run_folders(folder)

    assert again.exit_code == ExitCode.SOME_FAILED
    failed = next(o for o in again.outcomes if isinstance(o, FileFailed))
    assert failed.error_kind == "DecodeError"
    assert "--retry-failed" in failed.warnings[0]
    assert len(failed.attempts) == 1
    outcomes = [line for line in journal.splitlines() if '"outcome"' in line]
    text = (folder / ".qasr" / "journal.jsonl").read_text()
    assert [line for line in text.splitlines() if '"outcome"' in line] == outcomes

    tried = run_folders(folder, options=with_run(retry_failed=True))

    failed = next(o for o in tried.outcomes if isinstance(o, FileFailed))
    assert failed.warnings == ()


def test_a_mended_file_is_tried_again(
    folder: Path, write_wav: WriteWav, run_folders: RunFolders
) -> None:
    """New content under the name of a failure, or other settings, are no failure yet."""
    (folder / "bad.wav").write_bytes(b"no sound at all")
    run_folders(folder)
    other = run_folders(folder, options=with_output(formats=("vtt",)))
    write_wav(folder / "bad.wav")

    mended = run_folders(folder)

    assert [o.warnings for o in other.outcomes if isinstance(o, FileFailed)] == [()]
    assert mended.exit_code == ExitCode.OK


def test_verify_content_reads_what_looks_untouched(folder: Path, run_folders: RunFolders) -> None:
    """A change that hides behind the old date is found when it is looked for."""
    run_folders(folder)
    mark = folder / ".qasr" / "results" / "a.wav.json"
    text = mark.read_text()
    sha256 = json.loads(text)["mark"]["media"]["sha256"]
    mark.write_text(text.replace(sha256, "0" * 64))
    result = json.loads(mark.read_text())
    key_source = [result["file"], "0" * 64, result["mark"]["fingerprint"]]
    key = hashlib.sha256(json.dumps(key_source).encode()).hexdigest()
    mark.write_text(mark.read_text().replace(result["mark"]["key"], key))

    assert {type(o) for o in run_folders(folder).outcomes} == {FileSkipped}

    run_folders(folder, options=with_run(verify_content=True))

    assert statuses(folder) == {"a.wav": "done", "b.wav": "skipped", "deep/er/c.wav": "skipped"}


def test_a_torn_result_is_no_mark(folder: Path, run_folders: RunFolders) -> None:
    """A result that lost its end is made again."""
    run_folders(folder)
    result = folder / ".qasr" / "results" / "a.wav.json"
    result.write_bytes(result.read_bytes()[:-40])

    run_folders(folder)

    assert statuses(folder)["a.wav"] == "done"


def test_a_lost_journal_is_rebuilt(
    folder: Path, write_wav: WriteWav, run_folders: RunFolders
) -> None:
    """Without its journal qasr still knows its outputs, also after their results changed."""
    run_folders(folder)
    (folder / ".qasr" / "journal.jsonl").unlink()
    run_folders(folder, options=with_output(formats=("vtt",)))
    write_wav(folder / "a.wav", bursts_s=[(0.2, 3.8)], seed=9)

    run_folders(folder)

    assert statuses(folder)["a.wav"] == "done"


def is_deadly(clip: Clip) -> bool:
    """Whether it is the second clip of b.wav."""
    return clip.clip_id.startswith("b.wav") and clip.span.start_sample > 2 * SAMPLE_RATE_HZ


def test_a_deadly_file_is_left_out_at_last(folder: Path, run_folders: RunFolders) -> None:
    """The rest is done in spite of it, and after three deaths the run ends, with its name."""
    run_to_death(run_folders, folder, is_deadly)
    for _ in range(2):
        run_to_death(run_folders, folder, is_deadly)
        assert (folder / "a.srt").is_file()
        assert (folder / "deep/er/c.srt").is_file()

    result = run_folders(folder, engine=ListeningEngine(is_deadly))

    assert result.exit_code == ExitCode.SOME_FAILED
    assert statuses(folder) == {
        "a.wav": "skipped",
        "b.wav": "quarantined",
        "deep/er/c.wav": "skipped",
    }
    assert "3 times" in report_of(folder)["details"][1]["error"]["message"]
    assert report_of(folder)["summary"]["quarantined"] == 1


def test_only_the_deadly_file_is_left_out(folder: Path, run_folders: RunFolders) -> None:
    """Those in the engine beside it when the process died are done, each by itself."""
    for _ in range(3):
        run_to_death(run_folders, folder, is_deadly, window_count=9)

    result = run_folders(folder, engine=ListeningEngine(is_deadly))

    assert result.exit_code == ExitCode.SOME_FAILED
    assert not (folder / "b.srt").exists()
    assert (folder / "a.srt").is_file()
    assert (folder / "deep/er/c.srt").is_file()


def test_quarantine_ends(folder: Path, write_wav: WriteWav, run_folders: RunFolders) -> None:
    """New content has never killed anyone; the same under another date has; asked, it is tried."""
    for _ in range(3):
        run_to_death(run_folders, folder, is_deadly)
    (folder / "b.wav").touch()
    run_folders(folder)
    assert statuses(folder)["b.wav"] == "quarantined"

    copy = folder.with_name("copy")
    shutil.copytree(folder, copy, copy_function=shutil.copy2)
    write_wav(folder / "b.wav", seed=77)
    run_folders(folder)
    assert statuses(folder)["b.wav"] == "done"

    run_folders(copy)
    assert statuses(copy)["b.wav"] == "quarantined"
    run_folders(copy, options=with_run(retry_failed=True))
    assert statuses(copy)["b.wav"] == "done"


def test_nothing_is_left_out_with_zero(folder: Path, run_folders: RunFolders) -> None:
    """`--max-crashes 0` keeps no count, and uses none."""
    for _ in range(3):
        run_to_death(run_folders, folder, is_deadly)

    run_folders(folder, options=NO_CRASH_COUNT)

    assert statuses(folder)["b.wav"] == "done"
    assert list((folder / ".qasr" / "begun").iterdir()) == []


def test_a_run_that_ends_on_purpose_died_over_nothing(
    folder: Path, run_folders: RunFolders, recorder: Recorder
) -> None:
    """However often somebody stops a run, no file is blamed."""
    for _ in range(4):

        def stop_now(event: Event) -> None:
            if isinstance(event, FileFinished):
                raise SystemExit(143)

        recorder.react = stop_now
        (folder / "a.wav").touch()
        with pytest.raises(SystemExit):
            run_folders(folder)
    recorder.react = lambda _: None

    assert list((folder / ".qasr" / "begun").iterdir()) == []
    assert run_folders(folder).exit_code == ExitCode.OK


class _BuggyEngine(FakeEngine):
    def run(self, clips: Iterable[Clip], /) -> Iterator[ClipResult]:
        for clip in clips:
            if is_deadly(clip):
                raise LookupError("a bug")
            yield from super().run([clip])


def test_a_file_that_brings_a_bug_to_light_stops_no_batch_for_ever(
    folder: Path, run_folders: RunFolders
) -> None:
    """A run that a bug ended counts as one that died."""
    for _ in range(3):
        with pytest.raises(LookupError):
            run_folders(folder, engine=_BuggyEngine())

    run_folders(folder, engine=_BuggyEngine())

    assert statuses(folder)["b.wav"] == "quarantined"


def test_an_unwritable_folder_costs_no_work(folder: Path, run_folders: RunFolders) -> None:
    """Where an output cannot be put is found before its file is decoded, and stops no other."""
    (folder / "deep" / "er").chmod(0o555)
    engine = ListeningEngine()
    try:
        if os.access(folder / "deep" / "er", os.W_OK):
            pytest.skip("root may write everywhere")
        result = run_folders(folder, engine=engine)
    finally:
        (folder / "deep" / "er").chmod(0o755)

    assert result.exit_code == ExitCode.SOME_FAILED
    assert statuses(folder) == {"a.wav": "done", "b.wav": "done", "deep/er/c.wav": "failed"}
    assert not [clip for clip in engine.heard if clip.startswith("deep")]


def test_pending_files_are_no_failures(folder: Path, run_folders: RunFolders) -> None:
    """What a killed engine did not reach has no error, and the next run does it."""
    result = run_folders(folder, failures={"a.wav": [ModelLoadError("/m", "gone")]})

    assert {type(o) for o in result.outcomes} == {FilePending}
    summary = report_of(folder)["summary"]
    assert (summary["pending"], summary["failed"], summary["success_rate"]) == (3, 0, 0.0)


def test_other_settings_of_a_run_are_the_same_result(folder: Path, run_folders: RunFolders) -> None:
    """How a run behaves is no part of what it makes."""
    run_folders(folder)
    options = replace(
        with_run(retries=0, max_crashes=7, time_budget_s=1e6),
        engine=replace(OPTIONS.engine, cuda_graphs=True),
        output=OPTIONS.output,
    )

    assert {type(o) for o in run_folders(folder, options=options).outcomes} == {FileSkipped}
