"""What is said of a command line that cannot be parsed: one line, with what to do."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, cast

from typer import BadParameter

from qasr_cli.cli.arguments.other_tools import advice_on, advice_on_dtype
from qasr_cli.errors.suggestions import did_you_mean

if TYPE_CHECKING:
    from typer._click import Context, Parameter
    from typer._click.exceptions import ClickException, NoSuchOption
    from typer.core import TyperOption


def sentence_for(error: "ClickException", commands_with: Callable[[str], Sequence[str]]) -> str:
    """One line for whatever Typer refuses; it names the option, and what that takes.

    Args:
        commands_with: the commands that have an option.
    """
    from typer._click.exceptions import MissingParameter, NoSuchOption

    match error:
        case NoSuchOption():
            return _no_such_option(error, commands_with)
        case MissingParameter():
            return _missing(error.param, error.ctx)
        case BadParameter(param=param) if param is not None:
            return value_sentence(param, error)
        case _:
            return _uncapitalised(error.format_message())


def value_sentence(parameter: "Parameter", error: BadParameter) -> str:
    """What an option takes, and what it got."""
    name = _name_of(parameter)
    got = _input_of(error)
    takes = cast("TyperOption", parameter).type_descriptor
    choices = takes.choices
    if choices is not None:
        names = [str(choice) for choice in choices]
        advise = advice_on_dtype if name == "--dtype" else did_you_mean
        question = advise(got or "", names)
        advice = f"; {question}" if question else ""
        return f"{name} takes one of: {', '.join(names)}; got {got!r}{advice}"
    kind = {int: "a whole number", float: "a number"}.get(takes.annotation)
    if kind is None or got is None:
        return f"{name}: {_uncapitalised(error.message)}"
    return f"{name} takes {kind}, not {got!r}"


def _no_such_option(error: "NoSuchOption", commands_with: Callable[[str], Sequence[str]]) -> str:
    name, context = error.option_name, error.ctx
    instead = advice_on(name)
    if instead is not None:
        return f"there is no {name}: {instead}"
    others = commands_with(name)
    if others and context is not None:
        *most, last = others
        named = f"{', '.join(most)} and {last}" if most else last
        return f"{context.command_path} has no {name}; it is an option of qasr {named}"
    # Without the dashes, which all of them share.
    question = did_you_mean(name.lstrip("-"), [p.lstrip("-") for p in error.possibilities or ()])
    if question:
        return f"no such option {name}; {question.replace('mean ', 'mean --')}"
    command = "qasr" if context is None else context.command_path
    return f"no such option {name}; {command} --help lists all"


def _missing(parameter: "Parameter | None", context: "Context | None") -> str:
    name = "something" if parameter is None else _name_of(parameter)
    if context is None:
        return f"{name} is missing"
    usage = " ".join(context.get_usage().split()).removeprefix("Usage: ")
    return f"{name} is missing; it goes like this: {usage}"


def _name_of(parameter: "Parameter") -> str:
    """The long name of an option, or what an argument is called in help."""
    long_names = [name for name in parameter.opts if name.startswith("--")]
    if long_names:
        return long_names[0]
    return str(getattr(parameter, "metavar", None) or parameter.name)


def _input_of(error: BadParameter) -> str | None:
    """The value that was refused; pydantic keeps it apart from its message."""
    details = getattr(error.__cause__, "errors", None)
    if details is None:
        return None
    return str(details()[0]["input"])


def _uncapitalised(message: str) -> str:
    message = message.rstrip(".")
    return message[:1].lower() + message[1:]
