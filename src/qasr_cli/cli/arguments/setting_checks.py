"""Whether what files and variables set makes sense, before a command needs it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import typer

from qasr_cli.checkpoints.locate import MODELS_VARIABLE
from qasr_cli.cli.arguments.config_file import FILE_VARIABLE
from qasr_cli.cli.arguments.folders import FolderArguments
from qasr_cli.cli.arguments.groups.service import KEY_VARIABLE
from qasr_cli.cli.arguments.mistakes import value_sentence
from qasr_cli.cli.arguments.settings import (
    VARIABLE_PREFIX,
    WITHOUT_TABLE,
    Setting,
    shared_names,
)
from qasr_cli.cli.arguments.shared import Arguments
from qasr_cli.errors import UsageError
from qasr_cli.errors.suggestions import did_you_mean
from qasr_cli.options import RunOptions

if TYPE_CHECKING:
    from typer._click import Parameter

Values = dict[str, Any]

# They stand for no option; the last two are for processes that follow one another, and the two
# before them are our examples' own.
_OTHER_VARIABLES = {
    *(FILE_VARIABLE, MODELS_VARIABLE, KEY_VARIABLE, "QASR_FFMPEG"),
    *("QASR_OPTIONS", "QASR_EXAMPLE_MODEL"),
    *("QASR_BEGUN_S", "QASR_RESTARTS_IN_VAIN", "QASR_RELAYED_BY"),
}


def problems_with(
    settings: Mapping[str, Setting], options: "Mapping[str, Parameter]", context: typer.Context
) -> Iterator[str]:
    """A line for every setting of a command that it would refuse, beginning with what set it.

    Args:
        settings: as `Sources.settings_of` gives them; defaults among them are left alone.
    """
    values: Values = {}
    origins: dict[str, str] = {}
    for key, setting in settings.items():
        name = options[key].name if key in options else None
        if not setting.rank or name is None:
            continue
        try:
            values[name] = options[key].process_value(context, setting.value)
            origins[name] = setting.origin
        except typer.BadParameter as error:
            yield f"{setting.origin}: {value_sentence(options[key], error)}"
    for group, use in ((Arguments, _use_shared), (FolderArguments, _use_folders)):
        known = {field.name for field in fields(group)}
        own = {name: value for name, value in values.items() if name in known}
        yield from _refusals(own, use, origins)


def unknown_variables(
    environment: Mapping[str, str], options_of: "Mapping[str, Mapping[str, Parameter]]"
) -> Iterator[str]:
    """A line for every variable that begins like one of qasr and sets nothing.

    Args:
        options_of: command -> its options.
    """
    known = {f"QASR_{key.upper()}" for key in shared_names()} | _OTHER_VARIABLES
    for command in options_of.keys() - WITHOUT_TABLE:
        known |= {f"QASR_{command.upper()}_{key.upper()}" for key in options_of[command]}
    for name in sorted(environment):
        if name.startswith(VARIABLE_PREFIX) and name not in known and environment[name]:
            question = did_you_mean(name.removeprefix("QASR_"), [k[5:] for k in known])
            advice = f"; {question.replace('mean ', 'mean QASR_')}" if question else ""
            yield f"{name} sets nothing{advice}"


def _refusals(
    values: Values, use: Callable[[Values], None], origins: Mapping[str, str]
) -> Iterator[str]:
    while (message := _refusal(values, use)) is not None:
        # Some make sense only together with others, so each is tried by itself after all are.
        guilty = [name for name in values if _refusal({name: values[name]}, use) == message]
        if not guilty:
            yield f"{', '.join(dict.fromkeys(origins[name] for name in values))}: {message}"
            return
        yield f"{origins[guilty[0]]}: {message}"
        del values[guilty[0]]


def _refusal(values: Values, use: Callable[[Values], None]) -> str | None:
    try:
        use(values)
    except UsageError as error:
        return str(error)
    return None


def _use_shared(values: Values) -> None:
    given = Arguments(**values)
    given.options()
    given.console()


def _use_folders(values: Values) -> None:
    FolderArguments(**values).run_options(RunOptions())
