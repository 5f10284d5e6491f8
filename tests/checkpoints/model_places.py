"""Where the tests of locating put models, and how they ask for them."""

import os
from collections.abc import Callable
from pathlib import Path

from qasr_cli.checkpoints.catalog import Role
from qasr_cli.checkpoints.locate import find

MakeCheckpoint = Callable[..., Path]

NATIVE = "Qwen3-ASR-1.7B-hf"
ORIGINAL = "Qwen3-ASR-1.7B"


def find_model(
    name: str = "1.7b", role: Role = "recogniser", model_dir: Path | None = None
) -> Path:
    """The checkpoint folder that a model's name leads to."""
    return find(name, role=role, model_dir=str(model_dir) if model_dir else None)


def hub_cache(home: Path) -> Path:
    """The hub's cache in a home folder, where its library has it by default."""
    return home / ".cache" / "huggingface" / "hub"


def cached_snapshot(cache: Path, make: MakeCheckpoint, revision: str, *, is_main: bool) -> Path:
    """A repository in the cache as the hub's library lays it out: links into blobs."""
    storage = cache / f"models--Qwen--{NATIVE}"
    folder = make(storage / "snapshots" / revision)
    blobs = storage / "blobs"
    blobs.mkdir(exist_ok=True)
    for file in folder.iterdir():
        blob = blobs / f"{revision}-{file.name}"
        file.rename(blob)
        file.symlink_to(os.path.relpath(blob, folder))
    if is_main:
        (storage / "refs").mkdir(exist_ok=True)
        (storage / "refs" / "main").write_text(revision, encoding="ascii")
    return folder
