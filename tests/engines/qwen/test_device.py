"""Words become devices and number formats, complaints of devices our errors."""

import gc
import weakref
from collections.abc import Sequence

import numpy as np
import pytest
import torch

from qasr_cli.engines.ladder import Ladder
from qasr_cli.engines.qwen.device import guarded, placement
from qasr_cli.errors import DeviceLost, DeviceMemoryError, DeviceUnavailable, UsageError

CPU = torch.device("cpu")
CUDA = torch.device("cuda", 0)

without_cuda = pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has CUDA")


def test_a_cpu_works_in_float32() -> None:
    """On a CPU "auto" is the format that every CPU is good at."""
    place = placement("cpu", "auto")

    assert (place.device, place.dtype) == (torch.device("cpu"), torch.float32)


@without_cuda
def test_auto_falls_back_to_the_cpu() -> None:
    """Without CUDA "auto" is the CPU."""
    assert placement("auto", "auto").device == torch.device("cpu")


@without_cuda
@pytest.mark.parametrize("name", ["cuda", "cuda:1"])
def test_absent_cuda_is_told(name: str) -> None:
    """A device that was asked for is never silently another one."""
    with pytest.raises(DeviceUnavailable, match=f"--device {name}: .*CUDA.*; --device cpu always"):
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
def test_every_way_to_run_out_of_memory_is_known(fill: object) -> None:
    """Whoever could not allocate, main memory included, it is one error."""

    def work(_: Sequence[int]) -> list[int]:
        assert callable(fill)
        fill()
        return []

    with pytest.raises(DeviceMemoryError, match="cpu ran out of memory on 2 clip"):
        guarded(work, CPU)([1, 2])


def test_the_failed_batch_is_freed_before_the_next_try() -> None:
    """The tensors of a batch that did not fit are gone when half of it is tried."""
    living: list[weakref.ref[torch.Tensor]] = []

    def work(items: Sequence[int]) -> list[bool]:
        gc.collect()
        former_is_alive = any(ref() is not None for ref in living)
        scratch = torch.zeros(8)
        living.append(weakref.ref(scratch))
        if len(items) > 1:
            raise torch.OutOfMemoryError
        return [former_is_alive]

    assert [p for batch in Ladder(2).climb([1, 2], guarded(work, CPU)) for p in batch] == [
        (1, False),
        (2, False),
    ]


def _assertion_on_the_device(_: Sequence[int]) -> list[int]:
    raise RuntimeError("CUDA error: device-side assert triggered\nmore lines")


def test_a_poisoned_device_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the device answers every further call with an error, the process is told to go."""

    def synchronize(_: torch.device) -> None:
        raise RuntimeError("CUDA error: device-side assert triggered")

    monkeypatch.setattr(torch.cuda, "synchronize", synchronize)

    with pytest.raises(DeviceLost, match="cuda:0 stopped working: CUDA error: device-side assert"):
        guarded(_assertion_on_the_device, CUDA)([1])


def test_a_failure_on_a_living_device_is_just_that(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the device still answers, the failure is the batch's own."""
    monkeypatch.setattr(torch.cuda, "synchronize", lambda _: None)

    with pytest.raises(RuntimeError, match="assert"):
        guarded(_assertion_on_the_device, CUDA)([1])
    with pytest.raises(RuntimeError, match="assert"):
        guarded(_assertion_on_the_device, CPU)([1])


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no CUDA")
def test_a_full_gpu_works_on() -> None:
    """After a real out-of-memory the same process computes on the same device."""

    def work(items: Sequence[int]) -> list[float]:
        shape = (len(items) << 42,) if len(items) > 1 else (1,)
        return torch.ones(shape, device=CUDA).tolist()

    assert [p for batch in Ladder(2).climb([1, 2], guarded(work, CUDA)) for p in batch] == [
        (1, 1.0),
        (2, 1.0),
    ]
