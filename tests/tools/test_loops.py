"""The short form of what maintainers run for hours: runs killed, and disks that refuse."""

import shutil
from pathlib import Path

import pytest

from tools import many_files
from tools.fault_loop import Fault, FaultLoop
from tools.kill_loop import Kill, trial, undisturbed

NAMES = ("nested/day-1/note.wav",)
RENAMES = "rename,renameat,renameat2"

needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")


@pytest.fixture(scope="module")
def expected() -> dict[str, bytes]:
    """What a run makes that nobody kills."""
    return undisturbed("fake", NAMES)[0]


@pytest.fixture(scope="module")
def fault_loop(tmp_path_factory: pytest.TempPathFactory) -> FaultLoop:
    """A folder to do anew."""
    return FaultLoop(tmp_path_factory.mktemp("faults"))


@needs_strace
@pytest.mark.parametrize(
    "kill",
    [
        *(Kill(calls=RENAMES, when=n) for n in (1, 2, 3, 4)),  # two outputs, result, report
        *(Kill(calls="write", when=n, on_journal=True) for n in (2, 3)),  # plan, outcome
        *(Kill(calls="fsync", when=n) for n in (4, 9)),
        Kill(calls=None, when=0.1),
    ],
    ids=str,
)
def test_a_killed_run_is_finished_by_the_next(kill: Kill, expected: dict[str, bytes]) -> None:
    """Whatever moment a run is killed at, the same command ends as if it had not been."""
    is_well = trial(kill, "fake", NAMES, expected)

    assert is_well or (is_well is None and kill.calls is None)  # it may have been done by then


@needs_strace
@pytest.mark.parametrize(
    "fault",
    [
        Fault(calls="write", error="ENOSPC", when=4),
        Fault(calls="fsync", error="EIO", when=6),
        Fault(calls=RENAMES, error="EROFS", when=2),
    ],
    ids=str,
)
def test_a_disk_that_refuses_harms_no_file(fault: Fault, fault_loop: FaultLoop) -> None:
    """The old output or the new one stands whole, and one more run puts all right."""
    assert fault_loop.trial(fault) == []


def test_many_files_take_no_more_memory(tmp_path: Path) -> None:
    """A second run over a hundred files skips them all, and memory stays where it was."""
    many_files.write_recordings(tmp_path, 100)

    early_mb, peak_mb = many_files.watched_run(tmp_path, 100)
    many_files.watched_run(tmp_path, 100)

    assert peak_mb - early_mb <= many_files.MAX_GROWTH_MB
    assert '"skipped": 100' in (tmp_path / "processing_report.json").read_text()
