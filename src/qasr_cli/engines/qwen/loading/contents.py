"""What a checkpoint holds, loaded: the shape in which both ways of loading hand it over."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

# Numbers of a norm, a bias, the first convolution. Matrices are packed, or used where they lie: a
# quarter of the published ones have a million numbers or fewer, and would be copied for nothing.
_SMALL_COUNT = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Checkpoint:
    """A model ready to work, and the processor that belongs to it.

    Attributes:
        model: one of the native classes in evaluation mode, or what has its weights by its names.
        processor: the library's, or what does of it what is needed here.
    """

    path: Path
    model: Any  # the library's mixins and decorators hide `generate`, `to` and more from mypy
    processor: Any


def copy_small(model: torch.nn.Module) -> None:
    """Copy small weights, so that nothing refers to the mapped file once large ones are packed.

    A norm that is used as it lies in the file would keep all of it in memory, as a second copy.
    """
    for parameter in model.parameters():
        if parameter.numel() <= _SMALL_COUNT:
            parameter.data = parameter.data.clone()
