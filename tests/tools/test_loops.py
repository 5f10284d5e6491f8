"""The short form of what maintainers run for hours: runs killed, and disks that refuse."""

import shutil
from pathlib import Path

import pytest

from tests.tools import plants
from tools import many_files
from tools.fault_loop import Fault, FaultLoop
from tools.kill_loop import Kill, order_complaints, trial, undisturbed
from tools.write_order import CAREFUL_RENAMES, OPENS, RENAMES, SYNCS, WRITES

NAMES = ("nested/day-1/note.wav",)

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
        *(Kill(calls=CAREFUL_RENAMES, when=n) for n in (1, 2)),  # two outputs
        *(Kill(calls=RENAMES, when=n) for n in (1, 2, 3)),  # report, result, report
        *(Kill(calls=WRITES, when=n, on="journal") for n in (2, 3)),  # plan, outcome
        *(Kill(calls=SYNCS, when=n) for n in (4, 9)),
        Kill(calls=None, when=0.1),
    ],
    ids=str,
)
def test_a_killed_run_is_finished_by_the_next(kill: Kill, expected: dict[str, bytes]) -> None:
    """Whatever moment a run is killed at, the same command ends as if it had not been."""
    is_well = trial(kill, "fake", NAMES, expected)

    assert is_well or (is_well is None and kill.calls is None)  # it may have been done by then


@needs_strace
@pytest.mark.parametrize("calls", [OPENS, WRITES])
def test_no_output_is_touched_under_its_own_name(calls: str, expected: dict[str, bytes]) -> None:
    """A run that is to be killed where it opens or writes an output in place ends by itself."""
    assert trial(Kill(calls=calls, when=1, on="outputs"), "fake", NAMES, expected) is None


@needs_strace
def test_a_power_cut_finds_all_in_order(expected: dict[str, bytes]) -> None:
    """Everything is on the disk before what relies on it."""
    assert order_complaints("fake", NAMES, expected) == []


@needs_strace
@pytest.mark.parametrize(
    ("fault", "complaint"),
    [
        (plants.WRITES_IN_PLACE, "note.srt: opened or written under its own name"),
        (plants.MARKS_BEFORE_OUTPUTS, "note.srt: marked as done before it was there"),
        (plants.SYNCS_NO_FILE, "note.srt: got its name before it was synced"),
        (plants.SYNCS_NO_FOLDER, "note.srt: marked as done before its folder was synced"),
        (plants.NOTES_NO_OUTPUTS, "note.srt: not in the journal before it got its name"),
    ],
    ids=["in place", "mark first", "file not synced", "folder not synced", "not in the journal"],
)
def test_disorder_is_found_in_the_order_of_calls(
    fault: str,
    complaint: str,
    expected: dict[str, bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A fault that was planted is told for the output that a power cut could harm."""
    monkeypatch.setenv("PYTHONPATH", plants.planted(tmp_path, fault))

    found = order_complaints("fake", NAMES, expected)

    assert any(complaint in line for line in found), found


@needs_strace
@pytest.mark.parametrize(
    ("fault", "kill"),
    [
        (plants.WRITES_IN_PLACE, Kill(calls=WRITES, when=1, on="outputs")),
        (plants.MARKS_BEFORE_OUTPUTS, Kill(calls=CAREFUL_RENAMES, when=1)),
        (plants.NOTES_NO_OUTPUTS, Kill(calls=CAREFUL_RENAMES, when=2)),
    ],
    ids=["in place", "mark first", "not in the journal"],
)
def test_a_kill_shows_disorder(
    fault: str,
    kill: Kill,
    expected: dict[str, bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A fault that was planted shows at one of the first moments that the loop tries."""
    monkeypatch.setenv("PYTHONPATH", plants.planted(tmp_path, fault))

    assert trial(kill, "fake", NAMES, expected) is False


@needs_strace
@pytest.mark.parametrize(
    "fault",
    [
        Fault(calls=WRITES, error="ENOSPC", when=4),
        Fault(calls=SYNCS, error="EIO", when=6),
        Fault(calls=CAREFUL_RENAMES, error="EROFS", when=1),
        Fault(calls=RENAMES, error="EROFS", when=2),
    ],
    ids=str,
)
def test_a_disk_that_refuses_harms_no_file(fault: Fault, fault_loop: FaultLoop) -> None:
    """The old output or the new one stands whole, and one more run puts all right."""
    assert fault_loop.trial(fault) == []


@needs_strace
@pytest.mark.parametrize(
    ("fault", "complaint"),
    [
        (plants.WRITES_IN_PLACE, "harmed"),
        (plants.IGNORES_THE_DISK, "ended with 0"),
        (plants.LEAVES_TEMPORARIES, "left"),
    ],
    ids=["in place", "errors ignored", "temporaries left"],
)
def test_a_disk_that_refuses_shows_disorder(
    fault: str,
    complaint: str,
    fault_loop: FaultLoop,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A fault that was planted shows by the time that every early write failed once."""
    monkeypatch.setenv("PYTHONPATH", plants.planted(tmp_path, fault))
    moments = (Fault(calls=WRITES, error="ENOSPC", when=n) for n in range(4, 20))

    found = (line for moment in moments for line in fault_loop.trial(moment) or ())

    assert any(line.startswith(complaint) for line in found)


def test_many_files_take_no_more_memory(tmp_path: Path) -> None:
    """A second run over a hundred files skips them all, and memory stays where it was."""
    assert many_files.complaints(tmp_path, 100) == []


@pytest.mark.parametrize(
    ("fault", "complaint"),
    [
        (plants.KEEPS_EVERYTHING, "the first run's memory grew"),
        (plants.FORGETS_RESULTS, "the second run did some again"),
    ],
    ids=["memory kept", "results forgotten"],
)
def test_many_files_show_what_is_kept_and_what_is_forgotten(
    fault: str, complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault that was planted is told after forty files."""
    (tmp_path / "fault").mkdir()
    (tmp_path / "in").mkdir()
    monkeypatch.setenv("PYTHONPATH", plants.planted(tmp_path / "fault", fault))

    assert complaint in many_files.complaints(tmp_path / "in", 40)
