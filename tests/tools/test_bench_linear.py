"""Inputs that were made to be slow take time and memory in proportion to their length."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tools.bench.linear import Reading, faults_of, readings, row_of, spent_by
from tools.bench.spending import Outcome, Spent, spent_on

ROOT = Path(__file__).parent.parent.parent
SIZES = (1, 8)


@pytest.mark.parametrize(
    ("command", "byte_count"),
    [("lint", 64_000), ("align", 64_000), ("corrections", 8_000), ("render", 8_000)],
)
def test_eight_times_the_input_takes_eight_times_as_much(command: str, byte_count: int) -> None:
    """No kind that can be thought of takes a command more than linear time and memory."""
    ran = subprocess.run(
        [
            *(sys.executable, "-m", "tools.bench.linear", "--ends"),
            *("--command", command, "--bytes", str(byte_count)),
        ],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
    )

    assert ran.returncode == 0, ran.stdout + ran.stderr


def write_size(size: int, folder: Path) -> list[Path]:
    """An input of which nothing but the length counts."""
    path = folder / "size"
    path.write_text(str(size))
    return [path]


def square_memory(size: int) -> None:
    """Megabytes: 4 for a size of one, 256 for eight."""
    assert any(bytearray(b"\1" * (size * size * 4_000_000)))


def fault(size: int) -> None:
    """Something nobody thought of."""
    raise LookupError(size)


@pytest.mark.parametrize(
    ("read", "told"),
    [
        (square_memory, ["memory not linear"]),
        (fault, ["broken"]),
    ],
)
def test_what_grows_faster_is_told(read: Callable[[int], None], told: list[str]) -> None:
    """And so is what breaks."""
    reading = Reading(
        command="lint",
        kind="planted",
        write=write_size,
        read=lambda paths: read(int(paths[0].read_text())),
    )
    least_mb = spent_on(lambda: None).peak_mb

    spent = spent_by(reading, SIZES)

    assert list(faults_of(reading, spent, least_mb)) == told
    assert "planted" in row_of(reading, spent, least_mb)


@pytest.mark.parametrize(("growth", "told"), [(8, []), (64, ["time not linear"])])
def test_time_that_grows_faster_is_told(growth: int, told: list[str]) -> None:
    """Eight times the time for eight times the length is as it should be, 64 times is not."""
    reading = Reading(command="lint", kind="planted", write=write_size, read=lambda _: None)
    spent = [
        Spent(outcome=Outcome.DONE, cpu_s=cpu_s, peak_mb=10.0) for cpu_s in (0.1, growth * 0.1)
    ]

    assert list(faults_of(reading, spent, 10.0)) == told


def test_the_time_of_the_processor_counts() -> None:
    """However long the work waits, and however busy the machine is."""

    def burn() -> None:
        while time.process_time() < 0.2:  # a process of its own, whose clock begins at 0
            pass

    assert spent_on(burn).cpu_s >= 0.2


def test_a_refusal_is_an_answer() -> None:
    """What a reader says no to has been read."""
    spent = spent_on(lambda: fault(1), refusals=(LookupError,))

    assert spent.outcome is Outcome.REFUSED


def test_every_kind_has_a_name_of_its_own() -> None:
    """For each command, so that `--kind` finds it."""
    names = [(reading.command, reading.kind) for reading in readings()]

    assert len(set(names)) == len(names)
