"""How answers go on from one look at their tokens to the next."""

from collections.abc import Callable, Sequence
from typing import Protocol

import torch

from qasr_cli.engines.qwen.cache import Cache, Slots

# From the last token of each row to its next one.
NextIds = Callable[[torch.Tensor, Slots, Cache], torch.Tensor]


class Steps(Protocol):
    """Makes the next tokens of every row of a cache."""

    @property
    def cache(self) -> Cache:
        """Where the rows are."""
        ...

    def __call__(self, ids: Sequence[int], /) -> torch.Tensor:
        """The next tokens of every row, shape (rows, steps a look), after the last of each."""
        ...


class EagerSteps:
    """Steps of exactly the rows and positions that there are.

    Args:
        step_count: steps from look to look.
    """

    def __init__(self, cache: Cache, next_ids: NextIds, *, step_count: int) -> None:
        self.cache = cache
        self._next_ids = next_ids
        self._step_count = step_count

    def __call__(self, ids: Sequence[int], /) -> torch.Tensor:
        """The next tokens of every row."""
        last = torch.tensor(ids).to(self.cache.device)
        made = []
        for _ in range(self._step_count):
            last = self._next_ids(last, self.cache.advance(), self.cache)
            made.append(last)
        return torch.stack(made, dim=1)
