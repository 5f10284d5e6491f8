"""How torch's threads wait for each other: as the OpenMP that it brings has taken it in."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

pytestmark = pytest.mark.skipif(
    "libgomp" not in "".join(os.listdir(Path(torch.__file__).parent / "lib")),
    reason="this torch has another OpenMP",
)

_IMPORT = ("-c", "import qasr_cli.engines.qwen.device")


def _taken_in(*arguments: str, **chosen: str) -> dict[str, str]:
    """What the OpenMP of a process says about waiting, as it is loaded.

    Args:
        chosen: variables of whoever starts the process.
    """
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("OMP_", "GOMP_"))}
    done = subprocess.run(
        [sys.executable, *arguments],
        env=environment | {"OMP_DISPLAY_ENV": "verbose"} | chosen,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(re.findall(r"(OMP_WAIT_POLICY|GOMP_SPINCOUNT) = '(\w+)'", done.stderr))


def test_threads_of_a_run_spin_for_moments(tmp_path: Path) -> None:
    """Not at all is slow on a machine of one's own, and long is slow beside others."""
    recordings = Path(__file__).parents[3] / "examples" / "recordings"
    arguments = ("transcribe", str(recordings / "announcement.wav"), "--model", "demo")
    said = _taken_in("-m", "qasr_cli", *arguments, "--device", "cpu", "-o", str(tmp_path))

    assert said == {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "1500"}


def test_whoever_says_how_threads_wait_is_heard() -> None:
    """Of an environment nothing is overruled."""
    assert _taken_in(*_IMPORT, GOMP_SPINCOUNT="7")["GOMP_SPINCOUNT"] == "7"
    said = _taken_in(*_IMPORT, OMP_WAIT_POLICY="passive")
    assert said == {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0"}
    assert _taken_in(*_IMPORT, OMP_WAIT_POLICY="active")["OMP_WAIT_POLICY"] == "ACTIVE"
