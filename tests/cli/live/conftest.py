"""`qasr live` as a process: sound that a test sends, and what is printed."""

import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import numpy as np
import pytest

from qasr_cli.core.timing import SAMPLE_RATE_HZ

QASR = (sys.executable, "-X", "utf8", "-m", "qasr_cli", "live")
FAKE = ("--engine", "fake", "--vad", "energy")
LONGEST_S = 120  # far more than any of it takes

Live = subprocess.Popen[bytes]


def pcm(*lengths_s: float) -> bytes:
    """Loud, quiet, loud ... for so many seconds each, as bare samples."""
    random = np.random.default_rng(0)
    parts = [
        random.normal(0, 0.2 if number % 2 == 0 else 0, round(length_s * SAMPLE_RATE_HZ))
        for number, length_s in enumerate(lengths_s)
    ]
    return (np.concatenate(parts).clip(-1, 1) * 32767).astype("<i2").tobytes()


TWO_PHRASES = pcm(2.5, 1.0, 2.5, 1.0)
TWO_FINALS = ["word0 word1 word2.", "word4 word5 word6."]


@contextlib.contextmanager
def started(*arguments: str, folder: Path, **streams: Any) -> Iterator[Live]:  # noqa: ANN401  # of Popen
    """A live session whose sound this test sends; ended whatever happens."""
    named: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    named |= {"stderr": subprocess.PIPE, "cwd": folder} | streams
    with subprocess.Popen([*QASR, *arguments, *FAKE], **named) as process:
        deadline = threading.Timer(LONGEST_S, process.kill)
        deadline.start()
        try:
            yield process
        finally:
            deadline.cancel()
            process.kill()


def ran(*arguments: str, sound: bytes, folder: Path) -> "subprocess.CompletedProcess[str]":
    """What came of a session over all of a sound."""
    done = subprocess.run(
        [*QASR, *arguments, *FAKE],
        input=sound,
        capture_output=True,
        check=False,
        cwd=folder,
        timeout=LONGEST_S,
    )
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
    )


def contained(sound: bytes, *arguments: str, folder: Path) -> bytes:
    """Bare samples in a container, as ffmpeg writes it into a pipe."""
    ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
    command = [ffmpeg, "-v", "error", "-f", "s16le", "-ar", "16000", "-ac", "1", "-i", "-"]
    return subprocess.run(
        [*command, *arguments, "-"], input=sound, capture_output=True, check=True, cwd=folder
    ).stdout


def events_of(process: Live) -> Iterator[dict[str, Any]]:
    """What it prints, event by event."""
    assert process.stdout is not None
    for line in process.stdout:
        yield json.loads(line)


def send(process: Live, sound: bytes) -> None:
    """Let it hear more."""
    assert process.stdin is not None
    process.stdin.write(sound)
    process.stdin.flush()


def children_of(pid: int) -> list[int]:
    """The processes that a process started."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[1]) == pid:
                found.append(int(stat.parent.name))
    return found


def wait_until_gone(pids: list[int]) -> None:
    """Return once they are gone, or fail."""
    for _ in range(LONGEST_S * 10):
        if not any(Path(f"/proc/{pid}/cmdline").exists() and is_alive(pid) for pid in pids):
            return
        threading.Event().wait(0.1)
    pytest.fail(f"{pids} are still there")


def is_alive(pid: int) -> bool:
    """Whether a process is more than an entry that nobody has reaped."""
    try:
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())
    except OSError:
        return False
