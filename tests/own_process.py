"""What a test measures where nothing else takes memory: in a process of its own."""

import subprocess
import sys
from pathlib import Path


def numbers_told_by(module: str, function: str) -> list[int]:
    """The numbers that a function of a module of tests writes to standard output."""
    told = subprocess.run(
        [sys.executable, "-c", f"from {module} import {function}; {function}()"],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    return [int(word) for word in told.stdout.split()]
