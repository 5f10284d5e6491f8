"""Option values become devices and number formats; out-of-memory errors are recognised."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from qasr_cli.engines.qwen.device import Placement, has_fbgemm, is_out_of_memory, placement
from qasr_cli.errors import DeviceUnavailable, UsageError

CPU = torch.device("cpu")

without_cuda = pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has CUDA")


@pytest.mark.parametrize("instructions", ["_is_avx512_bf16_supported", "_is_amx_tile_supported"])
def test_a_cpu_works_in_what_it_multiplies(
    monkeypatch: pytest.MonkeyPatch, instructions: str
) -> None:
    """On a CPU "auto" is bfloat16 where the processor has it, else float32."""
    for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"):
        monkeypatch.setattr(torch.cpu, name, lambda: False)
    assert placement("cpu", "auto") == Placement(device=CPU, dtype=torch.float32)

    monkeypatch.setattr(torch.cpu, instructions, lambda: True)
    assert placement("cpu", "auto") == Placement(device=CPU, dtype=torch.bfloat16)


@pytest.mark.skipif(not has_fbgemm(), reason="no kernels for this processor")
@pytest.mark.parametrize("dtype", ["auto", "float32"])
def test_eight_bits_are_for_the_cpu(dtype: str) -> None:
    """`--quantize int8` works in float32 but for the layers that it names."""
    assert placement("cpu", dtype, "int8") == Placement(
        device=CPU, dtype=torch.float32, is_int8=True
    )


@pytest.mark.skipif(not has_fbgemm(), reason="no kernels for this processor")
@pytest.mark.parametrize("has_units", [True, False])
@pytest.mark.parametrize("dtype", ["auto", "float32", "bfloat16"])
def test_four_bits_leave_the_rest_as_it_is(
    monkeypatch: pytest.MonkeyPatch, dtype: str, has_units: bool
) -> None:
    """With `--quantize int4` all but steps is in bfloat16, or in 8 bits in place of float32."""
    for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"):
        monkeypatch.setattr(torch.cpu, name, lambda: has_units)
    in_bfloat16 = Placement(device=CPU, dtype=torch.bfloat16, is_int4=True)
    in_eight_bits = Placement(device=CPU, dtype=torch.float32, is_int8=True, is_int4=True)

    found = placement("cpu", dtype, "int4")

    is_bfloat16 = dtype == "bfloat16" or (dtype == "auto" and has_units)
    assert found == (in_bfloat16 if is_bfloat16 else in_eight_bits)


@pytest.mark.parametrize(
    ("dtype", "quantize"), [("bfloat16", "int8"), ("float16", "int8"), ("float16", "int4")]
)
def test_few_bits_need_certain_numbers_beside_them(dtype: str, quantize: str) -> None:
    """With another number format `--quantize` is a contradiction."""
    with pytest.raises(UsageError, match=f"--quantize {quantize} works on the CPU"):
        placement("cpu", dtype, quantize)


@pytest.mark.parametrize("quantize", ["int8", "int4"])
def test_few_bits_are_for_the_cpu(monkeypatch: pytest.MonkeyPatch, quantize: str) -> None:
    """On a GPU `--quantize` is a contradiction."""
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)

    with pytest.raises(UsageError, match=f"--quantize {quantize} works on the CPU"):
        placement("cuda:0", "auto", quantize)


@pytest.mark.parametrize("quantize", ["int8", "int4"])
def test_few_bits_without_kernels_are_told(monkeypatch: pytest.MonkeyPatch, quantize: str) -> None:
    """On a processor without the kernels `--quantize` says so."""
    monkeypatch.setattr("qasr_cli.engines.qwen.device.has_fbgemm", lambda: False)

    with pytest.raises(DeviceUnavailable, match="8-bit"):
        placement("cpu", "auto", quantize)


@pytest.mark.parametrize("quantize", ["none", "int8", "int4"])
def test_cuda_graphs_are_for_a_gpu(quantize: str) -> None:
    """On the CPU `--cuda-graphs` is a contradiction."""
    with pytest.raises(UsageError, match="--cuda-graphs"):
        placement("cpu", "auto", quantize, cuda_graphs=True)


def test_cuda_graphs_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a GPU steps are recorded unless `--no-cuda-graphs` says no; on a CPU never."""
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)

    assert placement("cuda:1", "float16", cuda_graphs=True).has_graphs
    assert placement("cuda:1", "float16").has_graphs
    assert not placement("cuda:1", "float16", cuda_graphs=False).has_graphs
    assert not placement("cpu", "float32").has_graphs


