"""Options that say what is spoken in a recording."""

import functools
from dataclasses import dataclass
from typing import Annotated

import typer

from qasr_cli.cli.arguments.completion import complete_language
from qasr_cli.cli.arguments.context import context_from_user
from qasr_cli.cli.arguments.help_page import SPEECH
from qasr_cli.core.clips.context import Context

_option = functools.partial(typer.Option, rich_help_panel=SPEECH)


@dataclass(frozen=True, kw_only=True)  # no slots: several such classes become one
class SpeechArguments:
    """The language of the recordings, and what they are about."""

    language: Annotated[
        str,
        _option(
            "--language",
            "-l",
            metavar="LANGUAGE",
            help="Name the language, or give its code (German, de, yue); auto finds it.",
            autocompletion=complete_language,
        ),
    ] = "auto"
    context: Annotated[
        str | None,
        _option(
            "--context",
            "--initial-prompt",
            metavar="TEXT|@FILE",
            help="Tell the recogniser what the recordings are about.",
        ),
    ] = None
    hotwords: Annotated[
        str | None,
        _option(
            "--hotwords",
            metavar="A,B,C|@FILE",
            help="Tell the recogniser names and terms that may come.",
        ),
    ] = None

    def recogniser_context(self) -> Context:
        """What the recogniser is told about every recording.

        Raises:
            UsageError: a file that an option names cannot be read, or the context is too long.
        """
        return context_from_user(self.context, self.hotwords)
