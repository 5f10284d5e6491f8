"""CUDA graphs: work recorded once, then replayed without launching each kernel from the host."""

import functools
import logging
from collections.abc import Callable
from typing import Any, Protocol

import torch

from qasr_cli.engines.qwen.device import is_lost, is_out_of_memory

# Source: torch's notes on CUDA graphs: libraries set themselves up in the first calls.
_WARM_UP_COUNT = 3

_log = logging.getLogger(__name__)


class Recorder(Protocol):
    """Makes recordings."""

    def record(self, work: Callable[[], None]) -> Callable[[], None]:
        """A replay of the work, on the same memory each time; `work` is run a few times first."""
        ...


class _Side:
    """The stream that a device's graphs are captured on: libraries set themselves up for each.

    Attributes:
        is_refused: the device takes no captures, so none is tried again.
    """

    def __init__(self, device: torch.device) -> None:
        self.stream: Any = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]  # torch has no types for it
        self.is_refused = False


# One for the process, whatever becomes of engines and caches.
_side_of = functools.cache(_Side)


class CudaRecorder:
    """Recordings are CUDA graphs, which share their memory: none leaves anything in it.

    Where a capture fails, the work itself takes the place of its replay, from then on.

    Not yet run on a GPU. The memory is given back when all recordings are gone; nothing is to be
    recorded after that.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._side = _side_of(device)
        self._pool = torch.cuda.graph_pool_handle()

    def record(self, work: Callable[[], None]) -> Callable[[], None]:
        """A graph's replay, or the work itself.

        Raises:
            RuntimeError: the work fails by itself, there is no memory, or the device is lost.
        """
        if self._side.is_refused:
            return work
        with torch.cuda.device(self._device):
            self._warm_up(work)
            try:
                return self._captured(work)
            except RuntimeError as error:
                if is_out_of_memory(error) or is_lost(self._device):
                    raise
                self._side.is_refused = True
                reason = str(error).partition("\n")[0]
                _log.warning("--cuda-graphs is left off: %s", reason)
        return work

    def _warm_up(self, work: Callable[[], None]) -> None:
        stream = self._side.stream
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(_WARM_UP_COUNT):
                work()
        torch.cuda.current_stream().wait_stream(stream)

    def _captured(self, work: Callable[[], None]) -> Callable[[], None]:
        graph = torch.cuda.CUDAGraph()
        stream_before = torch.cuda.current_stream()
        try:
            # Of other threads' calls none can get into the graph, so none is to be forbidden.
            with torch.cuda.graph(
                graph,
                pool=self._pool,
                stream=self._side.stream,
                capture_error_mode="thread_local",
            ):
                work()
        finally:
            # Where the end of a capture fails, torch leaves the side stream as the current one.
            torch.cuda.set_stream(stream_before)
        return graph.replay
