"""How a process is started that is measured: as from a shell, and qasr's as the program starts."""

import os
from pathlib import Path

# How threads wait, which the engine says where nobody else does, and said as this process imported
# it. Other programs, and other versions, have their own way. Whoever wants something else, says so.
_SET_BY_THE_ENGINE = {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "1500"}
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
    found = dict(os.environ.items() - _SET_BY_THE_ENGINE.items())
    return found if tree is None else found | {"PYTHONPATH": str(tree / "src")}


def as_the_program(script: str) -> list[str]:
    """What an interpreter takes to run a script that imports qasr; its arguments come behind."""
    return ["-c", _ENGINE_FIRST, script]
