"""The environment of a process that is measured: that of a shell."""

import os
from pathlib import Path

# How threads wait, which the engine says where nobody else does; its import in the measuring
# process did. Other programs, and other versions, have their own way.
_SET_BY_THE_ENGINE = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")


def environment_of(tree: Path | None = None) -> dict[str, str]:
    """What a process finds.

    Args:
        tree: a checkout whose package it imports; None = that of this process.
    """
    found = {name: value for name, value in os.environ.items() if name not in _SET_BY_THE_ENGINE}
    return found if tree is None else found | {"PYTHONPATH": str(tree / "src")}
