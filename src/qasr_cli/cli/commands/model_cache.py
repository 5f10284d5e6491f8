"""`qasr models cache`: packed weights that are kept beside models, and their end."""

from typing import Annotated

import typer

from qasr_cli.checkpoints import kept_weights
from qasr_cli.cli.arguments.models import ModelDir, Names, RoleOption
from qasr_cli.cli.commands.model_list import folders_of
from qasr_cli.console.lines import printable
from qasr_cli.core.counts import size_in_words

_Clear = Annotated[bool, typer.Option("--clear", help="Remove it.")]


def cache_models(
    names: Names = None,
    *,
    clear: _Clear = False,
    role: RoleOption = None,
    model_dir: ModelDir = None,
) -> None:
    """Show, or --clear, what is kept beside models so that they start sooner."""
    for name, folder in folders_of(names, role, model_dir):
        size_bytes = kept_weights.clear(folder) if clear else kept_weights.size_bytes_of(folder)
        what = f"{size_in_words(size_bytes)} of packed weights" if size_bytes else "nothing"
        verb = "removed" if clear else "kept"
        typer.echo(printable(f"{name}: {verb}: {what}: {folder}"))
