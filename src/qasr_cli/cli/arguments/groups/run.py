"""Options that say how a run treats clips, failures and speech without words."""

import functools
from dataclasses import dataclass
from typing import Annotated

import typer

from qasr_cli.cli.arguments.help_page import OUTPUT, RUN, SPEECH
from qasr_cli.options import RunOptions

_option = functools.partial(typer.Option, rich_help_panel=RUN)


@dataclass(frozen=True, kw_only=True)  # no slots: several such classes become one
class RunArguments:
    """How often a clip is tried, what is kept, and when a file counts as failed."""

    keep_clips: Annotated[
        str | None,
        _option(
            "--keep-clips",
            metavar="FOLDER",
            help="Keep each clip as a sound file in this folder.",
            rich_help_panel=OUTPUT,
        ),
    ] = None
    retries: Annotated[
        int,
        _option(
            "--retries",
            metavar="N",
            help="Try what failed so often again, after 1, 2, 4 ... seconds.",
        ),
    ] = 3
    min_coverage: Annotated[
        float,
        _option(
            "--min-coverage",
            metavar="SHARE",
            help="Warn where less of the speech, from 0 to 1, has words.",
            rich_help_panel=SPEECH,
        ),
    ] = 0.9
    strict: Annotated[
        bool,
        _option(
            "--strict",
            help="Count a file below --min-coverage as failed.",
            rich_help_panel=SPEECH,
        ),
    ] = False

    def run_options(self) -> RunOptions:
        """The group of `Options` that they make; what only folders have stays at its default.

        Raises:
            UsageError: a value is out of range.
        """
        return RunOptions(
            retries=self.retries,
            keep_clips_dir=self.keep_clips,
            min_coverage=self.min_coverage,
            strict=self.strict,
        )

    @property
    def skip_folders(self) -> tuple[str, ...]:
        """Folders not to walk into: kept clips are no recordings."""
        return () if self.keep_clips is None else (self.keep_clips,)
