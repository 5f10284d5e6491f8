"""Options that say how much a run prints, and in what form."""

from dataclasses import dataclass
from typing import Annotated

import typer

from qasr_cli.cli.arguments.choices import LogFormat
from qasr_cli.console.observers import ConsoleOptions
from qasr_cli.errors import UsageError


@dataclass(frozen=True, kw_only=True)  # no slots: several such classes become one
class ConsoleArguments:
    """What is printed while a command runs; and whether it may reach the network."""

    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say only what failed.")] = False
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say more.")] = False
    log_format: Annotated[
        LogFormat, typer.Option("--log-format", help="Lines for people or JSON.")
    ] = LogFormat.TEXT
    no_progress: Annotated[bool, typer.Option("--no-progress", help="No live view.")] = False

    # Read in cli.main, before the command itself begins.
    no_sandbox: Annotated[
        bool, typer.Option("--no-sandbox", help="Do not have the kernel refuse the network.")
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
