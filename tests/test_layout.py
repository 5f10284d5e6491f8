"""How the house stands: names carry their units, docs say what the program says."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from qasr_cli.cli.command_table import COMMANDS
from qasr_cli.errors import ExitCode
from qasr_cli.formats.registry import EXTRA_FORMAT_NAMES, FORMAT_NAMES, format_named

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "src").rglob("*.py"))
BARE_TIMES = {"start", "end", "duration", "timeout", "delay", "offset_time", "length_time"}


def _is_number(annotation: ast.expr | None) -> bool:
    return isinstance(annotation, ast.Name) and annotation.id in {"int", "float"}


def _declared(tree: ast.AST) -> Iterator[tuple[int, str, ast.expr | None]]:
    """Every annotated parameter and field: line, name, annotation."""
    for node in ast.walk(tree):
        match node:
            case ast.arg(arg=name, annotation=annotation, lineno=line):
                yield line, name, annotation
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, lineno=line):
                yield line, name, annotation
            case _:
                pass


def test_numbers_named_like_times_carry_their_unit() -> None:
    """No parameter or field that is a number is called plainly start, end, duration or timeout."""
    bare = [
        f"{path.relative_to(ROOT)}:{line} {name}"
        for path in SOURCES
        for line, name, annotation in _declared(ast.parse(path.read_text()))
        if name in BARE_TIMES and _is_number(annotation)
    ]

    assert bare == []


def test_the_documents_name_every_command_format_and_exit_code() -> None:
    """What the program offers stands in the page of its subject."""
    options, formats, codes = (
        (ROOT / "docs" / f"{name}.md").read_text() for name in ("options", "formats", "exit-codes")
    )

    assert [name for name in COMMANDS if f"### qasr {name}" not in options] == []
    rows = dict(re.findall(r"^\| `(\w+)` \| `talk(\.[\w.]+)` \|", formats, re.MULTILINE))
    names = (*FORMAT_NAMES, *EXTRA_FORMAT_NAMES)
    assert rows == {name: format_named(name).suffix for name in names}
    said = re.findall(r"^\| ([\d, ]+) \|", codes, re.MULTILINE)
    assert {int(code) for row in said for code in row.split(",")} == {
        int(code) for code in ExitCode
    }


def _section(text: str, heading: str) -> str:
    return text.split(heading, 1)[1].split("\n## ", 1)[0]


def test_the_map_names_every_room() -> None:
    """Each folder of the package has its line in CONTRIBUTING, and each line its folder."""
    table = _section((ROOT / ".github" / "CONTRIBUTING.md").read_text(), "## The map")
    named = set(re.findall(r"`([a-z_/]+)/`", table.split("|---|", 1)[1]))
    package = ROOT / "src" / "qasr_cli"
    rooms = {
        path.parent.relative_to(package).as_posix()
        for suffix in ("py", "js")
        for path in package.rglob(f"*.{suffix}")
        if path.parent != package
    }

    assert rooms - named == set()
    assert named - rooms == {"tests", "tools"}
