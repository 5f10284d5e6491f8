"""How a process is started that is measured: as from a shell, and qasr's as the program starts."""

import os
from pathlib import Path

# How threads wait, which the engine says where nobody else does; its import in the measuring
# process did. Other programs, and other versions, have their own way.
_SET_BY_THE_ENGINE = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")
# It does so before torch is imported, which workers do themselves.
_ENGINE_FIRST = (
    "import runpy, sys; import qasr_cli.engines.qwen; sys.argv.pop(0);"
    " runpy.run_path(sys.argv[0], run_name='__main__')"
)


def environment_of(tree: Path | None = None) -> dict[str, str]:
    """What a process finds.

    Args:
        tree: a checkout whose package it imports; None = that of this process.
    """
    found = {name: value for name, value in os.environ.items() if name not in _SET_BY_THE_ENGINE}
    return found if tree is None else found | {"PYTHONPATH": str(tree / "src")}


def as_the_program(script: str) -> list[str]:
    """What an interpreter takes to run a script that imports qasr; its arguments come behind."""
    return ["-c", _ENGINE_FIRST, script]
