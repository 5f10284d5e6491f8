"""Where the value of every option comes from; the one place that decides which source wins.

Rising: the default, the user's `qasr.toml`, the project's, `QASR_*`, the command line. In each of
them, what is said for one command (`[batch]`, `QASR_BATCH_*`) goes over what is said for all.
"""

import functools
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, get_type_hints

from qasr_cli.cli.arguments.config_file import ConfigFile, FolderOverride, unknown_key
from qasr_cli.cli.arguments.config_trust import check_keeps_inside
from qasr_cli.cli.arguments.shared import Arguments
from qasr_cli.cli.command_table import COMMANDS
from qasr_cli.errors import UsageError
from qasr_cli.run.plan.standard_streams import STANDARD_STREAM

if TYPE_CHECKING:
    from typer._click import Parameter

VARIABLE_PREFIX = "QASR_"
# To let go of the filter has to be said each time; a file that comes with recordings cannot. The
# others say what is done, not how.
_COMMAND_LINE_ONLY = frozenset({"no_sandbox", "dry_run", "keeps_watch", "prints_json"})
# There is one engine, one place and one console in a run, so no file has its own.
_RUN_WIDE = frozenset(
    {
        *("model", "aligner", "no_align", "model_dir", "device", "allow_cpu_fallback", "dtype"),
        *("quantize", "cuda_graphs", "batch_size", "threads", "retries", "confidence"),
        "batch_invariant",
        *("output_dir", "overwrite", "keep_clips"),
        *("quiet", "verbose", "log_format", "no_progress"),
    }
)
# A plan is that of a batch, set by the table of that; the others have nothing to set.
WITHOUT_TABLE = frozenset({"plan", "report", "config"})
_PATHS = frozenset({"output_dir", "model_dir", "corrections", "keep_clips", "report", "voices"})
_TEXTS = frozenset({"context", "hotwords"})  # a text, or @ and a path


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """The value of one option.

    Attributes:
        value: as the option takes it.
        origin: what gave it, for people.
        rank: a higher one goes over a lower one.
    """

    value: Any
    origin: str
    rank: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """All places outside of the command line that set options.

    Attributes:
        files: the later one wins.
    """

    files: tuple[ConfigFile, ...]
    environment: Mapping[str, str]

    @property
    def highest_rank(self) -> int:
        """The rank of environment variables."""
        return len(self.files) + 1

    def settings_of(self, command: str, options: "Mapping[str, Parameter]") -> dict[str, Setting]:
        """The settings of a command's options, spelt as `options_by_name` spells them.

        Raises:
            UsageError: a file says something that no option takes.
        """
        settings: dict[str, Setting] = {}
        for rank, file in enumerate(self.files, start=1):
            self._check_keys(file)
            table = file.tables.get(command, {})
            own_place = f"{file.path} [{command}]"
            for key in table.keys() - options.keys():
                raise unknown_key(own_place, key, options.keys())
            shared = {key: value for key, value in file.values.items() if is_shared(key, options)}
            for place, values in ((file.path, shared), (own_place, table)):
                for key, value in values.items():
                    taken = value_from_file(options[key], key, value, place, file.folder)
                    settings[key] = Setting(value=taken, origin=place, rank=rank)
        for variable, key in self._variables(command, options):
            value = self.environment[variable]
            taken = [value] if options[key].multiple else value
            settings[key] = Setting(value=taken, origin=variable, rank=self.highest_rank)
        return settings

    def overrides(self) -> Iterator[tuple[int, FolderOverride]]:
        """The settings that files hold for some recordings, with the rank of the file.

        Raises:
            UsageError: one sets an option that is the same for a whole run, or that is not known.
        """
        for rank, file in enumerate(self.files, start=1):
            for override in file.overrides:
                for key in override.values:
                    if key in _RUN_WIDE:
                        name = key.replace("_", "-")
                        raise UsageError(f"{override.place}: {name} is the same for a whole run")
                    if key not in shared_names() - _RUN_WIDE:
                        raise unknown_key(override.place, key, shared_names() - _RUN_WIDE)
                yield rank, override

    def check_stays_with_recordings(self, command: str, folders: Sequence[str]) -> None:
        """Refuse what files among the recordings may not say.

        Args:
            folders: of recordings, that will be walked.

        Raises:
            UsageError: a file leads out of its own folder.
        """
        for file in self.files:
            if not file.is_named:
                tables = (file.values, file.tables.get(command, {}))
                more = (override.values for override in file.overrides)
                paths = (_paths_in(values, file.folder) for values in (*tables, *more))
                for found in paths:
                    check_keeps_inside(file.path, found, folders)

    def _check_keys(self, file: ConfigFile) -> None:
        for key in file.values.keys() - shared_names():
            raise unknown_key(file.path, key, shared_names())
        commands = COMMANDS.keys() - WITHOUT_TABLE
        for key in file.tables.keys() - commands:
            raise unknown_key(file.path, f"[{key}]", [f"[{name}]" for name in commands])

    def _variables(
        self, command: str, options: "Mapping[str, Parameter]"
    ) -> Iterator[tuple[str, str]]:
        """Environment variables that are set and not empty, with their option."""
        for prefix in (VARIABLE_PREFIX, f"{VARIABLE_PREFIX}{command.upper()}_"):
            for key in options:
                variable = prefix + key.upper()
                is_meant = prefix != VARIABLE_PREFIX or is_shared(key, options)
                if is_meant and self.environment.get(variable):
                    yield variable, key


