"""The list of models that qasr knows by name: which of them are here, where, and how large."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from qasr_cli.checkpoints import catalog, kept_weights, locate, manifest
from qasr_cli.checkpoints.catalog import Model, Role
from qasr_cli.cli.arguments.models import RoleName
from qasr_cli.core.counts import size_in_words
from qasr_cli.errors import ModelLoadError, ModelMissing

_BYTES_OF_DTYPE = {"bfloat16": catalog.BFLOAT16_BYTES, "float32": catalog.FLOAT32_BYTES}
OF_MEMORY = (
    "memory: about so much in 16 bits (GPUs, x86 CPUs in any number format) or 32 (other CPUs),\n"
    "for each: a recogniser and the aligner work side by side; qasr models pull NAME gets one"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the list. `path` is None when the model is not here, `problem` then says why.

    Attributes:
        size_bytes: on the disk; None when it is not here.
        packed_bytes: beside it: what `qasr models cache` is about.
        download_bytes: about how much pulling it takes; None for what is part of qasr.
        memory_bytes: number format -> about how much memory it needs to work in that.
    """

    name: str
    role: Role
    repository: str | None
    path: str | None
    size_bytes: int | None
    packed_bytes: int
    download_bytes: int | None
    memory_bytes: dict[str, int]
    revision: str | None
    problem: str | None


def row_of(model: Model, model_dir: str | None) -> Row:
    """The line of a model of the catalog."""
    row = Row(
        name=model.name,
        role=model.role,
        repository=model.repositories[0] if model.repositories else None,
        path=None,
        size_bytes=None,
        packed_bytes=0,
        download_bytes=catalog.download_bytes(model) if model.repositories else None,
        memory_bytes={
            name: catalog.memory_bytes([model], bytes_per_parameter=size_bytes)
            for name, size_bytes in _BYTES_OF_DTYPE.items()
            if model.dtype in (None, name)
        },
        revision=None,
        problem=None,
    )
    try:
        found = locate.search(model.name, role=model.role, model_dir=model_dir)
    except (ModelMissing, ModelLoadError) as error:
        return replace(row, problem=str(error))
    return replace(
        row,
        repository=found.repository,
        path=str(found.path),
        packed_bytes=kept_weights.size_bytes_of(found.path),
        size_bytes=sum(file.stat().st_size for file in found.path.iterdir() if file.is_file()),
        revision=manifest.revision_of(found.path),
    )


def table(rows: list[Row]) -> list[str]:
    """The lines of the list, with titles."""
    lines = [("NAME", "ROLE", "REPOSITORY", "SIZE", "MEMORY", "REVISION", "WHERE")]
    lines += [
        (
            row.name,
            row.role,
            row.repository or "(part of qasr)",
            _size(row),
            _memory(row.memory_bytes),
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


def _size(row: Row) -> str:
    size = size_in_words(row.size_bytes or row.download_bytes or 0)
    return f"{size} + {size_in_words(row.packed_bytes)} packed" if row.packed_bytes else size


def _memory(memory_bytes: dict[str, int]) -> str:
    amounts = " or ".join(f"{size_bytes / 1e9:.1f}" for size_bytes in memory_bytes.values())
    return f"{amounts} GB"


def folder_of_model(name: str, role: RoleName | None, model_dir: str | None) -> Path:
    """Where a model is loaded from."""
    wanted = role.value if role else catalog.role_of(name)
    return locate.find(name, role=wanted, model_dir=model_dir)


def folders_of(
    names: Sequence[str] | None, role: RoleName | None, model_dir: str | None
) -> list[tuple[str, Path]]:
    """Name and folder of each model that is named, or of all of the catalog that are here.

    A folder is taken as it is, whatever it holds: it may be what is wrong that is asked about.
    """
    if not names:
        return _all_here(model_dir)
    return [(name, _folder_of(name, role, model_dir)) for name in names]


def _folder_of(name: str, role: RoleName | None, model_dir: str | None) -> Path:
    folder = Path(os.path.expanduser(name))
    if catalog.lookup(name) is None and folder.is_dir():
        return folder
    return folder_of_model(name, role, model_dir)


def _all_here(model_dir: str | None) -> list[tuple[str, Path]]:
    here = []
    for model in catalog.MODELS:
        row = row_of(model, model_dir)
        if row.path is not None:
            here.append((f"{row.name} {row.role}", Path(row.path)))
    return here
