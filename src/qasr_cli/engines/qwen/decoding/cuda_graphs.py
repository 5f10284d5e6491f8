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


class Unrecorded:
    """Makes no recordings: the work itself takes the place of its replay."""

    def record(self, work: Callable[[], None]) -> Callable[[], None]:  # a `Recorder`
        """The work."""
        return work


class Captures:
    """What is known of a device's captures, for the whole process.

    Attributes:
        is_refused: there is something wrong with them, so none is tried again.
        is_proven: a probe was made of what they do; what it found is in `is_refused`.
    """

    def __init__(self) -> None:
        self.is_refused = False
        self.is_proven = False

    def refuse(self, reason: str) -> None:
        """Try none from now on, and say so."""
        self.is_refused = True
        _log.warning("--cuda-graphs is left off: %s", reason)


@functools.cache
def captures_on(_: torch.device) -> Captures:
    """What is known of the captures of a device."""
    return Captures()


@functools.cache
def stream_of(device: torch.device) -> Any:  # noqa: ANN401  # torch has no types for it
    """The stream that a device's graphs are captured on: libraries set themselves up for each.

    One for the process, whatever becomes of engines and caches.
    """
    return torch.cuda.Stream(device)  # type: ignore[no-untyped-call]


class CudaRecorder:
    """Recordings are CUDA graphs, which share their memory: none leaves anything in it.

    Where a capture fails, the work itself takes the place of its replay, from then on.

    Not yet run on a GPU. The memory is given back when all recordings are gone; nothing is to be
    recorded after that.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._stream = stream_of(device)
        self._pool = torch.cuda.graph_pool_handle()

    def record(self, work: Callable[[], None]) -> Callable[[], None]:
        """A graph's replay, or the work itself.

        Raises:
            RuntimeError: the work fails by itself, there is no memory, or the device is lost.
        """
        captures = captures_on(self._device)
        if captures.is_refused:
            return work
        with torch.cuda.device(self._device):
            self._warm_up(work)
            try:
                return self._captured(work)
            except RuntimeError as error:
                if is_out_of_memory(error) or is_lost(self._device):
                    raise
                captures.refuse(str(error).partition("\n")[0])
        return work

    def lack(self) -> str | None:
        """Why nothing is recorded, as far as one number shows it; None where it is."""
        with torch.cuda.device(self._device):
            number = torch.zeros(1, device=self._device)

            def grow() -> None:
                number.add_(1)

            try:
                self._warm_up(grow)
                replay = self._captured(grow)
            except RuntimeError as error:
                return str(error).partition("\n")[0]
            number.zero_()
            replay()
            return None if number.item() == 1 else "a replay does not do what was recorded"

    def _warm_up(self, work: Callable[[], None]) -> None:
        stream = self._stream
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
                stream=self._stream,
                capture_error_mode="thread_local",
            ):
                work()
        finally:
            # Where the end of a capture fails, torch leaves the side stream as the current one.
            torch.cuda.set_stream(stream_before)
        return graph.replay
