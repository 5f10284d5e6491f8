"""Steps for as many answers as are wanted: eager or recorded, and kept from window to window."""

from collections.abc import Callable

from qasr_cli.engines.qwen.decoding.cuda_graphs import (
    CudaRecorder,
    Recorder,
    Unrecorded,
    captures_on,
)
from qasr_cli.engines.qwen.decoding.steps import EagerSteps, FixedSteps, NextIds, Steps
from qasr_cli.engines.qwen.device import Placement
from qasr_cli.engines.qwen.model.cache import Cache
from qasr_cli.engines.qwen.model.packed_choice import choice_in

# Steps between two looks at the tokens. A look costs a GPU its lead over the host, and a row that
# has finished up to this many steps less one; it costs a CPU nothing.
_STEPS_A_LOOK = {"cpu": 1, "cuda": 8}
# See `Cache`: on a CPU what a step multiplies must lie in one piece, or it is copied first; a GPU's
# memory is too dear to be taken for tokens that hardly any answer has.
_CACHE_BUCKET = {"cpu": 64, "cuda": 256}
# Addresses that never change are taken for all positions, in buckets too: windows that differ a
# little then share one cache, and rows lie as tensor cores read them.
_FIXED_BUCKET = 256
# A probe goes through a first look, which records, and one that only replays.
_LOOKS_OF_PROBE = 2


class StepMaker:
    """Makes steps, and keeps the last ones.

    Args:
        shape: of a cache: layers, key heads, dim.
        takes_any_lengths: the steps' attention takes rows of any lengths.
    """

    def __init__(
        self,
        placement: Placement,
        next_ids: NextIds,
        shape: tuple[int, int, int],
        *,
        takes_any_lengths: bool,
    ) -> None:
        self._placement = placement
        self._next_ids = next_ids
        self._shape = shape
        self._takes_any_lengths = takes_any_lengths
        self._kept: Steps | None = None

    @property
    def _step_count(self) -> int:
        return _STEPS_A_LOOK[self._placement.device.type]

    @property
    def _are_recorded(self) -> bool:
        return self._placement.has_graphs and not captures_on(self._placement.device).is_refused

    @property
    def _are_fixed(self) -> bool:
        return self._are_recorded or self._placement.is_batch_invariant

    def steps(self, row_count: int, position_count: int) -> Steps:
        """Steps of so many rows, with an empty cache for so many positions of each, and more."""
        # A row may go on beyond its end until the next look.
        capacity = position_count + self._step_count
        # Given back by a call that ends well, since new memory is a fault a page (3 % of the CPU
        # time of 32 clips of 30 s). After any other call nobody knows what the cache holds, and it
        # may have been too large.
        kept, self._kept = self._kept, None
        if kept is not None and isinstance(kept, FixedSteps) is self._are_fixed:
            if kept.cache.has_room(row_count, capacity):
                return kept
            # As large as both, lest windows that differ make it anew each time.
            row_count = max(row_count, kept.cache.row_count)
            capacity = max(capacity, kept.cache.capacity)
        del kept  # there may be no room for two
        return self._made(row_count, capacity, self._recorder())

    def give_back(self, steps: Steps) -> None:
        """Keep steps whose cache is empty again."""
        self._kept = steps

    def prove_recordings(self, begin: Callable[[Cache], list[int]], position_count: int) -> None:
        """Check, once a process, that recorded steps give the tokens of eager ones, or record none.

        Args:
            begin: puts the prompt of an answer into an empty cache; gives its first token.
            position_count: of the prompt.
        """
        captures = captures_on(self._placement.device)
        if captures.is_proven or not self._are_recorded:
            return
        capacity = position_count + _LOOKS_OF_PROBE * self._step_count
        answers = []
        for recorder in (self._recorder(), Unrecorded()):
            steps = self._made(1, capacity, recorder)
            answers.append(tokens := list(map(choice_in, begin(steps.cache))))
            for _ in range(_LOOKS_OF_PROBE):
                tokens += map(choice_in, steps(tokens[-1:])[0].tolist())
            del steps  # and its cache
            if captures.is_refused:
                return
        if answers[0] != answers[1]:
            captures.refuse("a probe gave other tokens with it than without")
        captures.is_proven = True

    def _recorder(self) -> Recorder:
        return CudaRecorder(self._placement.device) if self._are_recorded else Unrecorded()

    def _made(self, row_count: int, capacity: int, recorder: Recorder) -> Steps:
        bucket: int | None = _CACHE_BUCKET[self._placement.device.type]
        if self._are_fixed:
            capacity += -capacity % _FIXED_BUCKET
            bucket = None
        cache = Cache(
            self._placement,
            self._shape,
            row_count=row_count,
            capacity=capacity,
            bucket=bucket,
            takes_any_lengths=self._takes_any_lengths,
        )
        if not self._are_fixed:
            return EagerSteps(cache, self._next_ids, step_count=self._step_count)
        return FixedSteps(
            cache,
            self._next_ids,
            step_count=self._step_count,
            recorder=recorder,
            has_all_rows=self._placement.is_batch_invariant,
        )
