"""What a trial is told, and how a step hands over what it found. Standard library only."""

import json
import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

Found = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What every step of a trial is told.

    Attributes:
        device: "cuda", "cuda:1", or "cpu" for a rehearsal.
        weights: folder for checkpoints of random weights.
        row_counts: answers at once, the most telling first.
        least_clip_count: fewer clips are not worth timing.
        longest_clip_s: no clip is longer.
        sentence_count: most sentences that the demo pair hears.
    """

    device: str
    weights: str
    row_counts: tuple[int, ...]
    least_clip_count: int
    longest_clip_s: int
    sentence_count: int

    @property
    def is_cuda(self) -> bool:
        """Whether this is the real thing."""
        return self.device.startswith("cuda")

    def to_json(self) -> str:
        """One line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The settings of such a line."""
        fields = json.loads(text)
        return cls(**fields | {"row_counts": tuple(fields["row_counts"])})


class Notes:
    """What a step has found so far: on the disk after every word, should it be killed.

    Args:
        path: the file that holds it.
        limit_s: what the step may take.
    """

    def __init__(self, path: Path, limit_s: float) -> None:
        self._path = path
        self._found: Found = {}
        self._end_s = time.monotonic() + limit_s

    def add(self, **found: object) -> None:
        """Note these, too."""
        self._found |= found
        write_json(self._path, self._found)

    def has_time_for(self, seconds: float) -> bool:
        """Whether work that takes so long would come to its end."""
        return time.monotonic() + seconds < self._end_s


class Skip(Exception):
    """A step has nothing to do here; its text says why."""


def write_json(path: Path, document: Mapping[str, object]) -> None:
    """Put a whole document into a file's place."""
    unfinished = path.with_name(f"{path.name}.part")
    unfinished.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    os.replace(unfinished, path)
