"""Options of `qasr render` alone: what its outputs are made of beside a result."""

from dataclasses import dataclass
from typing import Annotated

import typer

from qasr_cli.cli.arguments.choices import names_in
from qasr_cli.cli.arguments.help_page import OUTPUT, SUBTITLES
from qasr_cli.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class RenderArguments:
    """The options as the command line gave them."""

    second_language: Annotated[
        str | None,
        typer.Option(
            "--with",
            metavar="FILE",
            help="Put these subtitles, in another language, under those of one result.",
            rich_help_panel=SUBTITLES,
        ),
    ] = None
    # Not the name of what `transcribe` takes: in a file of settings that one names channels, too.
    new_names: Annotated[
        str | None,
        typer.Option(
            "--speaker-names",
            metavar="NAME,NAME...",
            help="Name the speakers, in the order of their numbers.",
            rich_help_panel=SUBTITLES,
        ),
    ] = None
    merge_speakers: Annotated[
        list[str] | None,
        typer.Option(
            "--merge-speakers",
            metavar="A,B...",
            help="Take these speakers, by number or name, for the first of them. May be repeated.",
            rich_help_panel=SUBTITLES,
        ),
    ] = None
    media: Annotated[
        str | None,
        typer.Option(
            "--media",
            metavar="PATH",
            help="Find the recording of --embed here, not beside its result: a file or a folder.",
            rich_help_panel=OUTPUT,
        ),
    ] = None

    def names(self) -> tuple[str, ...]:
        """Names of the speakers; () = as they are.

        Raises:
            UsageError: one is empty, or there twice.
        """
        return () if self.new_names is None else names_in(self.new_names)

    def merged(self) -> tuple[tuple[str, ...], ...]:
        """Groups of speakers that are one each, by number or name.

        Raises:
            UsageError: a group has less than two.
        """
        return tuple(map(_group, self.merge_speakers or ()))


def _group(text: str) -> tuple[str, ...]:
    found = tuple(part.strip() for part in text.split(","))
    if len(found) < 2 or not all(found):  # noqa: PLR2004  # one is one already
        raise UsageError(f"--merge-speakers takes two or more with a comma, not {text!r}")
    return found
