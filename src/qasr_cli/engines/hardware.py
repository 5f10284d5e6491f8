"""What torch knows of this machine, in plain values, for reports."""

import ctypes
from dataclasses import dataclass
from typing import Any

import torch

from qasr_cli.system import limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """One CUDA device.

    Attributes:
        free_bytes: None when the driver does not answer.
        architecture: as in torch's list of what it is built for: "sm_90".
    """

    name: str
    total_bytes: int
    free_bytes: int | None
    architecture: str = ""


def torch_version() -> str:
    """The version of torch, such as "2.13.0+cpu"."""
    return str(torch.__version__)


def cuda_version() -> str | None:
    """The CUDA that torch was built for, such as "13.0"; None without any."""
    return torch.version.cuda


def reserved_bytes() -> int:
    """Memory of GPUs that this process holds; asks no driver where it uses none."""
    if not torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        return 0
    return sum(torch.cuda.memory_reserved(index) for index in range(torch.cuda.device_count()))


def thread_count() -> int:
    """CPU threads one operation of torch may use."""
    return torch.get_num_threads()


def gpus() -> tuple[Gpu, ...]:
    """The CUDA devices, in the order of their numbers; empty when torch can use none."""
    if not torch.cuda.is_available():
        return ()
    return tuple(_gpu(index) for index in range(torch.cuda.device_count()))


def peak_memory_bytes(device: str) -> int:
    """Most memory that this process ever held, on a GPU ("cuda:0") or in main memory.

    0 where the system does not say.
    """
    if device.startswith("cuda"):
        return int(torch.cuda.max_memory_reserved(device))
    return limits.peak_memory_bytes() or 0


def _gpu(index: int) -> Gpu:
    properties = torch.cuda.get_device_properties(index)
    free_bytes = _free_bytes_of(str(getattr(properties, "uuid", "")))
    if free_bytes is None:
        try:
            free_bytes, _ = torch.cuda.mem_get_info(index)
        except RuntimeError:  # out of memory, in exclusive use, fallen off the bus
            free_bytes = None
    return Gpu(
        name=properties.name,
        total_bytes=properties.total_memory,
        free_bytes=free_bytes,
        architecture=f"sm_{properties.major}{properties.minor}",
    )


class _MemoryInfo(ctypes.Structure):
    """Source: NVML's reference, `nvmlMemory_t`."""

    _fields_ = (
        ("total", ctypes.c_ulonglong),
        ("free", ctypes.c_ulonglong),
        ("used", ctypes.c_ulonglong),
    )


def _free_bytes_of(uuid: str) -> int | None:
    """Free memory of a GPU, as the driver's management library says; None where there is none.

    To ask CUDA would make a context on the GPU, some hundred megabytes, for as long as this process
    lives, on GPUs that it never works on, too.
    """
    library = _management_library()
    if library is None or library.nvmlInit_v2() != 0:
        return None
    try:
        handle, memory = ctypes.c_void_p(), _MemoryInfo()
        for kind in ("GPU", "MIG"):
            name = f"{kind}-{uuid}".encode()
            if library.nvmlDeviceGetHandleByUUID(name, ctypes.byref(handle)) == 0:
                found = library.nvmlDeviceGetMemoryInfo(handle, ctypes.byref(memory))
                return int(memory.free) if found == 0 else None
    finally:
        library.nvmlShutdown()
    return None


def _management_library() -> Any | None:  # noqa: ANN401  # functions of a library have no types
    try:
        return ctypes.CDLL("libnvidia-ml.so.1")
    except OSError:
        return None
