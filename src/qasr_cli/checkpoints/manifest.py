"""What a pulled checkpoint should hold, written beside it, and the check of it. No network."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, get_args

from qasr_cli.checkpoints import layout
from qasr_cli.checkpoints.catalog import Source
from qasr_cli.checkpoints.kept_weights import PACKED_FOLDER
from qasr_cli.errors import ModelLoadError
from qasr_cli.storage.documents import DamagedDocument, Fields, read_json
from qasr_cli.storage.files import sync

MANIFEST_NAME = "qasr-manifest.json"

_SCHEMA_VERSION = 1
_READ_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestFile:
    """One file of a checkpoint, as it was when it was pulled."""

    path: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Where a checkpoint came from, and every file of it.

    Attributes:
        source: "hf" or "modelscope".
        revision: the commit, 40 hex digits; what was asked for where the source names no commit.
        pulled_at: ISO 8601, UTC.
    """

    source: Source
    repository: str
    revision: str
    pulled_at: str
    files: tuple[ManifestFile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong with one file of a checkpoint."""

    file: str
    kind: Literal["missing", "changed", "unknown", "damaged"]
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The result of a check. Without a manifest only names and headers could be compared."""

    path: Path
    manifest: Manifest | None
    problems: tuple[Problem, ...]


def describe(file: Path, *, name: str) -> ManifestFile:
    """Size and sha256 of a file."""
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(_READ_BYTES):
            digest.update(block)
        size_bytes = stream.tell()
    return ManifestFile(path=name, size_bytes=size_bytes, sha256=digest.hexdigest())


def write(folder: Path, manifest: Manifest) -> None:
    """Put the manifest into a folder that nobody reads yet."""
    document = {"schema_version": _SCHEMA_VERSION, **asdict(manifest)}
    with (folder / MANIFEST_NAME).open("w", encoding="utf-8") as stream:
        json.dump(document, stream, indent=2)
        stream.write("\n")
        stream.flush()
        sync(stream.fileno())


def read(folder: Path) -> Manifest | None:
    """The manifest of a folder; None when it has none.

    Raises:
        ModelLoadError: there is one, and it cannot be read.
    """
    try:
        return _manifest_from(Fields(read_json(str(folder / MANIFEST_NAME))))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ModelLoadError(str(folder), f"{MANIFEST_NAME}: {error.strerror}") from error
    except DamagedDocument as error:
        raise ModelLoadError(str(folder), f"{MANIFEST_NAME} cannot be read: {error}") from error


def revision_of(folder: Path) -> str | None:
    """The commit a checkpoint is from, as far as its folder tells; None when it does not."""
    try:
        manifest = read(folder)
    except ModelLoadError:
        return None
    if manifest is not None:
        return manifest.revision
    # The Hugging Face cache names a snapshot's folder after its commit.
    return folder.name if folder.parent.name == "snapshots" else None


def verify(folder: Path) -> Verification:
    """Compare every file of a checkpoint with its manifest.

    Without a manifest: look for what a checkpoint needs, and compare each weight file's size with
    its own header.

    Raises:
        ModelLoadError: the manifest, or a file, cannot be read.
    """
    manifest = read(folder)
    try:
        problems = _without_manifest(folder) if manifest is None else _compare(folder, manifest)
    except OSError as error:
        raise ModelLoadError(str(folder), f"{error.filename}: {error.strerror}") from error
    return Verification(path=folder, manifest=manifest, problems=problems)


def _without_manifest(folder: Path) -> tuple[Problem, ...]:
    problems = []
    models = sorted(path.name for path in folder.glob("*.onnx"))
    if models and not (folder / "config.json").exists():
        detail = layout.problem_with_files(folder, models)
        return () if detail is None else (Problem(file=folder.name, kind="damaged", detail=detail),)
    for shard in layout.shards_of(folder):
        detail = layout.problem_with_shard(shard)
        if detail is not None:
            problems.append(Problem(file=shard.name, kind="damaged", detail=detail))
    detail = layout.problem_with(folder)
    if detail is not None and not problems:
        problems.append(Problem(file=folder.name, kind="missing", detail=detail))
    return tuple(problems)


def _compare(folder: Path, manifest: Manifest) -> tuple[Problem, ...]:
    problems = []
    for expected in manifest.files:
        problem = _compare_file(folder / expected.path, expected)
        if problem is not None:
            problems.append(problem)
    known = {MANIFEST_NAME, PACKED_FOLDER, *(file.path for file in manifest.files)}
    problems += [
        Problem(file=name, kind="unknown", detail="is not in the manifest")
        for name in sorted(path.name for path in folder.iterdir())
        if name not in known
    ]
    return tuple(problems)


def _compare_file(file: Path, expected: ManifestFile) -> Problem | None:
    if not file.is_file():
        return Problem(file=expected.path, kind="missing", detail="is not there")
    size_bytes = file.stat().st_size
    if size_bytes != expected.size_bytes:
        detail = f"has {size_bytes} bytes, not {expected.size_bytes}"
        return Problem(file=expected.path, kind="changed", detail=detail)
    if describe(file, name=expected.path) != expected:
        return Problem(file=expected.path, kind="changed", detail="its sha256 is another")
    return None


def _manifest_from(fields: Fields) -> Manifest:
    version = fields.whole("schema_version")
    if version != _SCHEMA_VERSION:
        raise DamagedDocument(f"schema_version {version} is unknown")
    return fields_from(fields)


def fields_from(fields: Fields) -> Manifest:
    """The manifest in the fields of a document.

    Raises:
        DamagedDocument: there is none.
    """
    source: Source = "hf" if fields.choice("source", get_args(Source)) == "hf" else "modelscope"
    return Manifest(
        source=source,
        repository=fields.text("repository"),
        revision=fields.text("revision"),
        pulled_at=fields.text("pulled_at"),
        files=tuple(map(_file_from, fields.each("files"))),
    )


def _file_from(fields: Fields) -> ManifestFile:
    path = fields.path("path")
    if path.startswith("/") or ".." in path.split("/"):
        raise DamagedDocument(f"{path} is outside of the folder")
    return ManifestFile(
        path=path, size_bytes=fields.whole("size_bytes"), sha256=fields.text("sha256")
    )