def options_by_name(parameters: "Sequence[Parameter]") -> "dict[str, Parameter]":
    """The options of a command that can be set outside of the command line, by their long name."""
    options = {}
    for parameter in parameters:
        long_names = [name for name in parameter.opts if name.startswith("--")]
        is_hidden = getattr(parameter, "hidden", False) or parameter.is_eager
        if long_names and not is_hidden and parameter.name not in _COMMAND_LINE_ONLY:
            options[long_names[0].removeprefix("--").replace("-", "_")] = parameter
    return options


def is_shared(key: str, options: "Mapping[str, Parameter]") -> bool:
    """Whether a command has an option that others have too: `--format` of `lint` is its own."""
    return key in shared_names() and key in options and options[key].name == key


@functools.cache
def shared_names() -> frozenset[str]:
    """The options that may be set for all commands at once."""
    hints = get_type_hints(Arguments, include_extras=True)
    visible = {
        field.name for field in fields(Arguments) if not hints[field.name].__metadata__[0].hidden
    }
    return frozenset(visible - _COMMAND_LINE_ONLY)


def value_from_file(option: "Parameter", key: str, value: object, place: str, folder: str) -> Any:  # noqa: ANN401  # whatever the option takes
    """A value of TOML as the command line would have given it.

    Raises:
        UsageError: it is of a kind that the option does not take.
    """
    name = f"{place}: {key.replace('_', '-')}"
    if getattr(option, "is_flag", False):
        if not isinstance(value, bool):
            raise UsageError(f"{name} takes true or false")
        return value
    if option.multiple:
        values = value if isinstance(value, list) else [value]
        return [_text(name, each) for each in values]
    return _anchored(key, _text(name, value), folder)


def _paths_in(values: Mapping[str, object], folder: str) -> dict[str, str]:
    """The files and folders that values name, from a file's folder."""
    anchored = {
        key.replace("_", "-"): _anchored(key, value, folder)
        for key, value in values.items()
        if isinstance(value, str) and value != STANDARD_STREAM and _is_path(key, value)
    }
    return {key: path.removeprefix("@") for key, path in anchored.items()}


def _is_path(key: str, text: str) -> bool:
    if key in _TEXTS:
        return text.startswith("@")
    if key == "shot_changes":
        return text != "auto"
    return key in _PATHS or (key == "profile" and text.endswith(".toml"))


def _text(name: str, value: object) -> str:
    match value:
        case bool() | list() | dict():
            raise UsageError(f"{name} takes one value, a text or a number")
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return str(value)


def _anchored(key: str, text: str, folder: str) -> str:
    """The text; where it is a relative path, from the file's folder."""
    if key in _TEXTS:
        return f"@{_below(folder, text[1:])}" if text.startswith("@") else text
    if text == STANDARD_STREAM or not (_is_path(key, text) or text.startswith(("./", "../", "~/"))):
        return text
    return _below(folder, text)


def _below(folder: str, path: str) -> str:
    return os.path.join(folder, os.path.expanduser(path))
