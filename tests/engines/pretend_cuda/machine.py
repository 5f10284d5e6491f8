"""A pretend machine with NVIDIA GPUs: what it has, and what it saw of the work it was given."""

import threading
import weakref
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import torch

# Source: c10/cuda/CUDACachingAllocator.cpp, kMinBlockSize: every block is a multiple of it.
_BLOCK_BYTES = 512


class ForbiddenOnCuda(AssertionError):
    """Something that a real device refuses, or does wrongly in silence."""


@dataclass(slots=True, kw_only=True)
class Seen:
    """What was asked of all GPUs of a machine.

    Attributes:
        kernels: launches, by operation.
        host_waits: reads and copies for which the host stands still until the device is done.
        pageable_copies: copies to a device that do not wait, of memory that is not pinned.
        attention: calls of attention over whole sequences, by the kernel that CUDA takes for them.
        attention_shapes: shapes and strides of those: some kernels are planned anew for each.
        elsewhere: launches on another GPU than the current one, by operation.
        contexts: GPUs on which this process took memory for a context of its own.
        stream_count: streams that were made.
    """

    kernels: Counter[str] = field(default_factory=Counter)
    host_waits: Counter[str] = field(default_factory=Counter)
    pageable_copies: Counter[str] = field(default_factory=Counter)
    attention: Counter[str] = field(default_factory=Counter)
    attention_shapes: set[tuple[object, ...]] = field(default_factory=set)
    elsewhere: Counter[str] = field(default_factory=Counter)
    contexts: set[int] = field(default_factory=set)
    stream_count: int = 0

    @property
    def launch_count(self) -> int:
        """Kernels and replays that the host launched."""
        return self.kernels.total()


class Memory:
    """A piece of a GPU's memory; given back when nothing refers to it."""

    def __init__(self, machine: "Machine", device: torch.device, size_bytes: int) -> None:
        self.machine = machine
        self.device = device
        rounded_bytes = -(-size_bytes // _BLOCK_BYTES) * _BLOCK_BYTES
        machine.take(device.index, rounded_bytes)
        weakref.finalize(self, machine.give_back, device.index, rounded_bytes)


class Machine:
    """GPUs of one kind, and all that they saw.

    Args:
        total_bytes: memory of each GPU.
        capabilities: compute capability of each.
        claimed_bytes: free memory that is not there when it is taken: somebody else was faster.
        arch_list: what this pretend torch has kernels for.

    Attributes:
        failure: once set, every call to a GPU raises it, as after a failed assertion.
        capture_failure: once set, the end of every capture raises it.
        forgets_launches: replays do nothing.
        capture: the graph that is being captured, or None.
        allocator_settings: what torch's allocator was told.
        fullest_bytes: most memory that was ever taken on one GPU.
        refused_count: how often there was no memory.
    """

    def __init__(
        self,
        *,
        total_bytes: int = 80 << 30,
        claimed_bytes: int = 0,
        capabilities: tuple[tuple[int, int], ...] = ((9, 0), (9, 0)),
        arch_list: tuple[str, ...] = ("sm_75", "sm_80", "sm_90", "compute_90"),
    ) -> None:
        self.gpu_count = len(capabilities)
        self.claimed_bytes = claimed_bytes
        self.total_bytes = total_bytes
        self.capabilities = capabilities
        self.arch_list = arch_list
        self.seen = Seen()
        self.failure: str | None = None
        self.capture_failure: str | None = None
        self.forgets_launches = False
        self.capture: Any = None
        self.allocator_settings: list[str] = []
        self.fullest_bytes = 0
        self.refused_count = 0
        self._used_bytes = [0] * self.gpu_count
        self._lock = threading.RLock()
        self._of_thread = threading.local()
        self._pinned: dict[int, torch.Tensor] = {}

    def forget_seen(self) -> None:
        """Count from zero again."""
        self.seen = Seen()

    # --- memory -----------------------------------------------------------------------------------

    def used_bytes(self, index: int) -> int:
        """Memory that is taken on a GPU."""
        return self._used_bytes[index]

    def take(self, index: int, size_bytes: int) -> None:
        """Take memory, or raise what torch raises when there is none."""
        with self._lock:
            self.seen.contexts.add(index)
            used_bytes = self._used_bytes[index] + size_bytes
            if used_bytes > self.total_bytes:
                self.refused_count += 1
                raise torch.OutOfMemoryError(
                    f"CUDA out of memory. Tried to allocate {size_bytes} bytes (pretend GPU)"
                )
            self._used_bytes[index] = used_bytes
            self.fullest_bytes = max(self.fullest_bytes, used_bytes)

    def give_back(self, index: int, size_bytes: int) -> None:
        """Give memory back."""
        with self._lock:
            self._used_bytes[index] -= size_bytes

    def pin(self, tensor: torch.Tensor) -> torch.Tensor:
        """A copy in memory that the device reads without the host."""
        copy = tensor.clone()
        self._pinned[copy.untyped_storage().data_ptr()] = copy  # alive, so the address is its own
        return copy

    def is_pinned(self, tensor: torch.Tensor) -> bool:
        """Whether a tensor of the host lies in such memory."""
        return tensor.untyped_storage().data_ptr() in self._pinned

    # --- devices and streams ----------------------------------------------------------------------

    @property
    def current(self) -> int:
        """The current GPU of this thread."""
        index: int = getattr(self._of_thread, "current", 0)
        return index

    @current.setter
    def current(self, index: int) -> None:
        self._of_thread.current = index

    @property
    def stream(self) -> Any:  # noqa: ANN401  # a stand-in
        """The current stream of this thread; None = the ordinary one."""
        return getattr(self._of_thread, "stream", None)

    @stream.setter
    def stream(self, stream: Any) -> None:  # noqa: ANN401  # a stand-in
        self._of_thread.stream = stream

    def device(self, name: "torch.device | str | int | None" = None) -> torch.device:
        """A device with its number: that of the current GPU where none is named."""
        if name is None:
            return torch.device("cuda", self.current)
        device = torch.device("cuda", name) if isinstance(name, int) else torch.device(name)
        if device.type == "cuda" and device.index is None:
            return torch.device("cuda", self.current)
        return device

    def check_works(self) -> None:
        """Raise the error after which a GPU only repeats it."""
        if self.failure is not None:
            raise torch.AcceleratorError(self.failure)
