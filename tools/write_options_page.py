"""Write `docs/options.md`: every command, argument and option, as the program itself has them.

python -m tools.write_options_page           # write the page
python -m tools.write_options_page --check   # 1 where the page is another
"""

import argparse
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from typer.core import TyperArgument

from qasr_cli.cli.arguments.configured_command import SAME_SETTINGS, ConfiguredCommand
from qasr_cli.cli.arguments.help_page import GROUPS, GroupedCommand
from qasr_cli.cli.arguments.settings import VARIABLE_PREFIX, is_shared, options_by_name
from qasr_cli.cli.command_table import COMMANDS

if TYPE_CHECKING:
    from typer._click import Command, Context, Parameter

PAGE = Path(__file__).parent.parent / "docs" / "options.md"
_REST = "Others"
_HEAD = """\
<!-- Written by `python -m tools.write_options_page`; a test compares. -->

# All commands and options

`qasr COMMAND --help` says the same. A value may also come from a variable, or from a
[`qasr.toml`](configuration.md), where an option is called as here without its `--`.
`qasr --version` (`-V`) prints the version; `qasr --install-completion` makes a shell complete
options and their values, `qasr --show-completion` prints what that would install.
"""
_SHARED = """\
## Options of several commands

Each means the same wherever it is taken.
"""
# What Typer puts behind the sentence of an option: its default, its range, that it is required.
_BRACKETS = re.compile(r"\s*\[([^\[\]]*(?:default|required|<=|>=)[^\[\]]*)\]$")

_NO_TYPE = re.compile(r" <.+>$")  # Typer's own name of a type, behind that of an argument


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One option as the page shows it.

    Attributes:
        group: its heading in `--help`.
        variables: that set it; "" = none.
    """

    group: str
    names: str
    default: str
    variables: str
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One command that can be run.

    Attributes:
        path: as it is typed after `qasr`.
    """

    path: str
    usage: str
    summary: str
    arguments: tuple[Row, ...]
    options: tuple[Row, ...]


def entries() -> Iterator[Entry]:
    """Every command, in the order of `qasr --help`."""
    root = typer.main.get_command(import_module("qasr_cli.cli.main").app)
    context = root.context_class(root, info_name="qasr")
    for name, (module, _) in COMMANDS.items():
        command = typer.main.get_command(import_module(module).app)
        yield from _entries(command, name, context)


def _entries(command: "Command", name: str, above: "Context") -> Iterator[Entry]:
    context = command.context_class(command, info_name=name, parent=above)
    below = getattr(command, "commands", {})
    for inner_name, inner in below.items():
        yield from _entries(inner, inner_name, context)
    if not below:
        rows = list(_rows(command, context))
        yield Entry(
            path=context.command_path.removeprefix("qasr "),
            usage=" ".join([context.command_path, *command.collect_usage_pieces(context)]),
            summary=(command.help or "").partition("\n\n")[0].replace("\n", " "),
            arguments=tuple(row for is_argument, row in rows if is_argument),
            options=tuple(row for is_argument, row in rows if not is_argument),
        )


def _rows(command: "Command", context: "Context") -> "Iterator[tuple[bool, Row]]":
    variables = _variables(command, context)
    unlisted = command.unlisted if isinstance(command, GroupedCommand) else frozenset()
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is None or parameter.name in unlisted or "--help" in parameter.opts:
            continue
        names, meaning = record
        found = _BRACKETS.search(meaning)
        default = (
            "" if found is None else found[1].removeprefix("default: ").replace("required", "")
        )
        yield (
            isinstance(parameter, TyperArgument),
            Row(
                group=getattr(parameter, "rich_help_panel", None) or _REST,
                names=_NO_TYPE.sub("", names).removesuffix("..."),
                default=default,
                variables=variables.get(parameter.name or "", ""),
                meaning=_BRACKETS.sub("", meaning),
            ),
        )


def _variables(command: "Command", context: "Context") -> dict[str, str]:
    """The variable of each option that one sets, by the option's parameter."""
    if not isinstance(command, ConfiguredCommand):
        return {}
    path = context.command_path.split()[1]
    table = SAME_SETTINGS.get(path, path).upper()
    options: Mapping[str, Parameter] = options_by_name(command.params)
    return {
        option.name or "": VARIABLE_PREFIX
        + ("" if is_shared(key, options) else f"{table}_")
        + key.upper()
        for key, option in options.items()
    }


def page(commands: Iterable[Entry]) -> str:
    """The whole page as Markdown."""
    listed = list(commands)
    takers: dict[Row, list[str]] = defaultdict(list)
    for entry in listed:
        for row in entry.options:
            takers[row].append(entry.path)
    shared = {row: paths for row, paths in takers.items() if len(paths) > 1}
    parts = [_HEAD, _SHARED]
    for group in (*GROUPS, _REST):
        rows = {row: paths for row, paths in shared.items() if row.group == group}
        if rows:
            parts += [f"### {group}\n", _table(rows)]
    parts.append("## Commands\n")
    parts += [_section(entry, shared) for entry in listed]
    return "\n".join(parts)


def _section(entry: Entry, shared: Mapping[Row, list[str]]) -> str:
    lines = [f"### qasr {entry.path}\n", f"    {entry.usage}\n", f"{entry.summary}\n"]
    own: dict[Row, list[str]] = {
        row: [] for row in (*entry.arguments, *entry.options) if row not in shared
    }
    if own:
        lines.append(_table(own))
    groups = dict.fromkeys(row.group for row in entry.options if row in shared)
    if groups:
        links = ", ".join(f"[{group}](#{group.lower()})" for group in groups)
        lines.append(f"Also the options in {links} that say `{entry.path}`.\n")
    return "\n".join(lines)


def _table(rows: Mapping[Row, list[str]]) -> str:
    """A table; columns that would be empty are left out."""
    titles = ("option", "meaning", "variable", "taken by")
    cells = [
        (
            _code(row.names),
            _escaped(row.meaning) + (f" Default: {_code(row.default)}" if row.default else ""),
            _code(row.variables),
            ", ".join(paths),
        )
        for row, paths in rows.items()
    ]
    kept = [at for at in range(len(titles)) if any(line[at] for line in cells)]
    lines = [[titles[at] for at in kept], ["---"] * len(kept)]
    lines += [[line[at] for at in kept] for line in cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _code(text: str) -> str:
    return f"`{_escaped(text, in_code=True)}`" if text else ""


def _escaped(text: str, *, in_code: bool = False) -> str:
    """The text as a cell: a bar would part cells, an asterisk set letters."""
    text = text.replace("|", "\\|")
    return text if in_code else text.replace("*", "\\*").replace("<", "&lt;")


def main() -> int:
    """Write the page, or compare."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    written = page(entries())
    if parser.parse_args().check:
        return int(PAGE.read_text(encoding="utf-8") != written)
    PAGE.write_text(written, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
