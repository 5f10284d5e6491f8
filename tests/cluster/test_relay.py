"""Relay and planner with real workers, on a cluster that is this machine; without Ray."""

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from qasr_cli.cluster.machines import trouble_with
from tools.kill_workers import made_in, make_recordings, run

ROOT = Path(__file__).parent.parent.parent
_LONGEST_S = 200.0


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Thirteen recordings, one of which is called deadly."""
    make_recordings(tmp_path / "in", 13)
    return tmp_path / "in"


def _command(source: Path, target: Path, **rules: object) -> list[str]:
    names = [str(source), str(target), json.dumps(rules)]
    return [sys.executable, "-m", "tools.local_cluster", *names]


def _report(target: Path) -> dict[str, Any]:
    report: dict[str, Any] = json.loads((target / "processing_report.json").read_text())
    return report


def _statuses(target: Path) -> Counter[str]:
    return Counter(detail["status"] for detail in _report(target)["details"])


def test_a_batch_over_a_relay_is_that_of_one_process(source: Path, tmp_path: Path) -> None:
    """Same bytes; the planner is confined, and says what the cluster wanted to be said."""
    log = tmp_path / "deaths"
    command = _command(source, tmp_path / "out", poison="poison", log=str(log))
    done = subprocess.run(command, cwd=ROOT, timeout=_LONGEST_S, check=False)
    run(source, tmp_path / "alone")

    assert done.returncode == 1
    assert made_in(tmp_path / "out") == made_in(tmp_path / "alone")
    assert _statuses(tmp_path / "out") == {"done": 12, "quarantined": 1}
    assert len(log.read_text().splitlines()) == 3
    report = _report(tmp_path / "out")
    assert report["sandbox"] in {"on", "unavailable"}
    assert "this cluster is one machine" in report["warnings"]


def test_a_file_is_not_blamed_for_machines(source: Path, tmp_path: Path) -> None:
    """However many are lost over it: after ten it is left to the next run, and not left out."""
    log = tmp_path / "deaths"
    command = _command(source, tmp_path / "out", poison="poison", log=str(log), loses_machines=True)
    done = subprocess.run(command, cwd=ROOT, timeout=_LONGEST_S, check=False)

    assert done.returncode == 75
    assert len(log.read_text().splitlines()) == 10
    assert _statuses(tmp_path / "out") == {"done": 12, "pending": 1}
    assert list((tmp_path / "out" / ".qasr" / "begun").glob("*")) == []


def _begun(command: list[str], target: Path) -> "subprocess.Popen[bytes]":
    process = subprocess.Popen(command, cwd=ROOT, start_new_session=True)
    deadline_s = time.monotonic() + _LONGEST_S
    while not list(target.glob("*.srt")) and time.monotonic() < deadline_s:
        time.sleep(0.02)
    return process


def test_a_signal_to_the_relay_ends_all_in_good_order(source: Path, tmp_path: Path) -> None:
    """It is handed on to the planner, whose code it ends with."""
    with _begun(_command(source, tmp_path / "out", sleep_s=0.2), tmp_path / "out") as process:
        process.send_signal(signal.SIGTERM)
        code = process.wait(_LONGEST_S)

    assert code == 143
    assert _report(tmp_path / "out")["stopped_by"] == "signal SIGTERM"
    assert list((tmp_path / "out" / ".qasr" / "begun").glob("*")) == []
    assert _statuses(tmp_path / "out").keys() <= {"done", "pending"}


def test_a_relay_that_is_killed_leaves_a_report_and_blames_nobody(
    source: Path, tmp_path: Path
) -> None:
    """The planner sees that the way to the cluster is gone, and ends by itself."""
    with _begun(_command(source, tmp_path / "out", sleep_s=0.2), tmp_path / "out") as process:
        process.kill()
        process.wait(_LONGEST_S)
    deadline_s = time.monotonic() + _LONGEST_S
    while _report(tmp_path / "out")["status"] == "running" and time.monotonic() < deadline_s:
        time.sleep(0.05)

    report = _report(tmp_path / "out")
    assert report["status"] == "stopped"
    assert "connected to the cluster has ended" in report["stopped_by"]
    assert report["summary"]["quarantined"] == 0
    assert list((tmp_path / "out" / ".qasr" / "begun").glob("*")) == []


def test_a_machine_with_another_qasr_is_refused_in_a_sentence() -> None:
    """Both ends have to be the same program, and the user has to know which machine is not."""
    place = {"host": "n7", "version": "0.0.1", "python": "3.9"}
    said = trouble_with(place)

    assert said is not None
    assert said.startswith("n7 has qasr 0.0.1 on Python 3.9, and this machine ")
