"""A GPU that this torch has no kernels for is not chosen, and is told."""

from collections.abc import Iterator

import pytest
import torch

from qasr_cli.engines.qwen import device
from qasr_cli.engines.qwen.device import placement
from qasr_cli.errors import DeviceUnavailable
from tests.engines.pretend_cuda.machine import Machine
from tests.engines.pretend_cuda.pretend import pretend


@pytest.fixture(autouse=True)
def _told_nothing_yet() -> Iterator[None]:
    device._tell_once.cache_clear()  # noqa: SLF001
    yield
    device._tell_once.cache_clear()  # noqa: SLF001


@pytest.mark.parametrize(
    ("capability", "architectures", "runs"),
    [
        ((7, 5), "sm_75 sm_80", True),
        ((6, 1), "sm_75 sm_80 compute_80", False),
        ((8, 9), "sm_75 sm_80", True),
        ((8, 0), "sm_86", False),
        ((9, 0), "sm_80 sm_86", False),
        ((12, 0), "sm_80 compute_90", True),
        ((12, 1), "sm_75 sm_120", True),
        ((9, 0), "sm_80 sm_90a", True),
        ((10, 0), "sm_80 sm_90a", False),
        ((6, 1), "", True),
        ((9, 4), "gfx90a gfx942", True),
    ],
)
def test_kernels_are_looked_for(
    capability: tuple[int, int], architectures: str, runs: bool
) -> None:
    """Compiled code serves its major revision from its minor one on, PTX all that came later."""
    machine = Machine(capabilities=(capability,), arch_list=tuple(architectures.split()))
    with pretend(machine):
        if runs:
            assert placement("cuda", "float32").device == torch.device("cuda", 0)
            return
        with pytest.raises(DeviceUnavailable) as caught:
            placement("cuda", "float32")

    major, minor = capability
    assert f"no kernels for its compute capability {major}.{minor}" in str(caught.value)
    assert "--device cpu always works" in str(caught.value)


def test_cuda_that_does_not_start_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """A driver whose first call fails: auto takes the CPU and says why; a named GPU is refused."""
    machine = Machine()
    machine.failure = "CUDA unknown error - this may be due to an incorrectly set up environment"
    with pretend(machine):
        assert placement("auto", "float32").device == torch.device("cpu")
        with pytest.raises(DeviceUnavailable, match="--device cuda: CUDA unknown error"):
            placement("cuda", "float32")

    (record,) = caplog.records
    assert "cuda:1: CUDA unknown error" in record.getMessage()


def test_auto_takes_the_first_gpu_that_works() -> None:
    """An old GPU in the first place does not hide a new one in the second."""
    with pretend(Machine(capabilities=((6, 1), (8, 0)))):
        assert placement("auto", "float32").device == torch.device("cuda", 1)


def test_auto_says_why_it_takes_the_cpu(caplog: pytest.LogCaptureFixture) -> None:
    """Beside a GPU that cannot be used the CPU works, with one line, however often it is asked."""
    with pretend(Machine(capabilities=((6, 1),))):
        for _ in range(2):
            assert placement("auto", "float32").device == torch.device("cpu")

    (record,) = caplog.records
    assert record.getMessage().startswith("the CPU does the work: cuda:0: torch ")
