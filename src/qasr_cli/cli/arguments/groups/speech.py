"""Options that say what is spoken in a recording."""

from dataclasses import dataclass
from typing import Annotated

import typer

from qasr_cli.cli.arguments.context import context_from_user
from qasr_cli.core.clips.context import Context


@dataclass(frozen=True, kw_only=True)  # no slots: several such classes become one
class SpeechArguments:
    """The language of the recordings, and what they are about."""

    language: Annotated[
        str,
        typer.Option("--language", "-l", help="auto, or a code or name: en, English, zh, yue ..."),
    ] = "auto"
    context: Annotated[
        str | None,
        typer.Option(
            "--context",
            "--initial-prompt",
            metavar="TEXT|@FILE",
            help="What the recordings are about, for the recogniser.",
        ),
    ] = None
    hotwords: Annotated[
        str | None,
        typer.Option("--hotwords", metavar="A,B,C|@FILE", help="Names and terms that may come."),
    ] = None

    def recogniser_context(self) -> Context:
        """What the recogniser is told about every recording.

        Raises:
            UsageError: a file that an option names cannot be read, or the context is too long.
        """
        return context_from_user(self.context, self.hotwords)
