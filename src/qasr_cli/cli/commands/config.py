"""`qasr config`: what is set outside of the command line, and where."""

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qasr_cli.cli.arguments.config_file import config_files
from qasr_cli.cli.arguments.config_trust import said_of
from qasr_cli.cli.arguments.configured_command import configured_commands
from qasr_cli.cli.arguments.help_page import GroupedCommand, WholeSummaries, listed
from qasr_cli.cli.arguments.setting_checks import problems_with, unknown_variables
from qasr_cli.cli.arguments.settings import Setting, Sources, shared_names
from qasr_cli.console.lines import printable
from qasr_cli.errors import ExitCode

if TYPE_CHECKING:
    from typer._click import Parameter

app = typer.Typer(
    cls=WholeSummaries,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    no_args_is_help=True,
    help="Show what is set in qasr.toml and by QASR_* variables.",
)

_NUMBER = re.compile(r"-?\d+(\.\d+)?")


class ShowFormat(StrEnum):
    """How the settings are written."""

    TEXT = "text"
    JSON = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """All that `qasr config show` prints."""

    files: tuple[str, ...]
    shared: Mapping[str, Setting]
    own: Mapping[str, Mapping[str, Setting]]
    overrides: tuple[dict[str, Any], ...]
    passed_over: Mapping[str, str] = field(default_factory=dict)


@app.callback()
def _group() -> None:
    """Keep `show` a command of its own, as long as it is the only one."""


@app.command(cls=GroupedCommand)
def show(
    invocation: typer.Context,
    *,
    output_format: Annotated[
        ShowFormat,
        typer.Option("--format", metavar=listed(ShowFormat), help="Print lines of TOML, or JSON."),
    ] = ShowFormat.TEXT,
) -> None:
    """Print every option that may be set outside of the command line, and what set it."""
    found = config_files(os.environ, os.curdir)
    sources = Sources(files=found.in_force, environment=os.environ)
    commands = dict(configured_commands())
    shown = replace(_looked_up(sources, commands), passed_over=found.passed_over)
    if output_format is ShowFormat.JSON:
        typer.echo(_json(_document(shown)))
    else:
        for line in _lines(shown):
            typer.echo(printable(line))
    for line in unknown_variables(os.environ, commands):
        typer.echo(printable(f"warning  {line}"), err=True)
    problems = tuple(dict.fromkeys(_problems(shown, commands, invocation)))
    for problem in problems:
        typer.echo(printable(f"qasr: {problem}"), err=True)
    if problems:
        raise typer.Exit(ExitCode.USAGE)


def _problems(
    shown: _Shown, commands: "Mapping[str, dict[str, Parameter]]", context: typer.Context
) -> Iterator[str]:
    """What a command would refuse; a setting that several share is told of once."""
    yield from problems_with(shown.shared, commands["transcribe"], context)
    for command, own in shown.own.items():
        yield from problems_with(own, commands[command], context)


def _looked_up(sources: Sources, commands: "Mapping[str, dict[str, Parameter]]") -> _Shown:
    of_transcribe = commands["transcribe"]  # it has every shared option
    shared_options = {key: of_transcribe[key] for key in of_transcribe if key in shared_names()}
    shared = _defaults(shared_options) | sources.settings_of("", shared_options)
    own = {}
    for command, options in commands.items():
        settings = sources.settings_of(command, options)
        own[command] = {
            key: setting for key, setting in settings.items() if setting != shared.get(key)
        }
    return _Shown(
        files=tuple(file.path for file in sources.files),
        shared=shared,
        own={command: settings for command, settings in own.items() if settings},
        overrides=tuple(
            {"origin": place.place, "paths": list(place.globs), "options": dict(place.values)}
            for _, place in sources.overrides()
        ),
    )


def _defaults(options: "Mapping[str, Parameter]") -> dict[str, Setting]:
    return {
        key: Setting(value=_plain(option.default), origin="default", rank=0)
        for key, option in options.items()
    }


def _plain(default: Any) -> Any:  # noqa: ANN401  # whatever an option has
    if isinstance(default, StrEnum):
        return str(default)
    return int(default) if isinstance(default, float) and default.is_integer() else default


# --- output -----------------------------------------------------------------------------------


def _json(document: dict[str, Any]) -> str:
    """JSON in which letters are letters, and nothing is what a terminal would obey."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)


def _document(shown: _Shown) -> dict[str, Any]:
    def options(settings: Mapping[str, Setting]) -> dict[str, Any]:
        return {
            _spelt(key): {"value": setting.value, "origin": setting.origin}
            for key, setting in settings.items()
        }

    return {
        "files": list(shown.files),
        "options": options(shown.shared),
        "commands": {command: options(settings) for command, settings in shown.own.items()},
        "overrides": list(shown.overrides),
        "passed_over": dict(shown.passed_over),
    }


def _lines(shown: _Shown) -> Iterator[str]:
    """Settings as a `qasr.toml` could have them."""
    for path in shown.files:
        yield f"# read: {path}"
    for line in said_of(shown.passed_over):
        yield f"# {line}"
    if not shown.files:
        yield "# no qasr.toml was found"
    yield from _aligned(shown.shared)
    for command, settings in shown.own.items():
        yield ""
        yield f"[{command}]"
        yield from _aligned(settings)
    for override in shown.overrides:
        yield ""
        yield f"[[overrides]]  # {override['origin']}"
        yield f"paths = {_toml(override['paths'])}"
        for key, value in override["options"].items():
            yield f"{_spelt(key)} = {_toml(value)}"


def _aligned(settings: Mapping[str, Setting]) -> Iterable[str]:
    written = {key: f"{_spelt(key)} = {_toml(s.value)}" for key, s in settings.items()}
    width = max(map(len, written.values()))
    for key, setting in settings.items():
        unset = setting.value is None
        yield f"# {_spelt(key)}" if unset else f"{written[key]:<{width}}  # {setting.origin}"


def _spelt(key: str) -> str:
    return key.replace("_", "-")


def _toml(value: object) -> str:
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return value
    return json.dumps(value, ensure_ascii=False)
