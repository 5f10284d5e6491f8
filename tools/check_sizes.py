"""Is everything short enough to be read at once? A part of `make lint`.

Limits: a function 40 lines, a class 150, a module 300, a folder of the package 20 modules. What
may be longer is named below, with the reason; a name that no longer needs to be there is an error.
"""

import ast
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
FUNCTION_LINES = 40
CLASS_LINES = 150
MODULE_LINES = 300
FOLDER_MODULES = 20

# Place as the messages below write it -> why it may be longer.
EXCEPTIONS: dict[str, str] = {}


def python_files() -> list[Path]:
    """Every Python file that git knows, or would know, as a path from the root."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "*.py"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    names = (Path(name) for name in listed.split("\0") if name)
    return sorted({name for name in names if (ROOT / name).is_file()})


def too_long(path: Path, source: str) -> Iterator[tuple[str, int, int]]:
    """Place, lines and limit of a module that is too long, and of what in it is."""
    line_count = len(source.splitlines())
    if line_count > MODULE_LINES:
        yield str(path), line_count, MODULE_LINES
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                limit = FUNCTION_LINES
            case ast.ClassDef():
                limit = CLASS_LINES
            case _:
                continue
        line_count = (node.end_lineno or node.lineno) - node.lineno + 1
        if line_count > limit:
            yield f"{path}: {node.name}", line_count, limit


def too_full(paths: list[Path]) -> Iterator[tuple[str, int, int]]:
    """Place, modules and limit of each folder of the package that holds too many modules."""
    modules = Counter(path.parent for path in paths if path.name != "__init__.py")
    for folder, count in modules.items():
        if folder.is_relative_to("src") and count > FOLDER_MODULES:
            yield str(folder), count, FOLDER_MODULES


def main() -> int:
    """Print one line for each breach; 1 when there is any."""
    paths = python_files()
    found = [*too_full(paths)]
    for path in paths:
        found += too_long(path, (ROOT / path).read_text(encoding="utf-8"))
    breaches = [
        f"{place}: {size}, and the limit is {limit}"
        for place, size, limit in found
        if place not in EXCEPTIONS
    ]
    stale = EXCEPTIONS.keys() - {place for place, _, _ in found}
    breaches += [f"{place}: is within its limit; take it out of EXCEPTIONS" for place in stale]
    for breach in breaches:
        print(breach)
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
