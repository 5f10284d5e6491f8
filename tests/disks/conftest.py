"""The whole program on disks and under locales as people have them."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

FAKE = ("--engine", "fake", "--vad", "energy", "--no-progress")

Ran = subprocess.CompletedProcess[bytes]
Qasr = Callable[..., Ran]


@pytest.fixture
def qasr(tmp_path: Path) -> Qasr:
    """Run the program in a process of its own, with an environment of its own."""

    def run(
        *arguments: str | bytes | Path,
        environment: Mapping[str, str] | None = None,
        before: tuple[str, ...] = (),
    ) -> Ran:
        given = {"PATH": os.environ["PATH"], "QASR_CONFIG": os.devnull, **(environment or {})}
        return subprocess.run(
            [*before, sys.executable, "-m", "qasr_cli", *arguments],
            capture_output=True,
            check=False,
            cwd=tmp_path,
            env=given,
        )

    return run
