"""The model in 4 bits, whose steps are as rough as they are fast: it proposes tokens."""

from collections.abc import Sequence
from concurrent.futures import Future, wait
from functools import partial

import torch

from qasr_cli.engines.qwen.loading.begun import begun
from qasr_cli.engines.qwen.model.cache import Cache
from qasr_cli.engines.qwen.model.four_bits.packing import four_bits_of
from qasr_cli.engines.qwen.model.language_model import LanguageModel


class RoughModel:
    """Steps with keys and values of their own, which follow those of the model itself.

    Args:
        model: made so that it proposes.
        head: its last layer, shape (tokens, hidden size).
    """

    def __init__(self, model: LanguageModel, head: torch.Tensor) -> None:
        self._model = model
        self._graph = model.rough_graph(four_bits_of(head))
        self._making: Future[object] | None = None
        # Of every row: its name in the cache that was followed, and how much of it is here.
        self._followed: list[tuple[int, int]] = []

    @property
    def takes_memory(self) -> bool:
        """Whether it was begun or used; until then its weights may only be mapped."""
        return self._making is not None or self._graph.takes_memory

    def begin(self) -> None:
        """Have what steps need made in a thread; takes a core a quarter of a second (0.6B)."""
        if self._making is None:
            make = partial(self._graph.session, torch.get_num_threads())
            # What goes wrong there is met again by the first step.
            self._making = begun(make, "qasr-rough-model")

    def wait(self) -> None:
        """Return once nothing is being made."""
        if self._making is not None:
            wait([self._making])

    def follow(self, cache: Cache, count: int) -> None:
        """Take over what the rows of a cache hold, and have room for so many positions more."""
        position_count = max(cache.lengths) + count
        followed, self._followed = self._followed, []  # nothing is known of a copy that breaks off
        if self._graph.make_room(len(cache), position_count):
            followed = []
        firsts = [_held(followed, row, name) for row, name in enumerate(cache.names)]
        exact = [cache.held(layer) for layer in range(self._model.layer_count)]
        self._graph.memory.take(exact, firsts, cache.lengths)
        self._followed = list(zip(cache.names, cache.lengths, strict=True))

    def next_tokens(self, ids: torch.Tensor, lengths: Sequence[int]) -> torch.Tensor:
        """About the most likely tokens after one more in every row.

        Args:
            ids: that one, shape (rows,).
            lengths: positions of each row before it.
        """
        return self._graph.step(self._model.embed(ids).float(), lengths)


def _held(followed: Sequence[tuple[int, int]], row: int, name: int) -> int:
    """First positions of a row that are here already."""
    return followed[row][1] if row < len(followed) and followed[row][0] == name else 0
