"""Finds and reads `qasr.toml`. Does not know which options exist."""

import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from qasr_cli.cli.arguments.config_trust import NotTrusted, check_trusted
from qasr_cli.cli.arguments.parsing import table_from_toml
from qasr_cli.errors import UsageError
from qasr_cli.errors.suggestions import did_you_mean
from qasr_cli.storage.user_folders import expanded

FILE_NAME = "qasr.toml"
FILE_VARIABLE = "QASR_CONFIG"
_OVERRIDES = "overrides"
_PATHS = "paths"

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderOverride:
    """One `[[overrides]]`: option values for the files that match its paths.

    Attributes:
        place: what error messages call it.
        values: option, spelt with "_" -> value.
    """

    place: str
    globs: tuple[str, ...]
    folder: str
    values: Values

    def matches(self, path: str) -> bool:
        """Whether a file is meant: by its path below the folder, its whole path, or its name."""
        from fnmatch import fnmatchcase

        absolute = os.path.realpath(path)
        names = [absolute, os.path.basename(absolute)]
        below = os.path.relpath(absolute, os.path.realpath(self.folder))
        if not below.startswith(os.pardir + os.sep):
            names.append(below)
        return any(
            fnmatchcase(name, glob) or fnmatchcase(name, glob.rstrip("/") + "/*")
            for glob in map(os.path.expanduser, self.globs)
            for name in names
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigFile:
    """The content of one `qasr.toml`.

    Attributes:
        is_named: it is the user's own, or `QASR_CONFIG` names it.
        values: option, spelt with "_" -> value, for every command that has the option.
        tables: command -> the same for that command alone.
    """

    path: str
    is_named: bool
    values: Values
    tables: Mapping[str, Values]
    overrides: tuple[FolderOverride, ...]

    @property
    def folder(self) -> str:
        """The folder that relative paths in the file start from."""
        return os.path.dirname(self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigFiles:
    """The configuration files that hold in a working folder.

    Attributes:
        in_force: the later one wins.
        passed_over: path -> why it is not read.
    """

    in_force: tuple[ConfigFile, ...]
    passed_over: Mapping[str, str]


def config_files(environment: Mapping[str, str], folder: str) -> ConfigFiles:
    """The configuration files that hold in a working folder.

    The user's own file, then the nearest one from the folder upwards that nobody else could have
    written; or that alone which `QASR_CONFIG` names (`/dev/null`: none).

    Raises:
        UsageError: one cannot be read, or is no TOML.
    """
    named = environment.get(FILE_VARIABLE)
    if named:
        config = read_config(os.path.abspath(os.path.expanduser(named)), is_named=True)
        return ConfigFiles(in_force=(config,), passed_over={})
    users = user_file(environment)
    own = [] if users is None or not os.path.isfile(users) else [read_config(users, is_named=True)]
    passed_over: dict[str, str] = {}
    for path in _upwards(folder):
        if any(path == file.path for file in own):
            break
        try:
            own.append(read_config(path))
            break
        except NotTrusted as error:
            passed_over[path] = str(error)
        except OSError as error:  # it went away, or is hidden, meanwhile
            passed_over[path] = error.strerror or type(error).__name__
    return ConfigFiles(in_force=tuple(own), passed_over=passed_over)


def user_file(environment: Mapping[str, str]) -> str | None:
    """Path of the user's own file, which need not exist; None without a home.

    Source: XDG Base Directory Specification, XDG_CONFIG_HOME.
    """
    folder = expanded(environment.get("XDG_CONFIG_HOME") or "~/.config")
    return None if folder is None else os.path.join(folder, "qasr", FILE_NAME)


def _upwards(folder: str) -> Iterator[str]:
    here = os.path.abspath(folder)
    while True:
        path = os.path.join(here, FILE_NAME)
        if os.path.isfile(path):
            yield path
        above = os.path.dirname(here)
        if above == here:
            return
        here = above


def read_config(path: str, *, is_named: bool = False) -> ConfigFile:
    """The content of one configuration file.

    Args:
        is_named: by the user; else it was found, and may be anybody's.

    Raises:
        NotTrusted: it was found, and somebody else wrote it, or could.
        UsageError: it cannot be read, is no TOML, or its tables are not what they should be.
    """
    if is_named:
        document = table_from_toml(path, named=path)
    else:
        check_trusted(path, os.stat(path))  # it need not even be readable to be passed over
        document = table_from_toml(path, named=path, check=partial(check_trusted, path))
    overrides = document.pop(_OVERRIDES, [])
    if not isinstance(overrides, list) or not all(isinstance(each, dict) for each in overrides):
        raise UsageError(f"{path}: overrides are written as [[overrides]], with paths")
    return ConfigFile(
        path=path,
        is_named=is_named,
        values=_spelt_one_way(
            {key: value for key, value in document.items() if not isinstance(value, dict)}
        ),
        tables={
            key: _spelt_one_way(value) for key, value in document.items() if isinstance(value, dict)
        },
        overrides=tuple(
            _override(path, number, table) for number, table in enumerate(overrides, start=1)
        ),
    )


def _override(path: str, number: int, table: dict[str, Any]) -> FolderOverride:
    place = f"{path}: [[overrides]] {number}"
    globs = table.pop(_PATHS, None)
    globs = [globs] if isinstance(globs, str) else globs
    if not globs or not isinstance(globs, list) or not all(isinstance(g, str) for g in globs):
        raise UsageError(f'{place}: says no paths, such as paths = ["interviews/*"]')
    return FolderOverride(
        place=place,
        globs=tuple(globs),
        folder=os.path.dirname(path),
        values=_spelt_one_way(table),
    )


def _spelt_one_way(table: Values) -> Values:
    """The table with its keys spelt with "_"; in files they may have "-", as options may."""
    return {key.replace("-", "_"): value for key, value in table.items()}


def unknown_key(place: str, key: str, known: Collection[str]) -> UsageError:
    """The error for a key that is not known; it names the closest known one."""
    spelt = key.replace("_", "-")
    close = did_you_mean(spelt, (name.replace("_", "-") for name in known))
    advice = close or "see qasr config show"
    return UsageError(f"{place}: {spelt} is not known; {advice}")
