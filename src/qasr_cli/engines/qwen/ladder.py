"""Runs work over batches that shrink when memory runs out, so that no clip drags others down."""

import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import torch

from qasr_cli.engines.qwen.device import free_memory, is_lost, is_out_of_memory
from qasr_cli.errors import DeviceLost, DeviceMemoryError

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


class Ladder:
    """Works through items batch by batch.

    Out of memory: the batch is halved and tried again, down to one item, and batches stay that
    small. Any other failure of a batch: its items are tried one by one.

    Args:
        device: for messages.
        batch_count: items a batch, to begin with.
    """

    def __init__(self, device: torch.device, batch_count: int) -> None:
        self._device = device
        self._batch_count = batch_count

    def climb(
        self,
        items: Sequence[Item],
        work: Callable[[Sequence[Item]], Sequence[Outcome]],
    ) -> Iterator[list[tuple[Item, Outcome | Exception]]]:
        """Yield each batch with what became of its items: an outcome, or why there is none.

        Raises:
            DeviceLost: the device takes no more work from this process.
        """
        position = 0
        while position < len(items):
            batch = items[position : position + self._batch_count]
            outcomes = self._attempt(batch, work)
            if isinstance(outcomes, DeviceMemoryError) and len(batch) > 1:
                self._batch_count = len(batch) // 2
            else:
                yield self._settle(batch, outcomes, work)
                position += len(batch)

    def _settle(
        self,
        batch: Sequence[Item],
        outcomes: Sequence[Outcome] | Exception,
        work: Callable[[Sequence[Item]], Sequence[Outcome]],
    ) -> list[tuple[Item, Outcome | Exception]]:
        if not isinstance(outcomes, Exception):
            return list(zip(batch, outcomes, strict=True))
        if len(batch) == 1:
            return [(batch[0], outcomes)]
        return [
            pair
            for item in batch
            for pair in self._settle([item], self._attempt([item], work), work)
        ]

    def _attempt(
        self,
        batch: Sequence[Item],
        work: Callable[[Sequence[Item]], Sequence[Outcome]],
    ) -> Sequence[Outcome] | Exception:
        try:
            return work(batch)
        except Exception as error:  # becomes the value that the caller reports
            if is_lost(self._device):
                reason = str(error).partition("\n")[0]
                raise DeviceLost(str(self._device), reason) from error
            if not is_out_of_memory(error):
                traceback.clear_frames(error.__traceback__)
                return error
        # Only out here is the exception gone, and with it the frames that hold the tensors.
        free_memory()
        return DeviceMemoryError(str(self._device), len(batch))
