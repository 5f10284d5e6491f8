"""Models that are here into one file, for machines that never see a network."""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from qasr_cli.checkpoints import catalog, manifest
from qasr_cli.checkpoints.locate import Found
from qasr_cli.checkpoints.manifest import Manifest, ManifestFile
from qasr_cli.checkpoints.pack_listing import (
    END,
    LISTING_NAME,
    header,
    listing_bytes,
    packed_bytes,
    padding,
)
from qasr_cli.checkpoints.remote import is_taken
from qasr_cli.core.counts import size_in_words
from qasr_cli.errors import ModelLoadError, OutputError, UsageError
from qasr_cli.storage.documents import open_regular
from qasr_cli.storage.files import existing_folder_of, write_all
from qasr_cli.storage.named_file import NamedFile

_READ_BYTES = 1 << 20
_UNKNOWN = "unknown"  # the revision of a folder that does not tell it


@dataclass(frozen=True, slots=True, kw_only=True)
class Packable:
    """A model that is here, and all that is packed of it."""

    folder: Path
    manifest: Manifest


def packable(found: Found) -> Packable:
    """What is packed of a model; where it was not pulled by qasr, its files are read for it.

    Raises:
        UsageError: nothing says which repository it is.
        ModelLoadError: a file cannot be read.
    """
    folder = found.path
    known = manifest.read(folder)
    if known is None:
        known = _described(found)
    return Packable(folder=folder, manifest=known)


def _described(found: Found) -> Manifest:
    folder, repository = found.path, found.repository
    if repository is None:
        raise UsageError(
            f"{folder}: nothing there says which repository it is; copy the folder as it is, or "
            f"name a model by its repository"
        )
    only = catalog.files_of(repository)
    names = [file.name for file in folder.iterdir() if file.is_file()]
    wanted = sorted(name for name in names if (name in only if only else is_taken(name)))
    try:
        files = tuple(manifest.describe(folder / name, name=name) for name in wanted)
    except OSError as error:
        raise ModelLoadError(str(folder), f"{error.filename}: {error.strerror}") from error
    return Manifest(
        source="hf",
        repository=repository,
        revision=manifest.revision_of(folder) or _UNKNOWN,
        pulled_at=datetime.now(tz=UTC).isoformat(timespec="seconds"),
        files=files,
    )


def pack(models: Sequence[Packable], file: NamedFile) -> int:
    """Write the file, whole or not at all; how many bytes it has.

    Raises:
        ModelLoadError: a model is not what was pulled, or cannot be read.
        OutputError, OutputRefused: the file cannot be written.
    """
    size_bytes = packed_bytes([model.manifest for model in models])
    free_bytes = shutil.disk_usage(existing_folder_of(file.path)).free
    if free_bytes < size_bytes:
        needed, left = size_in_words(size_bytes), size_in_words(free_bytes)
        raise OutputError(file.path, f"it needs {needed}, and {left} are left there")

    def fill(descriptor: int) -> None:
        write_packed(models, lambda data: write_all(descriptor, data))

    file.write(fill)
    return size_bytes


def write_packed(models: Sequence[Packable], write: Callable[[bytes], None]) -> None:
    """The same to whatever takes bytes.

    Raises:
        ModelLoadError: as `pack`.
    """
    listing = listing_bytes([model.manifest for model in models])
    write(header(LISTING_NAME, len(listing)) + listing + padding(len(listing)))
    for model in models:
        for file in model.manifest.files:
            write(header(f"{model.manifest.repository}/{file.path}", file.size_bytes))
            for block in _checked_blocks(model.folder, file):
                write(block)
            write(padding(file.size_bytes))
    write(END)


def _checked_blocks(folder: Path, file: ManifestFile) -> Iterator[bytes]:
    """The content of a file, which must be what the listing says.

    Raises:
        ModelLoadError: it is not, or cannot be read.
    """
    digest = hashlib.sha256()
    left_bytes = file.size_bytes
    try:
        with open_regular(os.path.join(folder, file.path)) as source:
            if os.fstat(source.fileno()).st_size != file.size_bytes:
                raise _changed(folder, file)
            while left_bytes and (block := source.read(min(_READ_BYTES, left_bytes))):
                digest.update(block)
                left_bytes -= len(block)
                yield block
    except OSError as error:
        reason = f"{file.path}: {error.strerror or type(error).__name__}"
        raise ModelLoadError(str(folder), reason) from error
    if left_bytes or digest.hexdigest() != file.sha256:
        raise _changed(folder, file)


def _changed(folder: Path, file: ManifestFile) -> ModelLoadError:
    reason = f"{file.path} is not as it was pulled (`qasr models verify` says more); pull it again"
    return ModelLoadError(str(folder), reason)
