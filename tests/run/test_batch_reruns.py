"""What a second batch over the same folder does again, skips, and leaves alone."""

import json
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from qasr_cli.core.outcomes import FileSkipped
from qasr_cli.core.types import Clip, ClipResult
from qasr_cli.errors import ExitCode
from tests.conftest import WriteWav
from tests.run.conftest import RunFolders, report_of, statuses, with_output


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


def test_second_run_skips_everything(folder: Path, run_folders: RunFolders) -> None:
    """A file done and unchanged is not touched again."""
    run_folders(folder)
    before = {p: p.stat().st_mtime_ns for p in folder.rglob("*.srt")}

    again = run_folders(folder, engine=_NeverUsed())

    assert again.exit_code == ExitCode.OK
    assert statuses(folder) == dict.fromkeys(("a.wav", "b.wav", "deep/er/c.wav"), "skipped")
    assert {p: p.stat().st_mtime_ns for p in folder.rglob("*.srt")} == before


def test_changed_recording_is_done_again(
    folder: Path, write_wav: WriteWav, run_folders: RunFolders
) -> None:
    """New content under the same name replaces qasr's own output."""
    run_folders(folder)
    write_wav(folder / "a.wav", bursts_s=[(0.2, 3.8)], seed=9)

    run_folders(folder)

    assert statuses(folder) == {"a.wav": "done", "b.wav": "skipped", "deep/er/c.wav": "skipped"}


def test_touched_recording_is_skipped(folder: Path, run_folders: RunFolders) -> None:
    """A new date on the same content is a skip, and the new date is kept for the next run."""
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
    """A file whose output is gone does not count as done."""
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
