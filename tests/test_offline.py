"""Audio and text stay on the machine: not one Internet socket is opened."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from qasr_cli.offline import SETTINGS
from tests.conftest import RECORDINGS

# Some libraries report home from a thread, seconds after their import.
WATCHED_S = 20


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_a_run_opens_no_internet_socket(tmp_path: Path) -> None:
    """A whole transcription, watched for a while longer, opens no socket and leaves no trace."""
    home, out, log = (tmp_path / name for name in ("home", "out", "log"))
    home.mkdir()
    program = (
        "import sys, time\n"
        "began_s = time.monotonic()\n"
        "from qasr_cli.offline import shut_doors\n"
        "shut_doors()\n"
        "from qasr_cli.cli.main import run\n"
        "code = run(sys.argv[1:])\n"
        f"time.sleep(max(0.0, {WATCHED_S} - (time.monotonic() - began_s)))\n"
        "sys.exit(code)"
    )
    recording = RECORDINGS / "nested" / "day-1" / "note.wav"

    ran = subprocess.run(
        [
            *("strace", "-f", "-qq", "-e", "trace=socket,connect,sendto,sendmsg", "-o", log),
            *(sys.executable, "-c", program, "transcribe", recording, "-m", "demo", "-o", out),
        ],
        env={name: v for name, v in os.environ.items() if name not in SETTINGS}
        | {"HOME": str(home)},
        check=False,
        capture_output=True,
    )

    assert ran.returncode == 0, ran.stderr
    assert (out / "note.srt").is_file()
    assert [line for line in log.read_text().splitlines() if "AF_INET" in line] == []
    assert list(home.rglob("*")) == []
