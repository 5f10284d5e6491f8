"""`qasr models`: which checkpoints are here, and how they get here."""

import json
import os
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from qasr_cli.checkpoints import catalog, locate, manifest
from qasr_cli.checkpoints.catalog import Model, Role
from qasr_cli.checkpoints.manifest import Verification
from qasr_cli.cli.arguments.configured_command import ConfiguredCommand
from qasr_cli.console.lines import printable
from qasr_cli.errors import ExitCode, ModelLoadError, ModelMissing, UsageError

app = typer.Typer(
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    no_args_is_help=True,
    help="List, pull, check and convert models.",
)


class SourceName(StrEnum):
    """Where to pull from."""

    HF = "hf"
    MODELSCOPE = "modelscope"


class RoleName(StrEnum):
    """What a model is for."""

    RECOGNISER = "recogniser"
    ALIGNER = "aligner"


ModelDir = Annotated[
    str | None, typer.Option("--model-dir", metavar="DIR", help="Folder of models, before others.")
]
RoleOption = Annotated[
    RoleName | None, typer.Option("--role", help="What it is for, where a name has both.")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the list. `path` is None when the model is not here, `problem` then says why."""

    name: str
    role: Role
    repository: str | None
    path: str | None
    size_bytes: int | None
    revision: str | None
    problem: str | None


@app.command("list", cls=ConfiguredCommand)
def list_models(
    *,
    model_dir: ModelDir = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show the models qasr knows by name, and which of them are here."""
    rows = [_row(model, model_dir) for model in catalog.MODELS]
    if as_json:
        typer.echo(json.dumps([asdict(row) for row in rows], indent=2))
        return
    for line in _table(rows):
        typer.echo(printable(line))


@app.command(cls=ConfiguredCommand)
def pull(
    names: Annotated[
        list[str], typer.Argument(metavar="NAME", help="1.7b, 0.6b, aligner, or owner/name.")
    ],
    *,
    source: Annotated[
        SourceName, typer.Option("--source", help="Where to download from.")
    ] = SourceName.HF,
    revision: Annotated[
        str | None, typer.Option("--revision", help="Branch, tag or commit; default: the newest.")
    ] = None,
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
        pulled = pull_repository(repository, source=source.value, revision=revision, root=root)
        state = "pulled" if pulled.is_new else "already here"
        typer.echo(printable(f"{name}: {state}: {pulled.path} at {pulled.manifest.revision}"))
    _mention_aligner(repositories, model_dir)


@app.command(cls=ConfiguredCommand)
def path(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name, a repository or a folder.")],
    *,
    role: RoleOption = None,
    model_dir: ModelDir = None,
) -> None:
    """Print the folder a model is loaded from, and nothing else."""
    typer.echo(os.fsencode(_find(name, role, model_dir)))


@app.command(cls=ConfiguredCommand)
def verify(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="Default: all that are here.")
    ] = None,
    *,
    role: RoleOption = None,
    model_dir: ModelDir = None,
) -> None:
    """Compare models with the sizes and sha256 recorded when they were pulled."""
    folders = _all_here(model_dir)
    if names:
        folders = [(name, _folder(name, role, model_dir)) for name in names]
    is_sound = True
    for name, folder in folders:
        verification = manifest.verify(folder)
        for line in _verdict(name, verification):
            typer.echo(printable(line))
        is_sound = is_sound and not verification.problems
    if not is_sound:
        raise typer.Exit(ExitCode.SOME_FAILED)


@app.command()
def convert(
    source: Annotated[str, typer.Argument(help="A model in the original layout: name or folder.")],
    target: Annotated[Path, typer.Argument(help="The folder to make.")],
    *,
    role: RoleOption = None,
    model_dir: ModelDir = None,
) -> None:
    """Rewrite a model of the original layout in the native one, which loads faster."""
    folder = _find(source, role, model_dir)

    from qasr_cli.engines.qwen.loading.convert import convert as convert_folder

    convert_folder(folder, target)
    typer.echo(os.fsencode(target))


def _row(model: Model, model_dir: str | None) -> Row:
    preferred = model.repositories[0] if model.repositories else None
    try:
        found = locate.search(model.name, role=model.role, model_dir=model_dir)
    except (ModelMissing, ModelLoadError) as error:
        return Row(
            name=model.name,
            role=model.role,
            repository=preferred,
            path=None,
            size_bytes=None,
            revision=None,
            problem=str(error),
        )
    return Row(
        name=model.name,
        role=model.role,
        repository=found.repository,
        path=str(found.path),
        size_bytes=sum(file.stat().st_size for file in found.path.iterdir() if file.is_file()),
        revision=manifest.revision_of(found.path),
        problem=None,
    )


def _table(rows: list[Row]) -> list[str]:
    lines = [("NAME", "ROLE", "REPOSITORY", "SIZE", "REVISION", "WHERE")]
    lines += [
        (
            row.name,
            row.role,
            row.repository or "(part of qasr)",
            "-" if row.size_bytes is None else f"{row.size_bytes / 1e6:.1f} MB",
            (row.revision or "-")[:12],
            row.path or "not here",
        )
        for row in rows
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]


def _repository(name: str) -> str:
    model = catalog.lookup(name)
    if model is not None and not model.repositories:
        raise UsageError(f"{name} is part of qasr; there is nothing to pull")
    repositories = catalog.repositories_of(name)
    if not repositories:
        known = ", ".join(model.name for model in catalog.MODELS if model.repositories)
        raise UsageError(f"{name} is no model to pull; known names are {known}, or give owner/name")
    return repositories[0]


def _mention_aligner(pulled: dict[str, str], model_dir: str | None) -> None:
    """Tell whoever pulled a recogniser that word times need one more model."""
    if all(catalog.role_of(name) == "aligner" for name in pulled):
        return
    try:
        locate.find("aligner", role="aligner", model_dir=model_dir)
    except ModelMissing:
        typer.echo("word times need one more: qasr models pull aligner", err=True)


def _find(name: str, role: RoleName | None, model_dir: str | None) -> Path:
    return locate.find(
        name, role=role.value if role else catalog.role_of(name), model_dir=model_dir
    )


def _folder(name: str, role: RoleName | None, model_dir: str | None) -> Path:
    """As `_find`, but a folder is taken as it is: verify exists to say what is wrong with it."""
    folder = Path(os.path.expanduser(name))
    if catalog.lookup(name) is None and folder.is_dir():
        return folder
    return _find(name, role, model_dir)


def _all_here(model_dir: str | None) -> list[tuple[str, Path]]:
    here = []
    for model in catalog.MODELS:
        row = _row(model, model_dir)
        if row.path is not None:
            here.append((f"{row.name} {row.role}", Path(row.path)))
    return here


def _verdict(name: str, verification: Verification) -> list[str]:
    lines = [
        f"{name}: {problem.file}: {problem.kind}: {problem.detail}"
        for problem in verification.problems
    ]
    known = verification.manifest
    if known is None:
        lines.append(f"{name}: no manifest, so only file headers were compared with file sizes")
    if not verification.problems:
        what = "headers" if known is None else f"{len(known.files)} files"
        lines.append(f"{name}: ok: {what} of {verification.path}")
    return lines
