"""How a process is started that is measured: as from a shell, and qasr's as the program starts."""

import os
from pathlib import Path

from qasr_cli.engines.qwen import WAITING

# The engine says how threads wait before torch is imported, which workers do themselves.
_ENGINE_FIRST = (
    "import runpy, sys; import qasr_cli.engines.qwen; sys.argv.pop(0);"
    " runpy.run_path(sys.argv[0], run_name='__main__')"
)


def environment_of(tree: Path | None = None) -> dict[str, str]:
    """What a process finds: nothing of what importing the engine here has said of threads.

    Other programs, and other versions, have their own way. Whoever wants something else, says so.

    Args:
        tree: a checkout whose package it imports; None = that of this process.
    """
    found = dict(os.environ.items() - WAITING.items())
    return found if tree is None else found | {"PYTHONPATH": str(tree / "src")}


def as_the_program(script: str) -> list[str]:
    """What an interpreter takes to run a script that imports qasr; its arguments come behind."""
    return ["-c", _ENGINE_FIRST, script]
