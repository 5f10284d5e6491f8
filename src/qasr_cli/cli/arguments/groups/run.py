"""Options that say how a run treats clips, failures and speech without words."""

from dataclasses import dataclass
from typing import Annotated

import typer

from qasr_cli.options import RunOptions


@dataclass(frozen=True, kw_only=True)  # no slots: several such classes become one
class RunArguments:
    """How often a clip is tried, what is kept, and when a file counts as failed."""

    keep_clips: Annotated[
        str | None,
        typer.Option("--keep-clips", metavar="DIR", help="Keep each clip as a WAV file."),
    ] = None
    retries: Annotated[
        int, typer.Option("--retries", metavar="N", help="More tries after 1, 2, 4 ... seconds.")
    ] = 3
    min_coverage: Annotated[
        float,
        typer.Option(
            "--min-coverage", metavar="SHARE", help="Of the speech that should have words."
        ),
    ] = 0.9
    strict: Annotated[bool, typer.Option("--strict", help="A file below --min-coverage fails.")] = (
        False
    )

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
