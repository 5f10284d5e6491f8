"""Where the models run, and in which number format."""

import functools
import gc
import logging
import re
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch

from qasr_cli.errors import DeviceUnavailable, UsageError
from qasr_cli.options import check_device_name
from qasr_cli.sandbox import nvidia

# Source: cudaErrorMemoryAllocation in the CUDA runtime's list of errors.
_CUDA_OUT_OF_MEMORY = 2
# Torch has no type for these: its CPU allocator, its mapped files, the driver before torch 2.8, and
# NVIDIA's libraries that allocate by themselves raise a plain RuntimeError. Those cannot say even
# that without room for their own handle or workspace: they are "not initialized", find no engine.
# The last one is torch's: it asks who has the memory that is out, and cannot get to know.
_UNTYPED_OUT_OF_MEMORY = (
    "DefaultCPUAllocator: can't allocate memory",
    "Cannot allocate memory (12)",
    "CUDA error: out of memory",
    "_STATUS_ALLOC_FAILED",
    "_ALLOCATION_FAILED",
    "CUBLAS_STATUS_NOT_INITIALIZED",
    "CUDNN_STATUS_NOT_INITIALIZED",
    "unable to find an engine",
    "Unable to find a valid cuDNN algorithm",
    "NVML_SUCCESS == ",
)
# Such as "sm_90", "compute_90" (for what comes later, too) and "sm_90a" (for that one alone).
_ARCHITECTURE = re.compile(r"(?P<kind>sm|compute)_(?P<major>\d+)(?P<minor>\d)(?P<variant>[a-z]?)")

_log = logging.getLogger(__name__)

_DTYPES = {"bfloat16": torch.bfloat16, "float16": torch.float16, "float32": torch.float32}


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """A device of this machine, and the number format of the models on it.

    Attributes:
        is_int8: nearly all large layers multiply in 8 bits.
        is_int4: steps of answers multiply weights of 4 bits, whatever the rest does.
        has_graphs: steps of answers are recorded as CUDA graphs.
        is_batch_invariant: on a GPU, no answer may depend on which others are made beside it.
    """

    device: torch.device
    dtype: torch.dtype
    is_int8: bool = False
    is_int4: bool = False
    has_graphs: bool = False
    is_batch_invariant: bool = False

    @property
    def is_bfloat16_on_cpu(self) -> bool:
        """Whether numbers are bfloat16 in main memory."""
        return self.device.type == "cpu" and self.dtype == torch.bfloat16

    @property
    def has_onednn(self) -> bool:
        """Whether oneDNN's bfloat16 kernels compute the layers."""
        return self.is_bfloat16_on_cpu and multiplies_bfloat16()

    @property
    def attention_dtype(self) -> torch.dtype:
        """The number format in which answers in the making are held and attended to.

        In 8 bits most else is float32. Twice as much would be read (0.6B, a step of 64 rows of 448
        positions: 1,306 ms in place of 738), for digits that 8 bits lose many times over.
        """
        return torch.bfloat16 if self.is_int8 and multiplies_bfloat16() else self.dtype

    @property
    def has_tiles(self) -> bool:
        """Whether AMX attends to answers in the making, tile by tile."""
        return self.device.type == "cpu" and self.attention_dtype == torch.bfloat16 and has_amx()


def placement(
    device: str,
    dtype: str,
    quantize: str = "none",
    *,
    cuda_graphs: bool | None = None,
    batch_invariant: bool = False,
) -> Placement:
    """The device and number format that these options stand for on this machine.

    Args:
        cuda_graphs: None = on a GPU.
        batch_invariant: a CPU's answers are so anyway.

    Raises:
        UsageError: no such word, or `--quantize` or `--cuda-graphs` where it does not apply.
        DeviceUnavailable: this machine lacks it.
    """
    chosen = _device(device)
    is_gpu = chosen.type == "cuda"
    if cuda_graphs and not is_gpu:
        raise UsageError("--cuda-graphs works on a GPU, and this run is on the CPU")
    if quantize == "auto":
        raise UsageError("--quantize auto is settled before an engine is built")
    if quantize != "none":
        return _quantized(chosen, dtype, quantize)
    return Placement(
        device=chosen,
        dtype=_dtype(dtype, chosen),
        has_graphs=is_gpu if cuda_graphs is None else cuda_graphs,
        is_batch_invariant=is_gpu and batch_invariant,
    )


