"""Retries batches that failed: fewer clips at once when memory ran out, else one by one."""

import traceback
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import TypeVar

import torch

from qasr_cli.engines.qwen.device import free_memory, is_lost, is_out_of_memory
from qasr_cli.errors import DeviceLost, DeviceMemoryError

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")

# Takes items and how many to work on at once; gives the index and the outcome of each, as they
# come, and may leave some out. With one at once it goes in the order of the items.
Work = Callable[[Sequence[Item], int], Iterator[tuple[int, Outcome | Exception]]]

# Calls of `outcomes` that memory must suffice for before more is tried: whoever else took memory
# may have given it back.
_CALM_COUNT = 4


class BatchRetry:
    """Works through items in batches, and retries what a failure left undone.

    Items that have an outcome keep it, whatever fails afterwards.

    Out of memory: what only saves time is given back; where there is no such thing, the rest is
    tried again, half as many at once, and so are later items, until memory has sufficed for a
    while; then it is tried with twice as many, up to those of the beginning. Any other failure: the
    items of the rest are tried one by one.

    Args:
        device: for messages.
        at_once: items worked on at once, to begin with.
    """

    def __init__(self, device: torch.device, at_once: int) -> None:
        self._device = device
        self._at_once = at_once
        self._most_at_once = at_once
        self._calm_count = 0
        self._calm_needed_count = _CALM_COUNT

    def outcomes(
        self,
        items: Sequence[Item],
        work: Work[Item, Outcome],
        give_back: Callable[[], bool] = lambda: False,
    ) -> Iterator[tuple[Item, Outcome | Exception]]:
        """Yield each item with what became of it: an outcome, or why there is none.

        Items that `work` ended well without are left out here, too.

        Args:
            give_back: frees what is held for speed alone; whether anything was. Then all is tried
                again as it was.

        Raises:
            DeviceLost: the device takes no more work from this process.
        """
        left = list(items)
        has_climbed = self._climb()
        is_one_by_one = False
        while left:
            batch = left[:1] if is_one_by_one else left
            at_once = min(self._at_once, len(batch))
            done: set[int] = set()
            failure = yield from self._attempt(batch, at_once, work, done)
            left = [item for index, item in enumerate(left) if index not in done]
            if isinstance(failure, DeviceMemoryError) and give_back():
                free_memory()
            elif isinstance(failure, DeviceMemoryError) and at_once > 1:
                self._halve(at_once, has_climbed=has_climbed)
                has_climbed = False
            elif isinstance(failure, DeviceMemoryError) or (failure and len(batch) == 1):
                yield left.pop(0), failure
            elif failure is not None:
                is_one_by_one = True
            elif not done:
                return  # `work` was told to begin no more
        if has_climbed:
            self._calm_needed_count = _CALM_COUNT

    def _halve(self, at_once: int, *, has_climbed: bool) -> None:
        """Half as many at once from now on."""
        self._at_once = at_once // 2
        self._calm_count = 0
        if has_climbed:  # nothing has changed, and each try costs time: seldomer, then
            self._calm_needed_count *= 2

    def _climb(self) -> bool:
        """After enough calls of `outcomes` without a lack of memory, twice as many at once."""
        if self._at_once >= self._most_at_once:
            return False
        if self._calm_count < self._calm_needed_count:
            self._calm_count += 1
            return False
        self._at_once = min(2 * self._at_once, self._most_at_once)
        self._calm_count = 0
        return True

    def _attempt(
        self,
        batch: Sequence[Item],
        at_once: int,
        work: Work[Item, Outcome],
        done: set[int],
    ) -> Generator[tuple[Item, Outcome | Exception], None, Exception | None]:
        """Yield outcomes, noting their indices in `done`; return the failure, if there was one."""
        try:
            for index, outcome in work(batch, at_once):
                done.add(index)
                yield batch[index], outcome
        except Exception as error:  # becomes the value that the caller reports
            if is_lost(self._device):
                reason = str(error).partition("\n")[0]
                raise DeviceLost(str(self._device), reason) from error
            if not is_out_of_memory(error):
                traceback.clear_frames(error.__traceback__)
                return error
        else:
            return None
        # Only out here is the exception gone, and with it the frames that hold the tensors.
        free_memory()
        return DeviceMemoryError(str(self._device), at_once)
