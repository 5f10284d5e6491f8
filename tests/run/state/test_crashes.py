"""Files over which runs died: counted, and left out in the end."""

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.core.types import Clip, ClipResult
from qasr_cli.engines.fake import FakeEngine
from qasr_cli.errors import ExitCode
from qasr_cli.run.events import Event, FileFinished
from tests.conftest import WriteWav
from tests.run.conftest import (
    ListeningEngine,
    Recorder,
    RunFolders,
    report_of,
    run_to_death,
    statuses,
    with_run,
)

NO_CRASH_COUNT = with_run(max_crashes=0)


def is_deadly(clip: Clip) -> bool:
    """Whether it is the second clip of b.wav."""
    return clip.clip_id.startswith("b.wav") and clip.span.start_sample > 2 * SAMPLE_RATE_HZ


def test_a_deadly_file_is_left_out_at_last(folder: Path, run_folders: RunFolders) -> None:
    """The other files are done all the same; after three crashes the file is quarantined."""
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
    """Files that were in the engine beside it when the process died are done, each by itself."""
    for _ in range(3):
        run_to_death(run_folders, folder, is_deadly, window_count=9)

    result = run_folders(folder, engine=ListeningEngine(is_deadly))

    assert result.exit_code == ExitCode.SOME_FAILED
    assert not (folder / "b.srt").exists()
    assert (folder / "a.srt").is_file()
    assert (folder / "deep/er/c.srt").is_file()


def test_quarantine_ends(folder: Path, write_wav: WriteWav, run_folders: RunFolders) -> None:
    """New content or --retry-failed ends the quarantine; a new date alone does not."""
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
    """`--max-crashes 0` counts no crashes and leaves nothing out for earlier ones."""
    for _ in range(3):
        run_to_death(run_folders, folder, is_deadly)

    run_folders(folder, options=NO_CRASH_COUNT)

    assert statuses(folder)["b.wav"] == "done"
    assert list((folder / ".qasr" / "begun").iterdir()) == []


def test_a_run_that_ends_on_purpose_died_over_nothing(
    folder: Path, run_folders: RunFolders, recorder: Recorder
) -> None:
    """A run that was told to stop counts as a crash over no file."""
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
    """A run that ended with an unexpected exception counts as a crash."""
    for _ in range(3):
        with pytest.raises(LookupError):
            run_folders(folder, engine=_BuggyEngine())

    run_folders(folder, engine=_BuggyEngine())

    assert statuses(folder)["b.wav"] == "quarantined"
