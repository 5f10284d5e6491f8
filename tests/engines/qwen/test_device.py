"""Words of the command line become devices and number formats, or errors that help."""

import pytest
import torch

from qasr_cli.engines.qwen.device import placement
from qasr_cli.errors import DeviceUnavailable, UsageError

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
