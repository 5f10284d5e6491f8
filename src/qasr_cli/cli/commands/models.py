"""`qasr models`: which checkpoints are here, and how they get here."""

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from qasr_cli.checkpoints import catalog, locate, manifest
from qasr_cli.checkpoints.manifest import Verification
from qasr_cli.cli.arguments.completion import complete_model
from qasr_cli.cli.arguments.configured_command import ConfiguredCommand
from qasr_cli.cli.arguments.help_page import GroupedCommand, WholeSummaries
from qasr_cli.cli.arguments.models import (
    ModelDir,
    Name,
    Names,
    NamesToPull,
    Revision,
    RoleOption,
    Source,
    SourceName,
)
from qasr_cli.cli.commands.model_cache import cache_models
from qasr_cli.cli.commands.model_list import (
    OF_MEMORY,
    folder_of_model,
    folders_of,
    row_of,
    table,
)
from qasr_cli.cli.commands.model_packs import pack_models, unpack_models
from qasr_cli.console.lines import printable
from qasr_cli.core.counts import counted
from qasr_cli.errors import ExitCode, ModelMissing, UsageError
from qasr_cli.errors.suggestions import did_you_mean

app = typer.Typer(
    cls=WholeSummaries,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    no_args_is_help=True,
    help="List, pull, pack, check and convert models.",
)


@app.command("list", cls=ConfiguredCommand)
def list_models(
    *,
    model_dir: ModelDir = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show the models qasr knows by name, and which of them are here."""
    rows = [row_of(model, model_dir) for model in catalog.MODELS]
    if as_json:
        typer.echo(json.dumps([asdict(row) for row in rows], indent=2))
        return
    for line in table(rows):
        typer.echo(printable(line))
    typer.echo(OF_MEMORY, err=True)


@app.command(cls=ConfiguredCommand)
def pull(
    names: NamesToPull,
    *,
    source: Source = SourceName.HF,
    revision: Revision = None,
    model_dir: ModelDir = None,
) -> None:
    """Download models. The only command of qasr that uses the network."""
    if revision is not None and len(names) > 1:
        raise UsageError("--revision goes with one name at a time")
    repositories = {name: _repository(name) for name in names}
    root = locate.pull_root(model_dir)

    from qasr_cli.checkpoints.pull import pull as pull_repository

    for name, repository in repositories.items():
        typer.echo(printable(f"{name}: {repository} -> {root}"), err=True)
        if (licence := catalog.licence_of(repository)) is not None:
            typer.echo(f"{name}: licence: {licence}", err=True)
        pulled = pull_repository(repository, source=source.value, revision=revision, root=root)
        state = "pulled" if pulled.is_new else "already here"
        typer.echo(printable(f"{name}: {state}: {pulled.path} at {pulled.manifest.revision}"))
    _mention_aligner(repositories, model_dir)


@app.command(cls=ConfiguredCommand)
def path(
    name: Name,
    *,
    role: RoleOption = None,
    model_dir: ModelDir = None,
) -> None:
    """Print the folder a model is loaded from, and nothing else."""
    typer.echo(os.fsencode(folder_of_model(name, role, model_dir)))


@app.command(cls=ConfiguredCommand)
def verify(
    names: Names = None,
    *,
    role: RoleOption = None,
    model_dir: ModelDir = None,
) -> None:
    """Compare models with the sizes and sha256 recorded when they were pulled."""
    is_sound = True
    for name, folder in folders_of(names, role, model_dir):
        verification = manifest.verify(folder)
        for line in _verdict(name, verification):
            typer.echo(printable(line))
        is_sound = is_sound and not verification.problems
    if not is_sound:
        raise typer.Exit(ExitCode.SOME_FAILED)


@app.command(cls=GroupedCommand)
def convert(
    source: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            help="A model in the original layout: name or folder.",
            autocompletion=complete_model,
        ),
    ],
    target: Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder to make.")],
    *,
    role: RoleOption = None,
    model_dir: ModelDir = None,
) -> None:
    """Rewrite a model of the original layout in the native one, which loads faster."""
    folder = folder_of_model(source, role, model_dir)

    from qasr_cli.engines.qwen.loading.convert import convert as convert_folder

    convert_folder(folder, target)
    typer.echo(os.fsencode(target))


app.command("cache", cls=ConfiguredCommand)(cache_models)
app.command("pack", cls=ConfiguredCommand)(pack_models)
app.command("unpack", cls=ConfiguredCommand)(unpack_models)


def _repository(name: str) -> str:
    model = catalog.lookup(name)
    if model is not None and not model.repositories:
        raise UsageError(f"{name} is part of qasr; there is nothing to pull")
    repositories = catalog.repositories_of(name)
    if not repositories:
        known = [model.name for model in catalog.MODELS if model.repositories]
        close = did_you_mean(name, known)
        advice = close or f"known names are {', '.join(known)}, or give owner/name"
        raise UsageError(f"{name} is no model to pull; {advice}")
    return repositories[0]


def _mention_aligner(pulled: dict[str, str], model_dir: str | None) -> None:
    """Tell whoever pulled a recogniser that word times need one more model."""
    if all(catalog.role_of(name) != "recogniser" for name in pulled):
        return
    try:
        locate.find("aligner", role="aligner", model_dir=model_dir)
    except ModelMissing:
        typer.echo("word times need one more: qasr models pull aligner", err=True)


def _verdict(name: str, verification: Verification) -> list[str]:
    lines = [
        f"{name}: {problem.file}: {problem.kind}: {problem.detail}"
        for problem in verification.problems
    ]
    known = verification.manifest
    if known is None:
        lines.append(f"{name}: no manifest, so only file headers were compared with file sizes")
    if not verification.problems:
        what = "headers" if known is None else counted(len(known.files), "file")
        lines.append(f"{name}: ok: {what} of {verification.path}")
    return lines
