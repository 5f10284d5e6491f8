"""What stands at the front of a file of packed models: each model, and each of its files.

The file is a tar without compression, for weights do not get smaller. Its first member is this
listing; the files follow in its order, so that it can be read from a pipe.
"""

import re
import tarfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict

from qasr_cli.checkpoints import catalog, manifest
from qasr_cli.checkpoints.manifest import Manifest
from qasr_cli.checkpoints.remote import is_taken
from qasr_cli.storage.documents import DamagedDocument, Fields, json_from
from qasr_cli.storage.jsonl import json_bytes

LISTING_NAME = "qasr-models.json"
BLOCK_BYTES = tarfile.BLOCKSIZE
LISTING_LIMIT_BYTES = 1 << 24
END = bytes(2 * BLOCK_BYTES)

_SCHEMA_VERSION = 1
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MODE = 0o644


def listing_bytes(models: Sequence[Manifest]) -> bytes:
    """The listing of these models."""
    return json_bytes(
        {"schema_version": _SCHEMA_VERSION, "models": [asdict(model) for model in models]}
    )


def models_from(data: bytes) -> tuple[Manifest, ...]:
    """The models of a listing, which anybody may have written.

    Raises:
        DamagedDocument: it is none, or names what no model has.
    """
    fields = Fields(json_from(data))
    version = fields.whole("schema_version")
    if version != _SCHEMA_VERSION:
        raise DamagedDocument(f"schema_version {version} is of a newer qasr")
    models = tuple(map(manifest.fields_from, fields.each("models")))
    _check_unique([model.repository for model in models])
    for model in models:
        _check_model(model)
    return models


def _check_model(model: Manifest) -> None:
    if not catalog.is_repository(model.repository):
        raise DamagedDocument(f"{model.repository!r:.80} is no owner/name")
    only = catalog.files_of(model.repository)
    for file in model.files:
        if file.path not in only and (only or not is_taken(file.path)):
            raise DamagedDocument(f"{file.path!r:.80} is no file of a model")
        if not _SHA256.fullmatch(file.sha256):
            raise DamagedDocument(f"{file.path} has no sha256")
    _check_unique([file.path for file in model.files])


def _check_unique(names: Sequence[str]) -> None:
    names = [name.casefold() for name in names]  # one file, on some disks
    twice = next((name for name, count in Counter(names).items() if count > 1), None)
    if twice is not None:
        raise DamagedDocument(f"{twice} is in it twice")


def header(name: str, size_bytes: int) -> bytes:
    """What stands before a member."""
    member = tarfile.TarInfo(name)
    member.size = size_bytes
    member.mode = _MODE
    return member.tobuf(tarfile.PAX_FORMAT)


def padding(size_bytes: int) -> bytes:
    """What stands behind a member's content."""
    return bytes(-size_bytes % BLOCK_BYTES)


def packed_bytes(models: Sequence[Manifest]) -> int:
    """How large the file of these models is."""
    members = [(LISTING_NAME, len(listing_bytes(models)))]
    members += [
        (f"{model.repository}/{file.path}", file.size_bytes)
        for model in models
        for file in model.files
    ]
    sizes = (len(header(*member)) + member[1] + len(padding(member[1])) for member in members)
    return sum(sizes) + len(END)
