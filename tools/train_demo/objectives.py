"""What a model is trained for: the interface of the two objectives."""

from dataclasses import dataclass
from typing import Protocol

import torch

from tools.train_demo.batches import Batch, Row
from tools.train_demo.checkpoint import Checkpoint
from tools.train_demo.store import Example


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Score:
    """What to minimise, and figures to watch."""

    loss: torch.Tensor
    figures: dict[str, float]


class Objective(Protocol):
    """One model's task."""

    @property
    def checkpoint(self) -> Checkpoint:
        """What is trained."""

    def row(self, example: Example) -> Row | None:
        """An example as tokens; None when this task can learn nothing from it."""

    def score(self, batch: Batch, step: int, progress: float) -> Score:
        """How well the model does; `progress` runs from 0 to 1."""
