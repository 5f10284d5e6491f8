"""Parses values of options that Typer cannot parse by itself."""

import contextlib
import locale
import os
from collections.abc import Callable
from typing import Any, TypeVar

from qasr_cli.errors import UsageError
from qasr_cli.formats.readers.encodings import text_from
from qasr_cli.storage.near_names import reason_of
from qasr_cli.storage.side_files import SETTINGS_LIMIT_BYTES, read_side_file

_T = TypeVar("_T")


def parsed(option: str, text: str, parse: Callable[[str], _T]) -> _T:
    """The value that the text of an option stands for.

    Raises:
        UsageError: `parse` raised a ValueError; it names the option.
    """
    try:
        return parse(text)
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from error


def parsed_if_given(option: str, text: str | None, parse: Callable[[str], _T]) -> _T | None:
    """The same; None where the option is left out."""
    return None if text is None else parsed(option, text, parse)


def typed_text(value: str) -> str:
    """A text of the command line as it was meant, on terminals that do not write UTF-8.

    Names of files are bytes and stay as they are; a text has an encoding, the terminal's.
    """
    typed = value.encode("utf-8", "surrogateescape")
    try:
        typed.decode()
    except UnicodeDecodeError:
        with contextlib.suppress(UnicodeDecodeError, LookupError):
            return typed.decode(locale.getencoding())
    return value


def table_from_toml(
    path: str, *, named: str, check: Callable[[os.stat_result], None] = lambda _: None
) -> dict[str, Any]:
    """The tables of a TOML file.

    Args:
        named: what the user reads in an error: the file, or the option that names it.
        check: as in `read_side_file`.

    Raises:
        UsageError: it cannot be read, or is no TOML.
    """
    import tomllib  # most runs have no file

    try:
        content = read_side_file(path, limit_bytes=SETTINGS_LIMIT_BYTES, check=check)
    except OSError as error:
        raise UsageError(f"{named}: {reason_of(error)}") from error
    try:
        return tomllib.loads(text_from(content))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{named}: not TOML: {error}") from error
    except RecursionError as error:
        raise UsageError(f"{named}: not TOML that can be read: it is nested too deep") from error
    except ValueError as error:
        raise UsageError(f"{named}: is not UTF-8 text; save it as UTF-8 first") from error
