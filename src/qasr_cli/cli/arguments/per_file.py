"""The options of each file: those of the run, with what `[[overrides]]` say of it."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from qasr_cli.cli.arguments.configured_command import Override
from qasr_cli.cli.arguments.shared import Arguments
from qasr_cli.core.types import MediaFile
from qasr_cli.errors import UsageError
from qasr_cli.options import Options, OutputOptions, RunOptions


class PerFile:
    """Gives every file its options; files with the same overrides share one object.

    Raises:
        UsageError: some are wrong, for whatever file.
    """

    def __init__(
        self,
        given: Arguments,
        overrides: tuple[Override, ...],
        run_options: Callable[[RunOptions], RunOptions] = lambda run: run,
    ) -> None:
        self._given = given
        self._overrides = overrides
        self._run_options = run_options
        self.options = self._options(given)
        self._known: dict[tuple[int, ...], Options] = {(): self.options}
        for index in range(len(overrides)):
            self._with((index,))

    def with_run(self, run_options: Callable[[RunOptions], RunOptions]) -> "PerFile":
        """The same, with the options of the run changed by a function."""
        return PerFile(self._given, self._overrides, run_options)

    def of_path(self, path: str) -> Options:
        """The options of the file at a path."""
        return self._with(
            tuple(
                index
                for index, override in enumerate(self._overrides)
                if override.place.matches(path)
            )
        )

    def of(self, media: MediaFile) -> Options:
        """The options of a recording."""
        return self.of_path(media.path)

    def output_of(self, paths: Iterable[str]) -> OutputOptions:
        """The output options of a run over files, with every format that one of them has."""
        return self._output(map(self.of_path, paths))

    @property
    def output_of_any(self) -> OutputOptions:
        """The output options of a run over files yet unknown, with every format they may have."""
        alone = (self._with((index,)) for index in range(len(self._overrides)))
        return self._output((self.options, *alone))

    def _options(self, given: Arguments) -> Options:
        options = given.options()
        return replace(options, run=self._run_options(options.run))

    def _output(self, several: Iterable[Options]) -> OutputOptions:
        formats = dict.fromkeys(name for each in several for name in each.output.formats)
        return replace(self.options.output, formats=tuple(formats))

    def _with(self, indexes: tuple[int, ...]) -> Options:
        if indexes not in self._known:
            values: dict[str, Any] = {}
            for index in indexes:
                values |= self._overrides[index].values
            try:
                self._known[indexes] = self._options(replace(self._given, **values))
            except UsageError as error:
                places = " and ".join(self._overrides[index].place.place for index in indexes)
                raise UsageError(f"{places}: {error}") from error
        return self._known[indexes]
