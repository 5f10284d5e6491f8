"""A driver's memory, in a short form; `python -m tools.driver_memory` is the long one."""

import sys
from pathlib import Path

import pytest

from tools.driver_memory import in_a_process

FEW, MANY = 200, 2_000
# Of what a file adds. It was 3.5 kB once, and is 0.2 over many files.
MOST_KB = 1.5


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_file_more_takes_hardly_any_memory(tmp_path: Path) -> None:
    """Plan, packets, books and report of 2,000 files in one folder, against those of 200."""
    few, many = (in_a_process(tmp_path, count, is_one_folder=True) for count in (FEW, MANY))

    assert (many["peak_mb"] - few["peak_mb"]) * 1024 / (MANY - FEW) < MOST_KB
