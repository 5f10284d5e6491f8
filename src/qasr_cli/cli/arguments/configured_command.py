"""A command whose options may also be set in `qasr.toml` and by `QASR_*`."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

import typer

from qasr_cli.cli.arguments.config_file import FolderOverride, config_files
from qasr_cli.cli.arguments.config_trust import said_of
from qasr_cli.cli.arguments.help_page import GroupedCommand
from qasr_cli.cli.arguments.mistakes import value_sentence
from qasr_cli.cli.arguments.other_tools import in_own_words, opposite, unneeded_text
from qasr_cli.cli.arguments.settings import (
    VARIABLE_PREFIX,
    Setting,
    Sources,
    is_shared,
    options_by_name,
    value_from_file,
)
from qasr_cli.cli.command_table import COMMANDS
from qasr_cli.console.lines import printable
from qasr_cli.errors import UsageError

if TYPE_CHECKING:
    from typer._click import Context, Parameter
    from typer._click.parser import _OptionParser
    from typer.core import TyperOption

SAME_SETTINGS = {"plan": "batch"}  # or it would tell of another batch
_OVERRIDES = "qasr_cli.overrides"
_ORIGINS = "qasr_cli.origins"


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """Option values for some files, parsed as those of the command line are."""

    place: FolderOverride
    values: Mapping[str, Any]


class ConfiguredCommand(GroupedCommand):
    """A command whose defaults come from configuration files and the environment."""

    def make_parser(self, ctx: "Context") -> "_OptionParser":
        """Give every switch an opposite (`--no-...`), since a file may have switched it on."""
        parser = super().make_parser(ctx)
        for name, option in options_by_name(self.params).items():
            if getattr(option, "is_flag", False) and not option.secondary_opts:
                parser.add_option(
                    obj=cast("TyperOption", option),
                    opts=[opposite(f"--{name}")],
                    dest=option.name,
                    action="store_const",
                    const=False,
                )
        return parser

    def parse_args(self, ctx: "Context", args: list[str]) -> list[str]:
        """Parse the command line, with defaults from files and the environment.

        Raises:
            UsageError: a file or a variable holds what no option takes.
        """
        # Help and completion work also where a file is wrong.
        if {"--help", "-h"} & set(args) or ctx.resilient_parsing:
            return super().parse_args(ctx, args)
        found = config_files(os.environ, os.curdir)
        sources = Sources(files=found.in_force, environment=os.environ)
        options = options_by_name(self.params)
        command = (ctx.command_path.split()[1:] or [str(ctx.info_name)])[0]
        command = SAME_SETTINGS.get(command, command)
        settings = sources.settings_of(command, options)
        by_parameter = {options[key].name: setting for key, setting in settings.items()}
        ctx.default_map = {name: setting.value for name, setting in by_parameter.items()}
        args, unneeded = in_own_words(args, self.params)
        try:
            rest = super().parse_args(ctx, args)
        except typer.BadParameter as error:
            name = "" if error.param is None else error.param.name
            if not _is_from(ctx, name, "DEFAULT_MAP"):
                raise
            raise UsageError(_complaint(by_parameter[name].origin, error)) from error
        sources.check_stays_with_recordings(command, ctx.params.get("folders") or ())
        _say(ctx, "warning", said_of(found.passed_over))
        _say(ctx, "warning", _stray_variables(command, options))
        _say(ctx, "note", _notes(ctx, unneeded))
        ctx.meta[_ORIGINS] = tuple(
            dict.fromkeys(
                setting.origin
                for name, setting in by_parameter.items()
                if _is_from(ctx, name, "DEFAULT_MAP")
            )
        )
        ctx.meta[_OVERRIDES] = tuple(_overrides(ctx, sources, options, settings))
        return rest

    def invoke(self, ctx: "Context") -> object:
        """Run the command; a usage error also names the files and variables that set options."""
        try:
            return super().invoke(ctx)
        except UsageError as error:
            origins = ctx.meta.get(_ORIGINS, ())
            if not origins:
                raise
            raise UsageError(f"{error} (options are also set by {', '.join(origins)})") from error


def overrides_of(context: "Context") -> tuple[Override, ...]:
    """The overrides for some recordings in a command's context; the later one wins."""
    found: tuple[Override, ...] = context.meta.get(_OVERRIDES, ())
    return found


def _overrides(
    ctx: "Context",
    sources: Sources,
    options: "Mapping[str, Parameter]",
    settings: Mapping[str, Setting],
) -> "list[Override]":
    overrides = []
    for rank, place in sources.overrides():
        values = {}
        for key, value in place.values.items():
            is_outranked = key in settings and settings[key].rank > rank
            if not is_shared(key, options) or is_outranked or _is_from(ctx, key, "COMMANDLINE"):
                continue
            taken = value_from_file(options[key], key, value, place.place, place.folder)
            try:
                values[key] = options[key].process_value(ctx, taken)
            except typer.BadParameter as error:
                raise UsageError(_complaint(f"{place.place}: {key}", error)) from error
        if values:
            overrides.append(Override(place=place, values=values))
    return overrides


def configured_commands() -> "Iterator[tuple[str, dict[str, Parameter]]]":
    """The commands that files and variables set, with their options; imports all of them."""
    for name, (module, _) in COMMANDS.items():
        command = typer.main.get_command(import_module(module).app)
        if isinstance(command, ConfiguredCommand):
            yield name, options_by_name(command.params)


def _stray_variables(command: str, options: "Mapping[str, Parameter]") -> Iterator[str]:
    if not any(name.startswith(VARIABLE_PREFIX) for name in os.environ):
        return
    from qasr_cli.cli.arguments.setting_checks import unknown_variables

    # Most runs have none but their own; what others have costs their imports.
    if any(unknown_variables(os.environ, {command: options})):
        yield from unknown_variables(os.environ, dict(configured_commands()))


def _notes(ctx: "Context", unneeded: Sequence[str]) -> Iterator[str]:
    if ctx.params.get("quiet"):
        return
    if unneeded:
        yield unneeded_text(unneeded)
    if ctx.params.get("word_timestamps") is False and not ctx.params.get("no_align"):
        yield "--word_timestamps False is --no-align here: words share times out by length"


def _say(ctx: "Context", kind: str, lines: Iterable[str]) -> None:
    as_json = ctx.params.get("log_format") == "json"
    for line in lines:
        event = json.dumps({"event": kind, "message": line})
        typer.echo(event if as_json else printable(f"{kind:8} {line}"), err=True)


def _is_from(ctx: "Context", name: str, source: str) -> bool:
    found = ctx.get_parameter_source(name)
    return found is not None and found.name == source


def _complaint(origin: str, error: typer.BadParameter) -> str:
    sentence = error.message if error.param is None else value_sentence(error.param, error)
    return f"{origin}: {sentence}"
