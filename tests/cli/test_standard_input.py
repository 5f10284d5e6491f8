"""A recording from a pipe, and what it is called."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from qasr_cli.cli.main import run
from tests.conftest import WriteWav

FAKE = ("--engine", "fake", "--vad", "energy")


@pytest.fixture
def wav(tmp_path: Path, write_wav: WriteWav) -> Path:
    """One recording."""
    return write_wav(tmp_path / "in" / "talk.wav")


def test_transcribe_reads_standard_input(
    wav: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`-` takes a recording from a pipe."""
    stdin = io.TextIOWrapper(io.BytesIO(wav.read_bytes()))
    monkeypatch.setattr(sys, "stdin", stdin)

    assert run(["transcribe", "-", "-o", "-", "-f", "simple", *FAKE]) == 0

    captured = capsys.readouterr()
    assert "] word" in captured.out
    assert captured.err.startswith("done     stdin  ")


def test_standard_input_is_called_stdin(
    wav: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wherever a person sees it: the file, the line, the result and the report."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(wav.read_bytes())))
    monkeypatch.chdir(wav.parent)

    assert run(["transcribe", "-", "-f", "txt,json", "--report", "report.json", *FAKE]) == 0

    names = {path.name for path in wav.parent.iterdir()}
    assert names == {"talk.wav", "stdin.txt", "stdin.json", "report.json"}
    assert json.loads(Path("stdin.json").read_text())["file"] == "stdin"
    assert json.loads(Path("report.json").read_text())["details"][0]["file"] == "stdin"
    assert capsys.readouterr().err.startswith("done     stdin  0:04")


def test_a_closed_standard_input_is_a_usage_error() -> None:
    """`-` needs something to read."""
    command = f"{sys.executable} -m qasr_cli transcribe - {' '.join(FAKE)} <&-"

    ran = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)

    assert ran.returncode == 2
    assert "closed" in ran.stderr


def test_a_file_called_like_standard_input(
    wav: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file named "stdin" and standard input are two inputs; their outputs would be one."""
    (tmp_path / "stdin").write_bytes(wav.read_bytes())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(wav.read_bytes())))

    assert run(["transcribe", "-", "stdin", *FAKE]) == 2
