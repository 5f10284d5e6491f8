"""`qasr voices`: how the speakers of a batch sound, where that was kept. Loads no model."""

import os
from typing import Annotated

import typer

from qasr_cli.cli.arguments.configured_command import ConfiguredCommand
from qasr_cli.cli.arguments.help_page import WholeSummaries
from qasr_cli.console.lines import printable
from qasr_cli.core.counts import counted
from qasr_cli.errors import UnreadableInput
from qasr_cli.run.state.layout import STATE_FOLDER
from qasr_cli.run.state.voices import forget

app = typer.Typer(
    cls=WholeSummaries,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    no_args_is_help=True,
    help="Forget voices that --keep-voices kept.",
)


@app.callback()
def _voices() -> None:
    """Keep `forget` a word of its own, though it is the only one."""


@app.command("forget", cls=ConfiguredCommand)
def forget_voices(
    folders: Annotated[
        list[str], typer.Argument(metavar="FOLDER", help="Where qasr batch wrote its outputs.")
    ],
) -> None:
    """Remove all that is kept of how the speakers of a batch sound."""
    for folder in folders:
        state_folder = os.path.join(folder, STATE_FOLDER)
        if not os.path.isdir(state_folder):
            raise UnreadableInput(folder, "no batch wrote its outputs there")
        count = forget(state_folder)
        said = f"voices of {counted(count, 'recording')} forgotten" if count else "none were kept"
        typer.echo(printable(f"{folder}: {said}"))
