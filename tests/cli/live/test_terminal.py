"""What a terminal shows of `qasr live`."""

import contextlib
import os
import pty
import subprocess
from pathlib import Path
from typing import Any

import pyte
import pytest

from tests.cli.live.conftest import (
    TWO_FINALS,
    TWO_PHRASES,
    pcm,
    send,
    started,
)


@pytest.mark.parametrize("columns", [20, 60, 200])
def test_the_last_line_is_the_text_so_far(tmp_path: Path, columns: int) -> None:
    """On a terminal finals are lines, and below them one line that fits: settled, then grey."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm"}
    environment.pop("NO_COLOR", None)
    subprocess.run(["stty", "cols", str(columns), "rows", "30"], stdin=theirs, check=True)
    screen = pyte.Screen(columns, 30)
    stream = pyte.ByteStream(screen)
    with started("--pcm", folder=tmp_path, stdout=theirs, stderr=theirs, env=environment) as live:
        os.close(theirs)
        send(live, pcm(2.5, 1.0, 9.0))
        last: dict[str, Any] = {}
        with contextlib.suppress(OSError):  # so Linux says that nobody has the other end
            while block := os.read(ours, 65_536):
                stream.feed(block)
                row = screen.buffer[screen.cursor.y]
                drawn = [row[column] for column in range(columns)]
                if any(char.fg not in {"default", ""} and char.data.strip() for char in drawn):
                    last = {"rows": screen.cursor.y, "drawn": drawn}
                    if live.stdin is not None and not live.stdin.closed:
                        live.stdin.close()
        os.close(ours)
        assert live.wait() == 0

    grey = "".join(char.data for char in last["drawn"] if char.fg != "default").strip()
    plain = "".join(char.data for char in last["drawn"] if char.fg == "default").strip()
    assert "word" in grey
    assert len((plain + grey).strip()) < columns
    shown = "\n".join(line.rstrip() for line in screen.display).rstrip()
    lines = shown.splitlines()
    assert lines.index("word0 word1 word2.") <= 2  # after the line that says that it listens
    assert any(line.startswith("word4 word5") for line in lines)
    assert "files" not in shown  # nothing of the view of a batch
    assert "looking for" not in shown


def test_a_dumb_terminal_has_finals_alone(tmp_path: Path) -> None:
    """Where a line cannot be drawn anew, nothing but finals is printed."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "dumb"}
    with started("--pcm", folder=tmp_path, stdout=theirs, env=environment) as live:
        os.close(theirs)
        send(live, TWO_PHRASES)
        assert live.stdin is not None
        live.stdin.close()
        written = b""
        with contextlib.suppress(OSError):
            while block := os.read(ours, 65_536):
                written += block
        os.close(ours)
        live.wait()

    assert written.decode().split("\r\n") == [*TWO_FINALS, ""]
