"""A `qasr.toml` that was found may be anybody's: whose is obeyed, and what it may say."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from qasr_cli.cli.main import run
from tests.conftest import WriteWav

FAKE = ("--engine", "fake", "--vad", "energy", "--no-progress")
NOBODY = 65534


@pytest.fixture
def shared_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write_wav: WriteWav) -> Path:
    """A folder where everybody may put files, above the one with a recording one stands in."""
    monkeypatch.delenv("QASR_CONFIG", raising=False)
    monkeypatch.delenv("SUDO_UID", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "user"))
    shared = tmp_path / "shared"
    write_wav(shared / "mine" / "talks" / "talk.wav")
    shared.chmod(0o1777)
    monkeypatch.chdir(shared / "mine")
    return shared


def planted(folder: Path) -> Path:
    """A configuration that sends outputs elsewhere."""
    path = folder / "qasr.toml"
    path.write_text(f'output-dir = "{folder.parent / "elsewhere"}"\n')
    return path


def is_obeyed(folder: Path, capsys: pytest.CaptureFixture[str]) -> bool:
    """Whether the planted file decides where outputs go; if not, that is said, once."""
    assert run(["transcribe", "talks/talk.wav", *FAKE, "--overwrite"]) == 0
    error = capsys.readouterr().err
    assert run(["config", "show", "--format", "json"]) == 0
    shown: dict[str, Any] = json.loads(capsys.readouterr().out)
    elsewhere = (folder.parent / "elsewhere" / "talk.srt").exists()
    path = str(folder / "qasr.toml")
    assert elsewhere is (path in shown["files"])
    assert elsewhere is (path not in shown["passed_over"])
    assert error.count(f"{path} is passed over: ") == (0 if elsewhere else 1)
    return elsewhere


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_file_of_somebody_else_is_passed_over(
    shared_folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also a link of theirs to a file of the user's; not that of whoever said sudo."""
    path = planted(shared_folder)
    os.chown(path, NOBODY, NOBODY)
    assert not is_obeyed(shared_folder, capsys)

    target = path.rename(shared_folder / "other.toml")
    os.chown(target, 0, 0)
    path.symlink_to(target)
    os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    assert not is_obeyed(shared_folder, capsys)

    monkeypatch.setenv("SUDO_UID", str(NOBODY))
    assert is_obeyed(shared_folder, capsys)


@pytest.mark.parametrize(
    ("mode", "folder_mode", "expected"),
    [
        (0o644, 0o1777, True),
        (0o666, 0o1777, False),
        (0o646, 0o755, False),
        (0o664, 0o1777, False),
        (0o664, 0o777, False),
        (0o664, 0o775, True),
    ],
)
def test_a_file_that_others_can_write_to_is_passed_over(
    shared_folder: Path,
    mode: int,
    folder_mode: int,
    expected: bool,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Everybody, or a group where everybody may put files; a group's shared project is its own."""
    planted(shared_folder).chmod(mode)
    shared_folder.chmod(folder_mode)

    assert is_obeyed(shared_folder, capsys) is expected


def test_the_next_file_above_is_looked_at(
    shared_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever plants a file does not take the project's away."""
    planted(shared_folder)
    (shared_folder / "mine" / "qasr.toml").write_text('format = "txt"\n')
    (shared_folder / "mine" / "qasr.toml").chmod(0o666)

    assert is_obeyed(shared_folder, capsys)
    assert run(["config", "show"]) == 0
    lines = capsys.readouterr().out.split("\n")
    assert lines[0] == f"# read: {shared_folder}/qasr.toml"
    assert lines[1].startswith(f"# {shared_folder}/mine/qasr.toml is passed over: ")


def test_a_named_file_is_obeyed_whosever_it_is(
    shared_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The user said so."""
    path = planted(shared_folder)
    path.chmod(0o666)
    monkeypatch.setenv("QASR_CONFIG", str(path))

    assert run(["transcribe", "talks/talk.wav", *FAKE]) == 0

    assert (shared_folder.parent / "elsewhere" / "talk.srt").exists()
    assert "passed over" not in capsys.readouterr().err


@pytest.mark.parametrize(
    "line",
    [
        'output-dir = "/elsewhere"',
        'output-dir = "../elsewhere"',
        'corrections = "/etc/hostname"',
        'context = "@/etc/hostname"',
        'hotwords = "@~/names.txt"',
        '[[overrides]]\npaths = "*"\ncontext = "@/etc/hostname"',
        '[batch]\noutput-dir = "link"',
    ],
)
def test_a_file_among_the_recordings_does_not_lead_out_of_its_folder(
    shared_folder: Path,
    line: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It may have come with them: it says neither where outputs go nor what else is read."""
    talks = shared_folder / "mine" / "talks"
    (talks / "qasr.toml").write_text(line)
    (talks / "link").symlink_to(shared_folder)
    monkeypatch.chdir(talks)

    assert run(["batch", ".", *FAKE]) == 2
    assert "leads out of its folder" in capsys.readouterr().err
    assert run(["plan", "..", *FAKE]) == 2

    monkeypatch.chdir(shared_folder / "mine")
    assert run(["batch", "talks", *FAKE]) == 0  # from above it is not even looked at
    assert (talks / "talk.srt").exists()


def test_a_project_file_keeps_its_own_folders(
    shared_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stands below the file may be named by it, as ever."""
    talks = shared_folder / "mine" / "talks"
    (talks / "qasr.toml").write_text('output-dir = "subtitles"\nhotwords = "@names.txt"\n')
    (talks / "names.txt").write_text("etcd")
    monkeypatch.chdir(talks)

    assert run(["batch", ".", *FAKE]) == 0

    assert (talks / "subtitles" / "talk.srt").exists()
