"""How a GPU is told to compute, before anything is loaded onto it."""

import contextlib
import os

import torch

from qasr_cli.engines.qwen.device import Placement, is_out_of_memory, made_current

# Source: torch's notes "CUDA semantics", "Optimizing memory usage": the newer name, and the older.
_ALLOCATOR_VARIABLES = ("PYTORCH_ALLOC_CONF", "PYTORCH_CUDA_ALLOC_CONF")


def set_up(place: Placement) -> None:
    """Settings of torch for a GPU, for the whole process; nothing where the CPU works."""
    if place.device.type != "cuda":
        return
    # cuDNN's attention is planned anew for each shape, 55 to 440 ms each time, and clips have
    # hundreds. Source: flashinfer-ai/flashinfer#5245, modelscope/FunASR#3704.
    torch.backends.cuda.enable_cudnn_sdp(False)
    # --dtype float32 asks for float32; cuDNN would take 10 of its 23 bits.
    torch.backends.cudnn.allow_tf32 = place.dtype != torch.float32
    _let_segments_grow(place.device)


def _let_segments_grow(device: torch.device) -> None:
    """Let the allocator lengthen its memory: caches that grow would leave gaps that none fits."""
    if any(name in os.environ for name in _ALLOCATOR_VARIABLES):
        return
    _set_allocator("expandable_segments:True")
    try:
        with made_current(device):
            torch.empty(1, device=device)
    except RuntimeError as error:  # a virtual GPU or a board without the driver's calls for it
        if is_out_of_memory(error):
            return  # loading says so
        _set_allocator("expandable_segments:False")


def _set_allocator(setting: str) -> None:
    """Set it as its variable would, which torch reads once, long before."""
    # Its name in torch 2.13, else the one in older ones.
    tell = getattr(torch._C, "_accelerator_setAllocatorSettings", None)  # noqa: SLF001
    if tell is None:
        tell = torch.cuda.memory._set_allocator_settings  # noqa: SLF001
    with contextlib.suppress(RuntimeError):  # a system that has it not
        tell(setting)
