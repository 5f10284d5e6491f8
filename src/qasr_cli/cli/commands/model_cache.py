"""`qasr models cache`: packed weights that are kept beside models, and their end."""

import os
from pathlib import Path
from typing import Annotated

import typer

from qasr_cli.checkpoints import catalog, kept_weights, locate
from qasr_cli.cli.arguments.models import ModelDir, Names, RoleName, RoleOption
from qasr_cli.cli.commands.model_list import all_here
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
    folders = all_here(model_dir)
    if names:
        folders = [(name, _folder(name, role, model_dir)) for name in names]
    for name, folder in folders:
        size_bytes = kept_weights.clear(folder) if clear else kept_weights.size_bytes_of(folder)
        what = f"{size_in_words(size_bytes)} of packed weights" if size_bytes else "nothing"
        verb = "removed" if clear else "kept"
        typer.echo(printable(f"{name}: {verb}: {what}: {folder}"))


def _folder(name: str, role: RoleName | None, model_dir: str | None) -> Path:
    """A folder as it is, whatever it holds, or that of a model."""
    folder = Path(os.path.expanduser(name))
    if catalog.lookup(name) is None and folder.is_dir():
        return folder
    wanted = role.value if role else catalog.role_of(name)
    return locate.find(name, role=wanted, model_dir=model_dir)
