"""Files beside recordings: read within limits, and only if they are files."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from qasr_cli.cli.main import run
from qasr_cli.storage.side_files import read_side_file
from tests.conftest import WriteWav

FAKE = ("--engine", "fake", "--vad", "energy", "--no-progress")

# What names a file -> the code, and the size at which it is refused.
_NAMED = [
    (["transcribe", "talk.wav", "--hotwords", "@side.txt"], "side.txt", 2, 1),
    (["transcribe", "talk.wav", "--context", "@side.txt"], "side.txt", 2, 1),
    (["transcribe", "talk.wav", "--corrections", "side.tsv"], "side.tsv", 2, 16),
    (["transcribe", "talk.wav", "--profile", "side.toml"], "side.toml", 2, 1),
    (["transcribe", "talk.wav"], "qasr.toml", 2, 1),
    (["transcribe", "talk.wav"], "hotwords.txt", 1, 1),
    (["transcribe", "talk.wav"], "talk.hotwords.txt", 1, 1),
    (["align", "talk.wav", "--text", "side.txt"], "side.txt", 2, 64),
    (["align", "talk.wav", "--from-srt", "side.srt"], "side.srt", 2, 64),
    (["lint", "side.vtt"], "side.vtt", 1, 64),
]


@pytest.fixture
def folder(tmp_path: Path, write_wav: WriteWav, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a recording, in which one stands."""
    write_wav(tmp_path / "talk.wav")
    monkeypatch.delenv("QASR_CONFIG", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "nobody's"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _argv(argv: list[str]) -> list[str]:
    return argv if argv[0] == "lint" else [*argv, *FAKE]


@pytest.mark.parametrize(("argv", "name", "code", "limit_mb"), _NAMED)
def test_what_is_too_large_is_refused_unread(
    folder: Path,
    *,
    argv: list[str],
    name: str,
    code: int,
    limit_mb: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The line names the size and the limit; a file that is all holes would be read for long."""
    with (folder / name).open("wb") as file:
        file.truncate(50_000_000_000)

    assert run(_argv(argv)) == code

    error = capsys.readouterr().err
    assert name in error
    assert f"holds 50000 MB; such a file is read up to {limit_mb} MB" in error


@pytest.mark.parametrize(
    ("argv", "name", "code"),
    [(argv, name, code) for argv, name, code, _ in _NAMED if "side" in name],
)
def test_a_pipe_that_is_no_file_is_not_waited_for(
    folder: Path, argv: list[str], name: str, code: int
) -> None:
    """Nobody writes to it, so whoever opened it would wait for ever."""
    os.mkfifo(folder / name)

    ran = subprocess.run(
        [sys.executable, "-m", "qasr_cli", *_argv(argv)],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert ran.returncode == code
    assert "is no regular file" in ran.stderr


def test_what_a_shell_hands_over_is_read(tmp_path: Path) -> None:
    """`--hotwords @<(...)` names a pipe, and is meant."""
    reader, writer = os.pipe()
    os.write(writer, b"etcd")
    os.close(writer)

    assert read_side_file(f"/dev/fd/{reader}", limit_bytes=4) == b"etcd"
    os.close(reader)
    assert read_side_file(os.devnull, limit_bytes=0) == b""
    with pytest.raises(IsADirectoryError):
        read_side_file(str(tmp_path), limit_bytes=1)


def test_a_file_that_has_no_size_yet_is_read_to_the_limit() -> None:
    """Of what comes through a pipe nobody knows the end."""
    reader, writer = os.pipe()
    os.write(writer, b"etcd!")
    os.close(writer)

    with pytest.raises(OSError, match="holds more"):
        read_side_file(f"/dev/fd/{reader}", limit_bytes=4)
    os.close(reader)
