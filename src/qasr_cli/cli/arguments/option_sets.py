"""Decorators that give a command the shared options, or some of them."""

import functools
import inspect
from collections.abc import Callable, Collection
from dataclasses import fields
from typing import Any, get_type_hints

import typer

from qasr_cli.cli.arguments.configured_command import overrides_of
from qasr_cli.cli.arguments.folders import FolderArguments
from qasr_cli.cli.arguments.groups.cues import CueArguments
from qasr_cli.cli.arguments.groups.engine import EngineArguments
from qasr_cli.cli.arguments.groups.outputs import RenderingArguments
from qasr_cli.cli.arguments.groups.sound import SoundArguments
from qasr_cli.cli.arguments.groups.speakers import SpeakerArguments
from qasr_cli.cli.arguments.groups.speech import SpeechArguments
from qasr_cli.cli.arguments.per_file import PerFile
from qasr_cli.cli.arguments.shared import Arguments
from qasr_cli.core.subtitles.cue_options import CueOptions
from qasr_cli.options import FormatOptions

# For commands that take only some; `--profile` is the style of `CueOptions`.
CUE_OPTIONS = ("profile", *(field.name for field in fields(CueOptions) if field.name != "style"))
FORMAT_OPTIONS = ("format", "output_format", *(field.name for field in fields(FormatOptions)))

# What a service transcribes with; where outputs go is said by whoever asks.
SERVED_OPTIONS = (
    *(
        field.name
        for group in (
            EngineArguments,
            SpeakerArguments,
            SpeechArguments,
            SoundArguments,
            CueArguments,
        )
        for field in fields(group)
        if field.name not in {"speaker_names", "keep_voices", "same_speakers", "shot_changes"}
    ),
    *("retries", "min_coverage", "strict", "corrections", "script", "no_sandbox"),
)

# What is corrected has its speakers already.
EDITED_OPTIONS = tuple(name for name in SERVED_OPTIONS if name != "voices")

# What live sound is captioned with; it is heard once, by one voice after the other.
LIVE_OPTIONS = (
    *(
        field.name
        for group in (EngineArguments, SpeechArguments, CueArguments, RenderingArguments)
        for field in fields(group)
        if field.name != "shot_changes"
    ),
    *("vad", "overwrite", "quiet", "verbose", "no_sandbox"),
)

Command = Callable[..., None]
_INVOCATION = inspect.Parameter(  # Typer's context; `--context` is an option of ours
    "invocation", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context
)


def some_options(*names: str) -> Callable[[Command], Command]:
    """Give a command these options of `Arguments`, as `given`; the rest have their defaults.

    A command that takes `per_file` receives what becomes of them for each file, too.
    """

    def give(command: Command) -> Command:
        shared = [p for p in _parameters_of(Arguments) if p.name in names]
        takes_per_file = "per_file" in inspect.signature(command).parameters

        @functools.wraps(command)
        def with_given(invocation: typer.Context, **values: Any) -> None:  # noqa: ANN401  # whatever Typer parsed
            given = Arguments(**_taken_out(values, shared))
            if takes_per_file:
                values["per_file"] = PerFile(given, overrides_of(invocation))
            command(given=given, **values)

        parameters = [_INVOCATION, *shared]
        return _with_parameters(with_given, command, {"given", "per_file"}, parameters)

    return give


def own_options(group: type[Any], *, only: Collection[str] = ()) -> Callable[[Command], Command]:
    """Give a command the options of a group of its own; it receives them as `chosen`.

    Args:
        only: names of those that it has, the rest being at their defaults; () = all.
    """

    def give(command: Command) -> Command:
        parameters = [p for p in _parameters_of(group) if not only or p.name in only]

        @functools.wraps(command)
        def with_chosen(**values: Any) -> None:  # noqa: ANN401  # whatever Typer parsed
            command(chosen=group(**_taken_out(values, parameters)), **values)

        return _with_parameters(with_chosen, command, {"chosen"}, parameters)

    return give


folder_options = own_options(FolderArguments)


def _parameters_of(group: type[Any]) -> list[inspect.Parameter]:
    """The fields of a group of options, as parameters of a function."""
    hints = get_type_hints(group, include_extras=True)
    return [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=field.default,
            annotation=hints[field.name],
        )
        for field in fields(group)
    ]


def _taken_out(values: dict[str, Any], parameters: list[inspect.Parameter]) -> dict[str, Any]:
    return {parameter.name: values.pop(parameter.name) for parameter in parameters}


def _with_parameters(
    function: Command,
    command: Command,
    replaced: set[str],
    given: list[inspect.Parameter],
) -> Command:
    """The function, with a signature in which Typer finds the options it reads off there."""
    hints = get_type_hints(command, include_extras=True)
    own = inspect.signature(command).parameters.values()
    parameters = [*(p for p in own if p.name not in replaced), *given]
    parameters.sort(key=lambda parameter: parameter.kind)
    function.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # ours
    function.__annotations__ = {p.name: hints.get(p.name, p.annotation) for p in parameters}
    return function


shared_options = some_options(*(field.name for field in fields(Arguments)))
