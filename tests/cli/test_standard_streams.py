"""Standard output and error that are closed, full, or read no further: real processes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import WriteWav

FAKE = ("--engine", "fake", "--vad", "energy")


@pytest.fixture
def wav(tmp_path: Path, write_wav: WriteWav) -> Path:
    """One recording."""
    return write_wav(tmp_path / "in" / "talk.wav")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_standard_output_is_no_recordings_fault(wav: Path) -> None:
    """What stdout refuses is trouble of the surroundings: exit code 3, one line."""
    argv = [sys.executable, "-m", "qasr_cli"]
    for command in (["transcribe", wav, "-o", "-", *FAKE], ["models", "path", "demo"]):
        with Path("/dev/full").open("w") as full:
            ran = subprocess.run(
                [*argv, *command], stdout=full, stderr=subprocess.PIPE, text=True, check=False
            )
        assert ran.returncode == 3, command
        assert "cannot write standard output: No space left on device" in ran.stderr
        assert "Errno" not in ran.stderr
        assert "Traceback" not in ran.stderr


@pytest.mark.parametrize(
    "command",
    [
        ["plan", "FOLDER", *FAKE],
        ["plan", "FOLDER", "--json", *FAKE],
        ["transcribe", "WAV", "-o", "-", *FAKE],
        ["models", "list"],
        ["transcribe", "--help"],
        ["--version"],
    ],
)
def test_who_reads_no_more_is_no_failure(wav: Path, command: list[str]) -> None:
    """As of all that is piped into `head`: 128 + SIGPIPE, without a word about it."""
    places = {"FOLDER": str(wav.parent), "WAV": str(wav)}
    reader, writer = os.pipe()
    os.close(reader)

    ran = subprocess.run(
        [sys.executable, "-m", "qasr_cli", *(places.get(word, word) for word in command)],
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writer)

    assert ran.returncode == 141
    assert "qasr:" not in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_reason_that_nobody_reads(tmp_path: Path) -> None:
    """Where standard error is closed at the other end, the code still says what was wrong."""
    reader, writer = os.pipe()
    os.close(reader)

    ran = subprocess.run(
        [sys.executable, "-m", "qasr_cli", "batch", tmp_path / "gone"], stderr=writer, check=False
    )
    os.close(writer)

    assert ran.returncode == 2


@pytest.mark.parametrize(
    ("redirection", "code"), [("2>&-", 0), ("<&- 2>&-", 0), ("2>&1 | head -c 1 >/dev/null", 0)]
)
def test_closed_streams_stop_no_work(wav: Path, redirection: str, code: int) -> None:
    """A run whose log nobody reads does its work."""
    command = f"{sys.executable} -m qasr_cli batch {wav.parent} {' '.join(FAKE)} {redirection}"

    ran = subprocess.run(["bash", "-c", command], check=False)  # the shell's code is the last one's

    assert ran.returncode == code
    assert wav.with_suffix(".srt").is_file()
