"""Counts of the engine's work on a GPU that hold without one: launches, waits, FLOPs, bytes, rows.

    python -m tools.gpu_counts                  # of this source; nothing is written
    python -m tools.gpu_counts --source DIR     # of another checkout, such as one of 778ee45
    python -m tools.gpu_counts --save FILE      # as JSON, from which tables can be made again
    python -m tools.gpu_counts --update         # of this source, saved, and BENCHMARKS.md with them

The engine goes, whole, over the tests' pretend GPU, with the published shapes and without numbers.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tools.gpu_counts.saved import BEFORE, NOW, ROOT, read
from tools.gpu_counts.tables import table_of

_COMMAND = "python -m tools.gpu_counts"
_CHILD = "QASR_GPU_COUNTS_CHILD"  # set in a child, so that it does not begin another


def main() -> int:
    """Count, and print a table beside that of 778ee45."""
    given = _given()
    if given.source is not None and _CHILD not in os.environ:
        return _in_child(given.source)
    found = _counts(_command(given))
    save = str(NOW) if given.update else given.save
    if save is not None:
        Path(save).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    before = read(BEFORE) if BEFORE.exists() else found
    print(table_of(before, found))
    if given.update:
        from tools.gpu_costs.benchmarks import update

        update()
        print("BENCHMARKS.md has these tables, and those of tools.gpu_costs")
    return 0


def _given() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog=_COMMAND, description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--source", metavar="DIR", help="a checkout of qasr: its src/ is counted")
    parser.add_argument("--save", metavar="FILE", help="where the counts go, as JSON")
    parser.add_argument(
        "--update",
        action="store_true",
        help="save this source's counts, and put them into BENCHMARKS.md",
    )
    given = parser.parse_args()
    if given.update and given.source is not None:
        parser.error("--update is for this source: leave --source out")
    return given


def _in_child(source: str) -> int:
    """The same with another source first on the path, in a process of its own."""
    package = Path(source).resolve() / "src"
    if not (package / "qasr_cli").is_dir():
        print(f"gpu_counts: {source}: no src/qasr_cli there; name a checkout", file=sys.stderr)
        return 2
    environment = os.environ | {"PYTHONPATH": f"{package}{os.pathsep}{ROOT}", _CHILD: "1"}
    command = [sys.executable, "-m", "tools.gpu_counts", *sys.argv[1:]]
    return subprocess.run(command, env=environment, cwd=ROOT, check=False).returncode


def _command(given: argparse.Namespace) -> str:
    """The command that made it, without places of this machine."""
    source = " --source DIR" if given.source else ""
    save = f" --save {Path(given.save).name}" if given.save else ""
    return _COMMAND + source + (" --update" if given.update else save)


def _counts(command: str) -> dict[str, Any]:
    from tools.gpu_counts.sources import let_the_pretend_gpu_find_its_parts

    let_the_pretend_gpu_find_its_parts()
    from tools.gpu_counts.counting import counts

    return counts(command)


if __name__ == "__main__":
    sys.exit(main())
