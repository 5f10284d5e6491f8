"""How help is laid out: options in groups, summaries whole. Without rich, which is slow to load."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from typer.core import TyperArgument, TyperCommand, TyperGroup

if TYPE_CHECKING:
    from typer._click import Context, HelpFormatter, Parameter

INPUT, MODELS, SPEECH = "Input", "Models", "Speech"
SUBTITLES, OUTPUT, RUN = "Subtitles", "Output", "Run"
SERVICE = "Service"
GROUPS = (INPUT, SERVICE, MODELS, SPEECH, SUBTITLES, OUTPUT, RUN)
_ARGUMENTS, _REST = "Arguments", "Options"

_WIDEST_NAME = 30
_NARROW_WIDTH = 70  # there long names take a line of their own, and leave room to the sentences
_WIDEST_NAME_WHERE_NARROW = 18

_Rows = list[tuple[str, str]]


class GroupedCommand(TyperCommand):
    """A command whose help shows its options in groups.

    Attributes:
        unlisted: options that change nothing here, by the name of their parameter. They are taken
            all the same, so that a command line of another command can be tried.
    """

    unlisted: ClassVar[frozenset[str]] = frozenset()

    def collect_usage_pieces(self, ctx: "Context") -> list[str]:
        """The words after the name of the command."""
        arguments = (p for p in self.get_params(ctx) if isinstance(p, TyperArgument))
        return ["[OPTIONS]", *(_in_usage(argument) for argument in arguments)]

    def format_options(self, ctx: "Context", formatter: "HelpFormatter") -> None:
        """Write the arguments, then each group of options."""
        _write_sections(formatter, self._sections(ctx))

    def _sections(self, ctx: "Context") -> dict[str, _Rows]:
        sections: dict[str, _Rows] = {name: [] for name in (_ARGUMENTS, *GROUPS, _REST)}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is None or parameter.name in self.unlisted:
                continue
            if isinstance(parameter, TyperArgument):
                record = (_name_of(parameter), record[1])
            sections[_heading_of(parameter)].append(record)
        return {heading: rows for heading, rows in sections.items() if rows}


class WholeSummaries(TyperGroup):
    """Commands below a command; their summaries are never cut."""

    def format_commands(self, ctx: "Context", formatter: "HelpFormatter") -> None:
        """Write each command with what it does."""
        commands = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        rows = [
            (name, (command.help or "").split("\n\n")[0])
            for name, command in commands
            if command is not None and not command.hidden
        ]
        _write_sections(formatter, {"Commands": rows})


def _write_sections(formatter: "HelpFormatter", sections: dict[str, _Rows]) -> None:
    is_narrow = formatter.width < _NARROW_WIDTH
    widest = _WIDEST_NAME_WHERE_NARROW if is_narrow else _WIDEST_NAME
    names = (name for rows in sections.values() for name, _ in rows)
    column = max((len(name) for name in names if len(name) <= widest), default=widest)
    for heading, rows in sections.items():
        with formatter.section(heading):
            # All groups share a column of names.
            formatter.write_dl([(name.ljust(column), text) for name, text in rows], col_max=column)


def _heading_of(parameter: "Parameter") -> str:
    if isinstance(parameter, TyperArgument):
        return _ARGUMENTS
    return getattr(parameter, "rich_help_panel", None) or _REST


def _name_of(argument: TyperArgument) -> str:
    name = argument.metavar or argument.name.upper()
    return name if argument.nargs == 1 else f"{name}..."


def _in_usage(argument: TyperArgument) -> str:
    return _name_of(argument) if argument.required else f"[{_name_of(argument)}]"


def listed(values: Iterable[str]) -> str:
    """The values of an option as its help names them: `auto|cpu`."""
    return "|".join(values)
