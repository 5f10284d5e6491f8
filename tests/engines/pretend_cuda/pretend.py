"""A machine with pretend GPUs, for as long as a context lasts; afterwards all is as before."""

import contextlib
import ctypes
import functools
import os
import sys
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import torch

# The second one so that libraries which look for a GPU while they are imported have seen none.
from qasr_cli.engines.qwen import model_loading  # noqa: F401
from qasr_cli.engines.qwen.decoding import cuda_graphs
from qasr_cli.engines.qwen.model import ragged_trial
from tests.engines.pretend_cuda import graphs
from tests.engines.pretend_cuda.machine import Machine
from tests.engines.pretend_cuda.modes import Functions, Operations

# A machine with a GPU has the real thing; and only Linux's library says where its guards are.
IS_POSSIBLE = sys.platform == "linux" and not torch.cuda.is_available()

# Source: c10/core/DeviceType.h, DeviceType::CUDA, ::Meta and COMPILE_TIME_MAX_DEVICE_TYPES.
_CUDA, _META, _KIND_COUNT = 1, 14, 22
# Source: c10/core/impl/DeviceGuardImplInterface.h, `device_guard_impl_registry`, as GCC names it.
_GUARDS = "_ZN3c104impl26device_guard_impl_registryE"


@contextlib.contextmanager
def pretend(machine: Machine) -> Iterator[Machine]:
    """Let torch see the GPUs of a machine, in this thread and in all that begin meanwhile."""
    cudnn_attention = has_cudnn_attention()
    cudnn_tf32 = torch.backends.cudnn.allow_tf32
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
        patch.setattr(
            torch._C,  # noqa: SLF001  # where torch has it
            "_accelerator_setAllocatorSettings",
            machine.allocator_settings.append,
        )
        # A module's weights move to a GPU as new ones: `.data =` takes no wrapper.
        torch.__future__.set_overwrite_module_params_on_conversion(True)
        _forget()
        try:
            with Functions(machine), Operations(machine):
                yield machine
        finally:
            _forget()
            torch.backends.cuda.enable_cudnn_sdp(cudnn_attention)
            torch.backends.cudnn.allow_tf32 = cudnn_tf32
            torch.__future__.set_overwrite_module_params_on_conversion(overwrites)


def _forget() -> None:
    """Let the process begin anew: nothing is known of a GPU."""
    cuda_graphs.captures_on.cache_clear()
    cuda_graphs.stream_of.cache_clear()
    ragged_trial.lack_of_kernel.cache_clear()


def _stand_ins(machine: Machine) -> dict[str, Any]:
    """What takes the place of functions of `torch.cuda`, by their names."""
    ordinary = graphs.Stream(machine)
    machine.forget_seen()
    return {
        "_lazy_init": lambda: None,
        "is_available": lambda: True,
        "is_initialized": lambda: True,
        "device_count": lambda: machine.gpu_count,
        "current_device": lambda: machine.current,
        "device": _of_machine(_CurrentGpu, machine),
        "synchronize": lambda _=None: _synchronize(machine),
        "is_bf16_supported": lambda including_emulation=True: (
            including_emulation or machine.capabilities[machine.current] >= (8, 0)
        ),
        "get_device_capability": lambda device=None: _capability(machine, device),
        "get_arch_list": lambda: list(machine.arch_list),
        "get_device_properties": lambda device=None: SimpleNamespace(
            name="Pretend",
            total_memory=machine.total_bytes,
            uuid="pretend",
            major=_capability(machine, device)[0],
            minor=_capability(machine, device)[1],
        ),
        "mem_get_info": lambda device=None: _memory_info(machine, machine.device(device).index),
        **{
            name: lambda device=None: machine.used_bytes(machine.device(device).index)
            for name in ("memory_allocated", "memory_reserved")
        },
        "max_memory_reserved": lambda _=None: machine.fullest_bytes,
        "empty_cache": lambda: None,
        "Stream": _of_machine(graphs.Stream, machine),
        "current_stream": lambda _=None: machine.stream or ordinary,
        "set_stream": lambda stream: setattr(machine, "stream", stream),
        "stream": lambda stream: graphs.InStream(machine, stream),
        "CUDAGraph": _of_machine(graphs.Graph, machine),
        "graph": _of_machine(graphs.Capture, machine),
        "graph_pool_handle": lambda: (0, 1),
    }


def _of_machine(kind: type[object], machine: Machine) -> type[object]:
    """A class whose objects belong to a machine; modules name torch's in annotations."""
    begin = functools.partialmethod(kind.__init__, machine)
    return type(kind.__name__, (kind,), {"__init__": begin})


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


def has_cudnn_attention() -> bool:
    """Whether torch may leave attention to cuDNN."""
    return bool(torch.backends.cuda.cudnn_sdp_enabled())  # type: ignore[no-untyped-call]  # torch


def _capability(machine: Machine, device: Any) -> tuple[int, int]:  # noqa: ANN401  # as above
    machine.check_works()
    return machine.capabilities[machine.device(device).index]


def _synchronize(machine: Machine) -> None:
    machine.check_works()
    machine.seen.host_waits["torch.cuda.synchronize"] += 1


def _memory_info(machine: Machine, index: int) -> tuple[int, int]:
    machine.check_works()
    machine.seen.contexts.add(index)
    free_bytes = machine.total_bytes - machine.used_bytes(index)
    return free_bytes + machine.claimed_bytes, machine.total_bytes


@contextlib.contextmanager
def _guard() -> Iterator[None]:
    """A guard for CUDA devices, which C++ asks for, and which a build without CUDA lacks.

    One with CUDA has a guard that asks the driver. The guard for "meta" devices does nothing, and
    serves in its place.
    """
    torch_folder = os.path.dirname(torch.__file__)
    library = ctypes.CDLL(os.path.join(torch_folder, "lib", "libc10.so"))
    guards = (ctypes.c_void_p * _KIND_COUNT).in_dll(library, _GUARDS)
    before = guards[_CUDA]
    guards[_CUDA] = guards[_META]
    try:
        yield
    finally:
        guards[_CUDA] = before
