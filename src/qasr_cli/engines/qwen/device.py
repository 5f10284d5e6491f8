"""Where the models run, and in which number format."""

import gc
from dataclasses import dataclass

import torch

from qasr_cli.errors import DeviceUnavailable, UsageError
from qasr_cli.options import check_device_name

# Source: cudaErrorMemoryAllocation in the CUDA runtime's list of errors.
_CUDA_OUT_OF_MEMORY = 2
# Torch has no type for these: its CPU allocator, and NVIDIA's libraries that allocate by themselves
# (CUBLAS_STATUS_ALLOC_FAILED and its like), raise a plain RuntimeError.
_UNTYPED_OUT_OF_MEMORY = ("DefaultCPUAllocator: can't allocate memory", "_STATUS_ALLOC_FAILED")

_DTYPES = {"bfloat16": torch.bfloat16, "float16": torch.float16, "float32": torch.float32}


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """A device of this machine, and the number format of the models on it.

    Attributes:
        is_int8: all large layers multiply in 8 bits.
        has_graphs: steps of answers are recorded as CUDA graphs.
    """

    device: torch.device
    dtype: torch.dtype
    is_int8: bool = False
    has_graphs: bool = False

    @property
    def is_bfloat16_on_cpu(self) -> bool:
        """Whether numbers are bfloat16 in main memory."""
        return self.device.type == "cpu" and self.dtype == torch.bfloat16

    @property
    def has_onednn(self) -> bool:
        """Whether oneDNN's bfloat16 kernels compute the layers."""
        return self.is_bfloat16_on_cpu and multiplies_bfloat16()


def placement(
    device: str, dtype: str, quantize: str = "none", *, cuda_graphs: bool = False
) -> Placement:
    """The device and number format that these options stand for on this machine.

    Raises:
        UsageError: no such word, or `--quantize` or `--cuda-graphs` where it does not apply.
        DeviceUnavailable: this machine lacks it.
    """
    chosen = _device(device)
    if cuda_graphs and chosen.type != "cuda":
        raise UsageError("--cuda-graphs works on a GPU, and this run is on the CPU")
    if quantize == "none":
        return Placement(device=chosen, dtype=_dtype(dtype, chosen), has_graphs=cuda_graphs)
    if chosen.type != "cpu" or dtype not in {"auto", "float32"}:
        raise UsageError("--quantize int8 works on the CPU, in float32")
    if not has_fbgemm():
        raise DeviceUnavailable("cpu", "torch has no 8-bit kernels for this processor")
    return Placement(device=chosen, dtype=torch.float32, is_int8=True)


def has_fbgemm() -> bool:
    """Whether torch has FBGEMM, its kernels for 8 and 16 bits, on this processor (x86)."""
    return "fbgemm" in torch.backends.quantized.supported_engines


def _device(name: str) -> torch.device:
    check_device_name(name)
    if name == "auto":
        return torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
    if name == "cpu":
        return torch.device("cpu")
    if torch.version.cuda is None:
        reason = f"torch {torch.__version__} was built without CUDA"
        raise DeviceUnavailable(name, reason, ("auto", "cpu"))
    index = int(name.partition(":")[2] or 0)
    available_count = torch.cuda.device_count()
    if index >= available_count:
        here = [f"cuda:{number}" for number in range(available_count)]
        reason = f"torch sees {available_count or 'no'} CUDA device{'s' * (available_count > 1)}"
        raise DeviceUnavailable(name, reason, ("auto", "cpu", *here))
    return torch.device("cuda", index)


def _dtype(name: str, device: torch.device) -> torch.dtype:
    """The published weights are bfloat16; older GPUs only emulate it, and so do most CPUs.

    On a CPU without the instructions it is slower than float32 by a factor of ten.
    """
    if name in _DTYPES:
        return _DTYPES[name]
    if name != "auto":
        raise UsageError(f"--dtype {name}: takes auto or one of {', '.join(_DTYPES)}")
    if device.type == "cpu":
        return torch.bfloat16 if multiplies_bfloat16() else torch.float32
    with torch.cuda.device(device):
        has_bfloat16 = torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.bfloat16 if has_bfloat16 else torch.float16


def multiplies_bfloat16() -> bool:
    """Whether this processor has AVX512-BF16 or AMX; torch has no public word for it."""
    cpu = torch.cpu
    return bool(cpu._is_avx512_bf16_supported() or cpu._is_amx_tile_supported())  # noqa: SLF001


def free_memory() -> None:
    """Hand unused memory of all devices back to the system."""
    gc.collect()
    torch.cuda.empty_cache()


def is_out_of_memory(error: Exception) -> bool:
    """Whether an exception means that a device, or main memory, has no room."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    if getattr(error, "error_code", None) == _CUDA_OUT_OF_MEMORY:  # of torch.AcceleratorError
        return True
    return type(error) is RuntimeError and any(
        sign in str(error) for sign in _UNTYPED_OUT_OF_MEMORY
    )


def is_lost(device: torch.device) -> bool:
    """Whether a GPU takes no more work from this process.

    Source: CUDA's list of errors. After a failed assertion or an illegal address "any further CUDA
    work will return the same error", so it is enough to ask for some.
    """
    if device.type != "cuda":
        return False
    try:
        torch.cuda.synchronize(device)
    except RuntimeError:
        return True
    return False
