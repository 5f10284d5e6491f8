"""Memory that was freed goes back to the system."""

import platform
import subprocess
import sys

import pytest

# Blocks that glibc takes from its heap, and one above them, which alone keeps all of it.
_HOLES = """
from qasr_cli.system.memory import give_back_freed_memory

def held_mb():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) / 1000 for line in file if line.startswith("VmRSS"))

blocks = [bytearray(b"x" * 60_000) for _ in range(1_000)]
last = bytearray(b"x" * 60_000)
del blocks
before_mb = held_mb()
give_back_freed_memory()
print(before_mb - held_mb())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc alone keeps it")
def test_what_lies_between_things_in_use_is_given_back() -> None:
    """Of 60 MB below something that is still used, most goes."""
    run = subprocess.run(
        [sys.executable, "-c", _HOLES], check=True, stdout=subprocess.PIPE, text=True, timeout=60
    )

    assert float(run.stdout) > 50
