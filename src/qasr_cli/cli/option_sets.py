"""The shared options, or some of them, for one command."""

import functools
import inspect
from collections.abc import Callable
from dataclasses import fields
from typing import Any, get_type_hints

import typer

from qasr_cli.cli.arguments import Arguments
from qasr_cli.cli.command import overrides_of
from qasr_cli.cli.per_file import PerFile
from qasr_cli.options import CueOptions, FormatOptions

# For commands that take only some; `--profile` is the style of `CueOptions`.
CUE_OPTIONS = ("profile", *(field.name for field in fields(CueOptions) if field.name != "style"))
FORMAT_OPTIONS = ("format", "output_format", *(field.name for field in fields(FormatOptions)))

Command = Callable[..., None]
_GIVEN = {"given", "per_file"}
_INVOCATION = inspect.Parameter(  # Typer's context; `--context` is an option of ours
    "invocation", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context
)


def some_options(*names: str) -> Callable[[Command], Command]:
    """Give a command these options of `Arguments`; it receives all as `given`, the rest unset.

    A command that takes `per_file` receives what becomes of them for each file, too.

    Typer reads options off a function's signature, so the signature is put together here once
    rather than written out in every command.
    """

    def give(command: Command) -> Command:
        own_hints = get_type_hints(command, include_extras=True)
        shared_hints = get_type_hints(Arguments, include_extras=True)
        own = [p for p in inspect.signature(command).parameters.values() if p.name not in _GIVEN]
        shared = [
            inspect.Parameter(
                field.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=field.default,
                annotation=shared_hints[field.name],
            )
            for field in fields(Arguments)
            if field.name in names
        ]

        @functools.wraps(command)
        def with_given(invocation: typer.Context, **values: Any) -> None:  # noqa: ANN401  # whatever Typer parsed
            given = Arguments(
                **{parameter.name: values.pop(parameter.name) for parameter in shared}
            )
            if "per_file" in own_hints:
                values["per_file"] = PerFile(given, overrides_of(invocation))
            command(given=given, **values)

        parameters = [_INVOCATION, *own, *shared]
        with_given.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # ours
        with_given.__annotations__ = {
            p.name: own_hints.get(p.name, p.annotation) for p in parameters
        }
        return with_given

    return give


shared_options = some_options(*(field.name for field in fields(Arguments)))
