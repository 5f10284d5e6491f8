"""CUDA graphs: work recorded once, then replayed without launching each kernel from the host."""

from collections.abc import Callable
from typing import Protocol

import torch

# Source: torch's notes on CUDA graphs: libraries set themselves up in the first calls.
_WARM_UP_COUNT = 3


class Recorder(Protocol):
    """Makes recordings."""

    def record(self, work: Callable[[], None]) -> Callable[[], None]:
        """A replay of the work, on the same memory each time; `work` is run a few times first."""
        ...


class CudaRecorder:
    """Recordings are CUDA graphs, which share their memory: none leaves anything in it.

    Not yet run on a GPU. The memory is given back when all recordings are gone; nothing is to be
    recorded after that.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        # One stream for both: a library sets itself up once for each.
        self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]  # torch has no types for it
        self._pool = torch.cuda.graph_pool_handle()

    def record(self, work: Callable[[], None]) -> Callable[[], None]:
        """A graph's replay."""
        with torch.cuda.device(self._device):
            self._stream.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(self._stream):
                for _ in range(_WARM_UP_COUNT):
                    work()
            torch.cuda.current_stream().wait_stream(self._stream)
            graph = torch.cuda.CUDAGraph()
            # Of other threads' calls none can get into the graph, so none is to be forbidden.
            with torch.cuda.graph(
                graph, pool=self._pool, stream=self._stream, capture_error_mode="thread_local"
            ):
                work()
        return graph.replay
