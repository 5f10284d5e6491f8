"""What a run leaves to do, when the ones before it ended anyhow."""

import hashlib
import itertools
import json
import os
import shutil
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from qasr_cli.core.outcomes import FileDone, FileFailed, FilePending, FileSkipped
from qasr_cli.errors import ExitCode, ModelLoadError, RecognitionError
from qasr_cli.options import DecodeOptions
from tests.conftest import WriteWav
from tests.run.conftest import (
    OPTIONS,
    ListeningEngine,
    RunFolders,
    report_of,
    run_to_death,
    statuses,
    with_output,
    with_run,
)

EIGHT_BURSTS_S = tuple((0.5 + 2 * n, 1.5 + 2 * n) for n in range(8))


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
    """Run until this number of clips was recognised, and die."""
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
    """A spool holds what was said: its mode is 0600, whatever the umask."""
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
            options = replace(OPTIONS, decode=DecodeOptions(channels="left"))
        case "overwrite":
            options = with_output(overwrite=True)
        case _:
            write_wav(long_file / "talk.wav", bursts_s=EIGHT_BURSTS_S, duration_s=17.0, seed=5)
    again = ListeningEngine()

    run_folders(long_file, engine=again, options=options)

    assert len(again.heard) >= 8
    assert spools(long_file) == []


def test_a_failed_clip_alone_is_tried_again(long_file: Path, run_folders: RunFolders) -> None:
    """A file that is done but for one clip keeps what was heard of the others."""
    first = ListeningEngine()
    shutil.copytree(long_file, long_file.with_name("whole"))
    run_folders(long_file.with_name("whole"), engine=first)
    broken = first.heard[2]
    run_folders(long_file, failures={broken: [RecognitionError(broken, "it hums")] * 9})
    again = ListeningEngine()

    result = run_folders(long_file, engine=again, options=with_run(retry_failed=True))

    assert isinstance(result.outcomes[0], FileDone)
    assert again.heard == [broken]


def test_what_cannot_get_better_is_not_tried_again(folder: Path, run_folders: RunFolders) -> None:
    """A file with a lasting error is tried again only when it changes or by --retry-failed."""
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
    """A failed file is tried again when its content or the settings have changed."""
    (folder / "bad.wav").write_bytes(b"no sound at all")
    run_folders(folder)
    other = run_folders(folder, options=with_output(formats=("vtt",)))
    write_wav(folder / "bad.wav")

    mended = run_folders(folder)

    assert [o.warnings for o in other.outcomes if isinstance(o, FileFailed)] == [()]
    assert mended.exit_code == ExitCode.OK


def test_verify_content_reads_what_looks_untouched(folder: Path, run_folders: RunFolders) -> None:
    """With --verify-content a change of content behind the same date and size is found."""
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


def test_an_unwritable_folder_costs_no_work(folder: Path, run_folders: RunFolders) -> None:
    """A folder that cannot be written to is noticed before its file is decoded; others are done."""
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
    """Settings that cannot change a result do not cause files to be done again."""
    run_folders(folder)
    options = replace(
        with_run(retries=0, max_crashes=7, time_budget_s=1e6),
        engine=replace(OPTIONS.engine, cuda_graphs=True),
        output=OPTIONS.output,
    )

    assert {type(o) for o in run_folders(folder, options=options).outcomes} == {FileSkipped}
