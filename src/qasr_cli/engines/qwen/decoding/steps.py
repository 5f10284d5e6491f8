"""Decoding steps: several tokens of every answer, before the host looks at them."""

import functools
from collections.abc import Callable, Sequence
from typing import Protocol

import torch

from qasr_cli.engines.qwen.decoding.cuda_graphs import Recorder
from qasr_cli.engines.qwen.device import sent
from qasr_cli.engines.qwen.model.cache import Cache
from qasr_cli.engines.qwen.model.rows import Slots

# Buckets of recorded steps: rows are doubled from here, for fewer take a GPU as long, and positions
# are rounded up to these: the longest answer to a clip of 30 s, 640 tokens, goes through six.
_ROWS_AT_LEAST = 8
_POSITIONS = 128

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
        last = sent(torch.tensor(ids), self.cache.device)
        made = []
        for _ in range(self._step_count):
            last = self._next_ids(last, self.cache.advance(), self.cache)
            made.append(last)
        return torch.stack(made, dim=1)


class FixedSteps:
    """Steps of a few shapes, over tensors whose addresses never change, so they can be recorded.

    Rows are made up to a bucket with empty ones, and what is attended to is rounded up; between
    two looks nothing is read by the host. The recordings hold the cache's addresses, and are gone
    with it.

    Args:
        step_count: steps from look to look, no fewer than the recorder does first.
        recorder: makes recordings of steps.
        has_all_rows: every step is one of all rows that the cache may have.
    """

    def __init__(
        self,
        cache: Cache,
        next_ids: NextIds,
        *,
        step_count: int,
        recorder: Recorder,
        has_all_rows: bool = False,
    ) -> None:
        self.cache = cache
        self._rows_at_least = cache.row_count if has_all_rows else _ROWS_AT_LEAST
        self._next_ids = next_ids
        self._recorder = recorder
        self._step_count = step_count
        zeros = functools.partial(torch.zeros, dtype=torch.long, device=cache.device)
        self._ids = zeros(cache.row_count)
        self._places = zeros(cache.row_count)
        self._ring = zeros(cache.row_count, step_count)
        self._replays: dict[tuple[int, int], Callable[[], None]] = {}

    def __call__(self, ids: Sequence[int], /) -> torch.Tensor:
        """The next tokens of every row."""
        bucket = self._bucket()
        self._place(ids)
        if bucket not in self._replays:
            self._replays[bucket] = self._recorder.record(functools.partial(self._step, *bucket))
            self._place(ids)  # it has taken some of these very steps
        for _ in range(self._step_count):
            self._replays[bucket]()
        self.cache.lengthen(self._step_count)
        return self._ring[: len(ids)]

    def _bucket(self) -> tuple[int, int]:
        """Rows, and positions of each; never more than the cache has."""
        row_count = self._rows_at_least
        while row_count < len(self.cache):
            row_count *= 2
        position_count = max(self.cache.lengths) + self._step_count
        position_count += -position_count % _POSITIONS
        return min(row_count, self.cache.row_count), min(position_count, self.cache.capacity)

    def _place(self, ids: Sequence[int]) -> None:
        padding = [0] * (len(self._ids) - len(ids))
        self._ids.copy_(sent(torch.tensor([*ids, *padding]), self.cache.device))
        self._places.copy_(sent(torch.tensor([*self.cache.lengths, *padding]), self.cache.device))

    def _step(self, row_count: int, longest: int) -> None:
        ids, places, ring = (t[:row_count] for t in (self._ids, self._places, self._ring))
        ids.copy_(self._next_ids(ids, self.cache.slots(places, longest), self.cache))
        ring.copy_(torch.cat([ring[:, 1:], ids[:, None]], dim=1))
        # An empty row stays at its first position: no prompt is so short as to leave it as it is.
        places.add_(places > 0)
