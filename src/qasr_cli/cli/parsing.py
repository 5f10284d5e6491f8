"""Values of options that Typer does not read by itself."""

from collections.abc import Callable
from typing import TypeVar

from qasr_cli.errors import UsageError

_T = TypeVar("_T")


def parsed(option: str, text: str, parse: Callable[[str], _T]) -> _T:
    """What a text stands for.

    Raises:
        UsageError: `parse` raised a ValueError; it names the option.
    """
    try:
        return parse(text)
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from error


def parsed_if_given(option: str, text: str | None, parse: Callable[[str], _T]) -> _T | None:
    """The same, where the option may be left out."""
    return None if text is None else parsed(option, text, parse)
