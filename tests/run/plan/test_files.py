"""The jobs of `qasr transcribe`, from the names that the user gave."""

import os
from pathlib import Path

import pytest

from qasr_cli.errors import UsageError
from qasr_cli.options import OutputOptions
from qasr_cli.run.plan.files import jobs_for_files
from tests.conftest import WriteWav
from tests.run.conftest import plan_for, with_output


def test_a_folder_inside_another_is_refused(tmp_path: Path) -> None:
    """Nested folders would do the inner files twice."""
    (tmp_path / "inner").mkdir()

    with pytest.raises(UsageError, match="only the outer"):
        plan_for(tmp_path, tmp_path / "inner")


def test_a_folder_named_twice_is_walked_once(tmp_path: Path, write_wav: WriteWav) -> None:
    """The same folder under two names is one folder."""
    write_wav(tmp_path / "a.wav")

    assert len(plan_for(tmp_path, tmp_path / "." / "").jobs) == 1


def test_the_output_folder_is_not_walked(tmp_path: Path, write_wav: WriteWav) -> None:
    """Sound that lies in the output folder (kept clips, say) is no input."""
    write_wav(tmp_path / "a.wav")
    write_wav(tmp_path / "out" / "clip.wav")

    plan = plan_for(tmp_path, options=with_output(output_dir=str(tmp_path / "out")))

    assert [job.name for job in plan.jobs] == ["a.wav"]


def test_a_file_named_twice_is_done_once(tmp_path: Path, write_wav: WriteWav) -> None:
    """Two spellings of one path are one input."""
    wav = write_wav(tmp_path / "a.wav")
    files = [str(wav), os.path.relpath(wav)]

    assert len(jobs_for_files(files, output=OutputOptions(), spool=None).jobs) == 1


def test_an_unreadable_input_does_not_stop_the_others(tmp_path: Path, write_wav: WriteWav) -> None:
    """An absent file and a pipe are failures of their own."""
    wav = write_wav(tmp_path / "a.wav")
    os.mkfifo(tmp_path / "pipe.wav")
    files = [str(tmp_path / "gone.wav"), str(tmp_path / "pipe.wav"), str(wav)]

    plan = jobs_for_files(files, output=OutputOptions(), spool=None)

    assert [job.name for job in plan.jobs] == ["a.wav"]
    assert [unseen.outcome.error_kind for unseen in plan.unseen] == ["UnreadableInput"] * 2
