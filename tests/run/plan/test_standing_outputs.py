"""What is done keeps the names of its outputs."""

import shutil
from pathlib import Path

from qasr_cli.core.outcomes import FileDone, FileSkipped
from qasr_cli.run.plan.standing_outputs import named_with_extension
from tests.conftest import WriteWav
from tests.run.conftest import RunFolders


def test_a_neighbour_of_the_same_stem_redoes_nothing(
    tmp_path: Path, write_wav: WriteWav, run_folders: RunFolders
) -> None:
    """A recording that comes later gets its extension; the one that is done is left alone."""
    talk = write_wav(tmp_path / "talk.wav", seed=1)
    run_folders(tmp_path)
    result = (tmp_path / ".qasr/results/talk.wav.json").read_bytes()
    shutil.copy(talk, tmp_path / "talk.m4r")

    outcomes = {o.media.relative_path: type(o) for o in run_folders(tmp_path).outcomes}
    again = run_folders(tmp_path)

    assert outcomes == {"talk.m4r": FileDone, "talk.wav": FileSkipped}
    assert {type(outcome) for outcome in again.outcomes} == {FileSkipped}
    assert {p.name for p in tmp_path.glob("*.srt")} == {"talk.srt", "talk.m4r.srt"}
    assert (tmp_path / ".qasr/results/talk.wav.json").read_bytes() == result


def test_a_neighbour_that_went_redoes_nothing(
    tmp_path: Path, write_wav: WriteWav, run_folders: RunFolders
) -> None:
    """Of two with their extensions, the one that is left keeps its own, and is skipped."""
    talk = write_wav(tmp_path / "talk.wav", seed=1)
    shutil.copy(talk, tmp_path / "talk.aiff")
    run_folders(tmp_path)
    (tmp_path / "talk.aiff").unlink()

    again = run_folders(tmp_path)

    assert [type(outcome) for outcome in again.outcomes] == [FileSkipped]
    assert not (tmp_path / "talk.srt").exists()


def test_names_whose_outputs_are_gone_are_chosen_anew(
    tmp_path: Path, write_wav: WriteWav, run_folders: RunFolders
) -> None:
    """A result without its output holds no name: both of a clash get their extension."""
    talk = write_wav(tmp_path / "talk.wav", seed=1)
    run_folders(tmp_path)
    shutil.copy(talk, tmp_path / "talk.aiff")
    (tmp_path / "talk.srt").unlink()

    run_folders(tmp_path)

    assert {p.name for p in tmp_path.glob("*.srt")} == {"talk.wav.srt", "talk.aiff.srt"}


def test_one_listing_tells_who_may_be_named_with_its_extension(tmp_path: Path) -> None:
    """A file counts that begins with the whole name and a dot; a folder may not be there yet."""
    for name in ("a.mp3.en.srt", "b.mp3", "b.mp3x.srt", "c.srt"):
        (tmp_path / name).touch()
    folder_of = dict.fromkeys(("a.mp3", "b.mp3", "c.mp3"), str(tmp_path))

    found = named_with_extension({**folder_of, "later/d.mp3": str(tmp_path / "later")}.items())

    assert found == {"a.mp3"}