def _quantized(device: torch.device, dtype: str, quantize: str) -> Placement:
    """Where 8 bits do all that is large, or 4 bits the steps of answers, beside bfloat16 or 8."""
    is_int4 = quantize == "int4"
    formats = ("bfloat16", "float32") if is_int4 else ("float32",)
    if device.type != "cpu" or dtype not in {"auto", *formats}:
        raise UsageError(f"--quantize {quantize} works on the CPU, in {' or '.join(formats)}")
    if not has_fbgemm():
        raise DeviceUnavailable("cpu", "torch has no 8-bit kernels for it; --quantize none works")
    if is_int4 and _dtype(dtype, device) == torch.bfloat16:
        return Placement(device=device, dtype=torch.bfloat16, is_int4=True)
    return Placement(device=device, dtype=torch.float32, is_int8=True, is_int4=is_int4)


def has_fbgemm() -> bool:
    """Whether torch has FBGEMM, its kernels for 8 and 16 bits, on this processor (x86)."""
    return "fbgemm" in torch.backends.quantized.supported_engines


def _device(name: str) -> torch.device:
    check_device_name(name)
    if name == "auto":
        return _best_device()
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
    lack = _lack_of_kernels(index)
    if lack is not None:
        raise DeviceUnavailable(name, lack)
    return torch.device("cuda", index)


def _best_device() -> torch.device:
    """The first GPU that torch has kernels for, else the CPU; told where a GPU is passed over."""
    if not torch.cuda.is_available():
        if nvidia.has_gpu():
            _tell_once(f"the CPU does the work beside an NVIDIA GPU: {lack_of_cuda()}")
        return torch.device("cpu")
    lacks = []
    for index in range(torch.cuda.device_count()):
        lack = _lack_of_kernels(index)
        if lack is None:
            return torch.device("cuda", index)
        lacks.append(f"cuda:{index}: {lack}")
    _tell_once(f"the CPU does the work: {'; '.join(lacks)}")
    return torch.device("cpu")


def lack_of_cuda() -> str:
    """Why torch can use no GPU of this machine, as far as can be seen, and what to do."""
    if torch.version.cuda is None:
        return f"torch {torch.__version__} was built without CUDA; install a build with it"
    if missing := nvidia.missing_nodes():
        nodes = " and ".join(missing)
        return f"without {nodes}: sudo nvidia-modprobe -c0 -u makes it, where the driver is loaded"
    return "CUDA does not start; qasr doctor, and qasr doctor --no-sandbox, say more"


@functools.cache
def _tell_once(text: str) -> None:
    """Say it the first time only: each model asks for its device."""
    _log.warning(text)


def _lack_of_kernels(index: int) -> str | None:
    """Why this torch cannot compute on a GPU; None where it can, or does not say what it has.

    Source: NVIDIA's "CUDA C++ Programming Guide", binary and PTX compatibility: compiled code works
    on the same major revision from its minor one on, "compute" code on everything later.
    """
    # AMD's have other names, and their builds of torch answer for CUDA.
    architectures = [name for name in torch.cuda.get_arch_list() if _ARCHITECTURE.fullmatch(name)]
    if not architectures:
        return None
    try:
        capability = torch.cuda.get_device_capability(index)
    except RuntimeError as error:  # the driver is there, and CUDA does not start
        return str(error).partition("\n")[0]
    if any(_runs_on(capability, name) for name in architectures):
        return None
    major, minor = capability
    return (
        f"torch {torch.__version__} has no kernels for its compute capability {major}.{minor} "
        f"(it has {' '.join(architectures)}); another build of torch may"
    )


def _runs_on(capability: tuple[int, int], architecture: str) -> bool:
    found = _ARCHITECTURE.fullmatch(architecture)
    if found is None:
        return False
    code = int(found["major"]), int(found["minor"])
    if found["variant"] == "a":
        return code == capability
    if found["kind"] == "compute":
        return code <= capability
    return code[0] == capability[0] and code <= capability


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
    return bool(torch.cpu._is_avx512_bf16_supported()) or has_amx()  # noqa: SLF001


def has_amx() -> bool:
    """Whether this processor multiplies tiles of bfloat16; torch has no public word for it."""
    return bool(torch.cpu._is_amx_tile_supported())  # noqa: SLF001


def sent(tensor: torch.Tensor, device: torch.device) -> torch.Tensor:
    """A tensor of main memory on a device, where a GPU takes it while the host goes on."""
    if device.type != "cuda":
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)  # torch keeps it until it was read


def made_current(device: torch.device) -> AbstractContextManager[object]:
    """A context in which a GPU is the current one: torch's choices of kernels go by it."""
    return torch.cuda.device(device) if device.type == "cuda" else nullcontext()


def free_bytes_on(device: torch.device) -> int:
    """Memory of a GPU that this process can still take, that of its own pool included."""
    with torch.cuda.device(device):
        free_bytes, _ = torch.cuda.mem_get_info(device)
        pooled_bytes = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return free_bytes + pooled_bytes


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
