"""A batch goes on in a new process when its device is lost, and not for ever."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from qasr_cli.cli.restart import MOST_IN_VAIN
from qasr_cli.errors import ExitCode
from tests.conftest import WriteWav

# The program itself, with a fake engine that loses its device over one file: `{when}`.
PROGRAM = """
import os
from qasr_cli.engines.fake import FakeEngine
from qasr_cli.errors import DeviceLost

def from_options(_):
    lost = [DeviceLost("cuda:0", "drill")] if {when} else []
    return FakeEngine({{"b.wav": lost}})

FakeEngine.from_options = from_options
from qasr_cli.__main__ import main
main()
"""
FIRST_PROCESS = "'QASR_RESTARTS_IN_VAIN' not in os.environ"


@pytest.fixture
def folder(tmp_path: Path, write_wav: WriteWav) -> Path:
    """Three recordings."""
    for seed, name in enumerate(("a.wav", "b.wav", "c.wav")):
        write_wav(tmp_path / "in" / name, seed=seed)
    return tmp_path / "in"


def batch(
    folder: Path, *options: str, when: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """A whole process, and those that it becomes."""
    argv = ["batch", str(folder), "--engine", "fake", "--vad", "energy", *options]
    return subprocess.run(
        [sys.executable, "-c", PROGRAM.format(when=when), *argv],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


def statuses(folder: Path) -> dict[str, str]:
    """File -> status in the last report."""
    details = json.loads((folder / "processing_report.json").read_text())["details"]
    return {detail["file"]: detail["status"] for detail in details}


def test_a_lost_device_costs_a_process_and_no_file(folder: Path) -> None:
    """The new process takes up what the old one left, in the same command."""
    ran = batch(folder, when=FIRST_PROCESS)

    assert ran.returncode == ExitCode.OK
    assert ran.stderr.count("going on in a new process") == 1
    assert statuses(folder) == {"a.wav": "skipped", "b.wav": "done", "c.wav": "done"}


def test_a_file_that_loses_the_device_each_time_is_left_out(folder: Path) -> None:
    """The loss counts as a crash, so the file is quarantined and all others are done."""
    ran = batch(folder, when="True")

    assert ran.returncode == ExitCode.SOME_FAILED
    assert "cuda:0 stopped working: drill" in ran.stderr
    assert statuses(folder) == {"a.wav": "skipped", "b.wav": "quarantined", "c.wav": "skipped"}


def test_a_device_lost_each_time_ends_the_run(folder: Path) -> None:
    """Processes that get no file done are bounded; what was done stays done."""
    ran = batch(folder, "--max-crashes", "0", when="True")

    assert ran.returncode == ExitCode.ENVIRONMENT
    assert ran.stderr.count("going on in a new process") == MOST_IN_VAIN
    assert statuses(folder) == {"a.wav": "skipped", "b.wav": "pending", "c.wav": "pending"}


def test_overwriting_is_not_begun_again(folder: Path) -> None:
    """With --overwrite a new process would redo what is done, so the run ends."""
    ran = batch(folder, "--overwrite", when=FIRST_PROCESS)

    assert ran.returncode == ExitCode.ENVIRONMENT
    assert "new process" not in ran.stderr


def test_a_time_budget_is_not_begun_again(folder: Path) -> None:
    """What the first process used up is gone for the next."""
    begun_s = time.monotonic() - 3600

    ran = batch(folder, "--time-budget", "1h", when="False", QASR_BEGUN_S=str(begun_s))

    assert statuses(folder) == dict.fromkeys(("a.wav", "b.wav", "c.wav"), "pending")
    assert ran.returncode == ExitCode.TRY_LATER
