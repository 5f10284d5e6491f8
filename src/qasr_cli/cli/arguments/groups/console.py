"""Options that say how much a run prints, and in what form."""

import functools
from dataclasses import dataclass
from typing import Annotated

import typer

from qasr_cli.cli.arguments.choices import LogFormat
from qasr_cli.cli.arguments.help_page import RUN, listed
from qasr_cli.console.observers import ConsoleOptions
from qasr_cli.errors import UsageError

_option = functools.partial(typer.Option, rich_help_panel=RUN)


@dataclass(frozen=True, kw_only=True)  # no slots: several such classes become one
class ConsoleArguments:
    """What is printed while a command runs; and whether it may reach the network."""

    quiet: Annotated[bool, _option("--quiet", "-q", help="Say only what went wrong.")] = False
    verbose: Annotated[
        bool,
        _option(
            "--verbose", "-v", help="Say more: models, starts of files, every file in the end."
        ),
    ] = False
    log_format: Annotated[
        LogFormat,
        _option(
            "--log-format",
            metavar=listed(LogFormat),
            help="Write lines for people, or one JSON object a line, on standard error.",
        ),
    ] = LogFormat.TEXT
    no_progress: Annotated[
        bool, _option("--no-progress", help="Show no live view on a terminal, only lines.")
    ] = False

    # Read in cli.main, before the command itself begins.
    no_sandbox: Annotated[
        bool, _option("--no-sandbox", help="Do not have the kernel refuse the network.")
    ] = False

    def console(self) -> ConsoleOptions:
        """How much to print.

        Raises:
            UsageError: two options contradict each other.
        """
        if self.quiet and self.verbose:
            raise UsageError("--quiet and --verbose contradict each other")
        return ConsoleOptions(
            quiet=self.quiet,
            verbose=self.verbose,
            progress=not self.no_progress,
            log_format=self.log_format.value,
        )
