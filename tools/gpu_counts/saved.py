"""Counts that were saved, so that those of an older commit need not be made again."""

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
_FOLDER = ROOT / "tools" / "data" / "gpu_counts"
BEFORE = _FOLDER / "778ee45.json"
NOW = _FOLDER / "now.json"


def read(path: Path) -> dict[str, Any]:
    """The counts in a file.

    Raises:
        ValueError: it holds none.
    """
    try:
        found = json.loads(path.read_bytes())
    except ValueError as error:
        raise ValueError(f"{path}: no JSON of tools.gpu_counts: {error}") from error
    if not isinstance(found, dict) or "windows" not in found:
        raise ValueError(f"{path}: no JSON of tools.gpu_counts")
    counts: dict[str, Any] = found
    return counts
