"""A machine with pretend GPUs, for as long as a context lasts; afterwards all is as before."""

import contextlib
import ctypes
import os
import sys
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from tests.engines.pretend_cuda import graphs
from tests.engines.pretend_cuda.machine import Machine
from tests.engines.pretend_cuda.modes import Functions, Operations

# A machine with a GPU has the real thing; and only Linux's library says where its guards are.
IS_POSSIBLE = sys.platform == "linux" and torch.version.cuda is None

# Source: c10/core/DeviceType.h, DeviceType::CUDA, ::Meta and COMPILE_TIME_MAX_DEVICE_TYPES.
_CUDA, _META, _KIND_COUNT = 1, 14, 22
# Source: c10/core/impl/DeviceGuardImplInterface.h, `device_guard_impl_registry`, as GCC names it.
_GUARDS = "_ZN3c104impl26device_guard_impl_registryE"


@contextlib.contextmanager
def pretend(machine: Machine) -> Iterator[Machine]:
    """Let torch see the GPUs of a machine, in this thread and in all that begin meanwhile."""
    overwrites = torch.__future__.get_overwrite_module_params_on_conversion()
    run_thread = threading.Thread.run

    def run_in_modes(thread: threading.Thread) -> None:
        with Functions(machine), Operations(machine):
            run_thread(thread)

    with pytest.MonkeyPatch.context() as patch, _guard():
        for name, stand_in in _stand_ins(machine).items():
            patch.setattr(torch.cuda, name, stand_in)
        patch.setattr(torch.version, "cuda", "13.0")
        # Tensors of inference mode cannot be views of wrappers.
        patch.setattr(torch, "inference_mode", torch.no_grad)
        patch.setattr(threading.Thread, "run", run_in_modes)
        # A module's weights move to a GPU as new ones: `.data =` takes no wrapper.
        torch.__future__.set_overwrite_module_params_on_conversion(True)
        try:
            with Functions(machine), Operations(machine):
                yield machine
        finally:
            torch.__future__.set_overwrite_module_params_on_conversion(overwrites)


def _stand_ins(machine: Machine) -> dict[str, Any]:
    """What takes the place of functions of `torch.cuda`, by their names."""
    ordinary = graphs.Stream(machine)
    return {
        "_lazy_init": lambda: None,
        "is_available": lambda: True,
        "is_initialized": lambda: True,
        "device_count": lambda: machine.gpu_count,
        "current_device": lambda: machine.current,
        "device": lambda device: _CurrentGpu(machine, device),
        "synchronize": lambda _=None: _synchronize(machine),
        "is_bf16_supported": lambda including_emulation=True: (
            including_emulation or machine.capability >= (8, 0)
        ),
        "get_device_capability": lambda _=None: machine.capability,
        "get_arch_list": lambda: list(machine.arch_list),
        "get_device_properties": lambda _=None: SimpleNamespace(
            name="Pretend", total_memory=machine.total_bytes, uuid="pretend"
        ),
        "mem_get_info": lambda device=None: _memory_info(machine, machine.device(device).index),
        **{
            name: lambda device=None: machine.used_bytes(machine.device(device).index)
            for name in ("memory_allocated", "memory_reserved")
        },
        "max_memory_reserved": lambda _=None: machine.fullest_bytes,
        "empty_cache": lambda: None,
        "Stream": lambda device=None: graphs.Stream(machine, device),
        "current_stream": lambda _=None: machine.stream or ordinary,
        "set_stream": lambda stream: setattr(machine, "stream", stream),
        "stream": lambda stream: graphs.InStream(machine, stream),
        "CUDAGraph": lambda: graphs.Graph(machine),
        "graph": lambda graph, *, stream, **_: graphs.Capture(machine, graph, stream),
        "graph_pool_handle": lambda: (0, 1),
    }


class _CurrentGpu:
    """`torch.cuda.device`: another current GPU, until the context ends."""

    def __init__(self, machine: Machine, device: Any) -> None:  # noqa: ANN401  # what torch takes
        self._machine = machine
        self._index = machine.device(device).index

    def __enter__(self) -> None:
        self._before = self._machine.current
        self._machine.current = self._index

    def __exit__(self, *_: object) -> None:
        self._machine.current = self._before


def _synchronize(machine: Machine) -> None:
    machine.check_works()
    machine.seen.host_waits["torch.cuda.synchronize"] += 1


def _memory_info(machine: Machine, index: int) -> tuple[int, int]:
    machine.check_works()
    machine.seen.contexts.add(index)
    return machine.total_bytes - machine.used_bytes(index), machine.total_bytes


@contextlib.contextmanager
def _guard() -> Iterator[None]:
    """A guard for CUDA devices, which a build without CUDA lacks, and C++ asks for.

    Its guard for "meta" devices does nothing, and serves as one.
    """
    torch_folder = os.path.dirname(torch.__file__)
    library = ctypes.CDLL(os.path.join(torch_folder, "lib", "libc10.so"))
    guards = (ctypes.c_void_p * _KIND_COUNT).in_dll(library, _GUARDS)
    guards[_CUDA] = guards[_META]
    try:
        yield
    finally:
        guards[_CUDA] = None
