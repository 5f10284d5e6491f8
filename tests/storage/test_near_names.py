"""What is asked of somebody who named a file that is not there."""

import os
from pathlib import Path

import pytest

from qasr_cli.storage.near_names import question_about, reason_of


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working folder with some files."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "videos").mkdir()
    for name in ("clip.mp4", "clip.srt", "Lecture 1.mp3", "videos/talk.mkv", ".hidden.mp4"):
        (tmp_path / name).touch()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("clp.mp4", "clip.mp4"),
        ("clip.mp3", "clip.mp4"),
        ("clip.str", "clip.srt"),
        ("CLIP.MP4", "clip.mp4"),
        ("lecture1.mp3", "Lecture 1.mp3"),
        ("./clp.mp4", "./clip.mp4"),
        ("vidoes", "videos"),
        ("vidoes/", "videos"),
        ("videos/tlak.mkv", "videos/talk.mkv"),
        ("vidoes/talk.mkv", "videos/talk.mkv"),
        (".hiden.mp4", ".hidden.mp4"),
        ("gone.mp4", None),
        ("hidden.mp4", None),
        ("vidoes/other.mkv", None),
        ("no/such/place.mp4", None),
        ("/", None),
        ("", None),
    ],
)
def test_the_closest_name_is_asked_about(typed: str, meant: str | None) -> None:
    """Whatever its ending; a folder on the way counts, a name that merely ends alike does not."""
    assert question_about(typed) == ("" if meant is None else f"; did you mean {meant}?")


def test_other_reasons_are_told_as_they_are() -> None:
    """A question is asked only where the file is not there."""
    with pytest.raises(FileNotFoundError) as absent:
        os.stat("clp.mp4")
    with pytest.raises(NotADirectoryError) as within:
        os.stat("clip.mp4/x")

    assert reason_of(absent.value) == "No such file or directory; did you mean clip.mp4?"
    assert reason_of(within.value) == "Not a directory"
