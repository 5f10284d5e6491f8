"""What a place to pull from is, and which of its files qasr takes. No network of its own."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

# Weights as safetensors, configurations, the tokenizer. Everything else stays where it is, above
# all what would run code when it is loaded (*.py, and pickles: *.bin, *.pt, *.pkl).
_TAKEN = re.compile(
    r"[A-Za-z0-9][\w.-]*\.(?:safetensors|json)|merges\.txt|vocab\.txt|chat_template\.jinja"
)

# What qasr itself writes beside a checkpoint, such as the manifest that vouches for it.
_OWN_PREFIX = "qasr-"


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteFile:
    """One file as its place lists it; `sha256` is None where the place does not tell."""

    path: str
    size_bytes: int
    sha256: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The files of one revision; `revision` is its commit, 40 hex digits, if the place tells."""

    revision: str
    files: tuple[RemoteFile, ...]


class Remote(Protocol):
    """A place with repositories. Both methods use the network and raise `DownloadError`."""

    def list_files(self, repository: str, revision: str | None) -> Listing:
        """Every file of a revision; None = the newest."""
        ...

    def fetch(self, repository: str, revision: str, file: RemoteFile, folder: Path) -> None:
        """Write one file into `folder` under its own name."""
        ...


def is_taken(path: str) -> bool:
    """Whether qasr downloads a file of that name. Files in subfolders are never taken.

    >>> [is_taken(name) for name in ("model.safetensors", "pytorch_model.bin", "../a.json")]
    [True, False, False]
    """
    # casefold: on macOS Qasr-Manifest.json would be the manifest.
    return _TAKEN.fullmatch(path) is not None and not path.casefold().startswith(_OWN_PREFIX)
