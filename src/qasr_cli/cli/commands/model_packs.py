"""`qasr models pack` and `unpack`: models in one file, for machines that never see a network."""

import contextlib
import sys
from collections.abc import Iterator
from typing import Annotated, BinaryIO

import typer

from qasr_cli.checkpoints import catalog, locate
from qasr_cli.checkpoints.locate import Found
from qasr_cli.checkpoints.packing import Packable, pack, packable, write_packed
from qasr_cli.checkpoints.unpacking import unpack
from qasr_cli.cli.arguments.completion import complete_pulled_model
from qasr_cli.cli.arguments.models import ModelDir
from qasr_cli.console.lines import printable
from qasr_cli.core.counts import counted, size_in_words
from qasr_cli.errors import ModelLoadError, ModelMissing, UsageError
from qasr_cli.storage.files import write_standard_output
from qasr_cli.storage.named_file import NamedFile
from qasr_cli.storage.near_names import reason_of
from qasr_cli.storage.side_files import open_side_file

_STREAM = "-"

NamesToPack = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="NAME",
        help="Names or repositories; without any, all models that are here.",
        autocompletion=complete_pulled_model,
    ),
]
PackedFile = Annotated[
    str,
    typer.Option("--output", "-o", metavar="FILE", help="Write this file; - = standard output."),
]
FileToUnpack = Annotated[
    str, typer.Argument(metavar="FILE", help="What `qasr models pack` wrote; - = standard input.")
]


def pack_models(
    names: NamesToPack = None,
    *,
    output: PackedFile,
    model_dir: ModelDir = None,
) -> None:
    """Put models into one file, for machines without a network."""
    if output == _STREAM and sys.stdout is not None and sys.stdout.isatty():
        raise UsageError("-o -: standard output is a terminal; send it to a file or a program")
    file = None if output == _STREAM else NamedFile.at(output, option="-o")
    models = [packable(found) for found in _found(names, model_dir)]
    if not models:
        raise UsageError("no model is here; `qasr models pull NAME` gets one")
    for model in models:
        line = f"{model.manifest.repository} at {model.manifest.revision}: {model.folder}"
        typer.echo(printable(line), err=True)
    _mention_aligner(models)
    if file is None:
        write_packed(models, write_standard_output)
        return
    size_bytes = pack(models, file)
    typer.echo(
        printable(f"packed: {output}: {counted(len(models), 'model')}, {size_in_words(size_bytes)}")
    )


def unpack_models(file: FileToUnpack, *, model_dir: ModelDir = None) -> None:
    """Put models out of such a file where `qasr models pull` would put them."""
    root = locate.pull_root(model_dir)
    with _opened(file) as stream:
        name = "standard input" if file == _STREAM else file
        for unpacked in unpack(stream, name=name, root=root):
            state = "unpacked" if unpacked.is_new else "already here"
            known = unpacked.manifest
            line = f"{known.repository}: {state}: {unpacked.path} at {known.revision}"
            typer.echo(printable(line))


def _found(names: list[str] | None, model_dir: str | None) -> list[Found]:
    if names is None:
        return list(_all_here(model_dir))
    found = {}
    for name in names:
        model = catalog.lookup(name)
        if model is not None and not model.repositories:
            raise UsageError(f"{name} is part of qasr; there is nothing to pack")
        here = locate.search(name, role=catalog.role_of(name), model_dir=model_dir)
        found[here.path] = here
    return list(found.values())


def _all_here(model_dir: str | None) -> Iterator[Found]:
    for model in catalog.MODELS:
        if model.repositories:
            with contextlib.suppress(ModelMissing, ModelLoadError):
                yield locate.search(model.name, role=model.role, model_dir=model_dir)


def _mention_aligner(models: list[Packable]) -> None:
    """Tell whoever packs a recogniser that word times need one more model."""
    roles = {catalog.role_of(model.manifest.repository) for model in models}
    if "recogniser" in roles and "aligner" not in roles:
        typer.echo("word times need one more model: aligner", err=True)


@contextlib.contextmanager
def _opened(file: str) -> Iterator[BinaryIO]:
    if file == _STREAM:
        if sys.stdin is None:
            raise UsageError("- reads standard input, which is closed")
        yield sys.stdin.buffer
        return
    try:
        stream = open_side_file(file)
    except OSError as error:
        raise UsageError(f"{file}: {reason_of(error)}") from error
    with stream:
        yield stream
