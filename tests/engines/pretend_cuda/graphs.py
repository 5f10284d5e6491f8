"""Streams and captured graphs of a pretend GPU.

Source: torch's notes "CUDA Graphs": a capture runs nothing and keeps every launch with its very
memory; a replay launches them all again. `torch/cuda/graphs.py`: the end of a capture restores the
stream only where it does not fail.
"""

from typing import Any

import torch

from tests.engines.pretend_cuda.machine import Machine
from tests.engines.pretend_cuda.operators import Call, tensors_in


class Stream:
    """A stream, which orders nothing here: all work is done at once."""

    def __init__(self, machine: Machine, device: object = None) -> None:
        self.device = machine.device(device)  # type: ignore[arg-type]  # what torch takes
        self._machine = machine
        machine.seen.stream_count += 1

    def wait_stream(self, _: object) -> None:
        """Wait on the device, not on the host."""

    def synchronize(self) -> None:
        """Let the host wait."""
        self._machine.seen.host_waits["stream.synchronize"] += 1


class InStream:
    """`torch.cuda.stream`: another current stream, until the context ends."""

    def __init__(self, machine: Machine, stream: Any) -> None:  # noqa: ANN401  # a stand-in
        self._machine = machine
        self._stream = stream

    def __enter__(self) -> None:
        self._before = self._machine.stream
        self._machine.stream = self._stream

    def __exit__(self, *_: object) -> None:
        self._machine.stream = self._before


class Graph:
    """`torch.cuda.CUDAGraph`: launches that are kept, and launched again at once."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._kept: list[tuple[Call, Any]] = []

    def keep(self, call: Call, made: Any) -> None:  # noqa: ANN401  # results, or None
        """Keep a launch on numbers in main memory, and the results that it fills."""
        self._kept.append((call, made))

    def replay(self) -> None:
        """Do all that was kept, on the same memory."""
        self._machine.check_works()
        self._machine.seen.kernels["graph replay"] += 1
        if self._machine.forgets_launches:
            return
        for call, made in self._kept:
            again = call.done()
            if made is not None:
                pairs = zip(tensors_in(made), tensors_in(again), strict=True)
                for old, new in pairs:
                    old.copy_(new)


class Capture:
    """`torch.cuda.graph`: what is launched until the context ends goes into the graph."""

    def __init__(self, machine: Machine, graph: Graph, *, stream: Stream, **_: object) -> None:
        self._machine = machine
        self._graph = graph
        self._in_stream = InStream(machine, stream)

    def __enter__(self) -> None:
        self._machine.seen.host_waits["begin of a capture"] += 1
        self._in_stream.__enter__()
        self._machine.capture = self._graph

    def __exit__(self, *_: object) -> None:
        self._machine.capture = None
        if self._machine.capture_failure is not None:
            raise torch.AcceleratorError(self._machine.capture_failure)
        self._in_stream.__exit__()