@without_cuda
def test_auto_falls_back_to_the_cpu() -> None:
    """Without CUDA "auto" is the CPU."""
    assert placement("auto", "auto").device == torch.device("cpu")


@without_cuda
@pytest.mark.parametrize("name", ["cuda", "cuda:1"])
def test_absent_cuda_is_told(name: str) -> None:
    """A device that was asked for is never silently another one."""
    with pytest.raises(DeviceUnavailable, match=f"--device {name}: .*CUDA.*here: auto, cpu; "):
        placement(name, "auto")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no CUDA")
def test_cuda_is_found() -> None:
    """With CUDA "auto" is the first device, in bfloat16 where it has that."""
    place = placement("auto", "auto")

    assert place.device == torch.device("cuda", 0)
    assert place.dtype in {torch.bfloat16, torch.float16}


@pytest.mark.parametrize("name", ["", "gpu", "cuda:", "cuda:x", "cpu:0"])
def test_unknown_devices_are_refused(name: str) -> None:
    """A typing error is a usage error."""
    with pytest.raises(UsageError, match="--device"):
        placement(name, "auto")


def test_a_number_format_is_kept() -> None:
    """A format that was asked for is taken."""
    assert placement("cpu", "bfloat16").dtype is torch.bfloat16


def _too_much_for_torch() -> None:
    torch.empty(10**15)


def _too_much_for_numpy() -> None:
    np.empty(10**15)


def _too_much_for_a_gpu() -> None:
    raise torch.OutOfMemoryError


def _too_much_for_cublas() -> None:
    raise RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`")


def _too_much_for_the_driver() -> None:
    error = torch.AcceleratorError("CUDA error: out of memory")
    error.error_code = 2  # type: ignore[attr-defined]  # set by torch itself where it raises
    raise error


@pytest.mark.parametrize(
    "message",
    [
        "unable to mmap 1564928088 bytes from file <x.safetensors>: Cannot allocate memory (12)",
        "CUDA error: out of memory",
        "CUDA error: CUBLAS_STATUS_NOT_INITIALIZED when calling `cublasCreate(handle)`",
        "cuDNN error: CUDNN_STATUS_NOT_INITIALIZED",
        "cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED",
        "cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasLtCreate`",
        "GET was unable to find an engine to execute this computation",
        "Unable to find a valid cuDNN algorithm to run convolution",
        'NVML_SUCCESS == r INTERNAL ASSERT FAILED at "CUDACachingAllocator.cpp":1131',
    ],
)
def test_libraries_without_room_for_themselves_are_known(message: str) -> None:
    """Where a library of NVIDIA has no memory to begin with, it says something else."""
    assert is_out_of_memory(RuntimeError(message))


@pytest.mark.parametrize(
    "fill",
    [
        _too_much_for_torch,
        _too_much_for_numpy,
        _too_much_for_a_gpu,
        _too_much_for_cublas,
        pytest.param(
            _too_much_for_the_driver,
            marks=pytest.mark.skipif(
                not hasattr(torch, "AcceleratorError"), reason="torch before 2.8"
            ),
        ),
    ],
)
def test_every_way_to_run_out_of_memory_is_known(fill: Callable[[], None]) -> None:
    """Whoever could not allocate, main memory included, it counts as that."""
    with pytest.raises((MemoryError, RuntimeError)) as caught:
        fill()

    assert is_out_of_memory(caught.value)


def test_other_failures_are_no_lack_of_memory() -> None:
    """What does not speak of memory is something else."""
    assert not is_out_of_memory(RuntimeError("shapes do not match"))
    assert not is_out_of_memory(ValueError("DefaultCPUAllocator: can't allocate memory"))
