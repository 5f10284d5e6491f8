"""Looking at GPUs takes none of their memory."""

import ctypes
from typing import Any

import pytest

from qasr_cli.engines import hardware
from qasr_cli.machine.cuda_checks import check_gpu_work
from tests.engines.pretend_cuda.machine import Machine
from tests.engines.pretend_cuda.pretend import pretend

FREE_BYTES = 7 << 30


class ManagementLibrary:
    """The driver's library, which knows one GPU."""

    def __init__(self, known: bytes) -> None:
        self._known = known
        self.open_count = 0

    def nvmlInit_v2(self) -> int:  # noqa: N802  # its name
        """Open it."""
        self.open_count += 1
        return 0

    def nvmlShutdown(self) -> int:  # noqa: N802
        """Close it."""
        self.open_count -= 1
        return 0

    def nvmlDeviceGetHandleByUUID(self, name: bytes, handle: Any) -> int:  # noqa: ANN401, N802
        """Find a GPU."""
        ctypes.cast(handle, ctypes.POINTER(ctypes.c_void_p))[0] = 1
        return 0 if name == self._known else 6

    def nvmlDeviceGetMemoryInfo(self, _: object, memory: Any) -> int:  # noqa: ANN401, N802
        """Say what is free."""
        ctypes.cast(memory, ctypes.POINTER(ctypes.c_ulonglong))[1] = FREE_BYTES
        return 0


@pytest.mark.parametrize("known", [b"GPU-pretend", b"MIG-pretend"])
def test_looking_makes_no_context(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, known: bytes
) -> None:
    """The driver is asked, not CUDA, which would take memory on every GPU."""
    library = ManagementLibrary(known)
    monkeypatch.setattr(hardware, "_management_library", lambda: library)
    gpus = hardware.gpus()

    assert [gpu.free_bytes for gpu in gpus] == [FREE_BYTES, FREE_BYTES]
    assert machine.seen.contexts == set()
    assert library.open_count == 0


@pytest.mark.parametrize("library", [None, ManagementLibrary(b"another")], ids=["none", "unknown"])
def test_cuda_is_asked_where_the_driver_does_not_say(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, library: ManagementLibrary | None
) -> None:
    """Free memory is known all the same."""
    monkeypatch.setattr(hardware, "_management_library", lambda: library)

    assert [gpu.free_bytes for gpu in hardware.gpus()] == [machine.total_bytes] * 2


def test_the_doctor_tells_how_a_gpu_works(machine: Machine) -> None:
    """Whether steps are recorded, and how sequences are attended to."""
    check = check_gpu_work("cuda:1")
    machine.capture_failure = "CUDA error: operation not permitted when stream is capturing"
    refused = check_gpu_work("cuda:0")

    assert check.name == "work cuda:1"
    assert (check.state, check.detail) == (
        "ok",
        "steps recorded (--cuda-graphs); attention of all lengths at once",
    )
    assert refused.state == "warn"
    assert refused.detail.startswith(f"steps eager: {machine.capture_failure}; attention")


def test_the_doctor_tells_what_an_old_gpu_lacks() -> None:
    """Turing works, without the attention of later ones."""
    with pretend(Machine(capabilities=((7, 5),))):
        check = check_gpu_work("cuda:0")

    assert check.state == "ok"
    assert check.detail.endswith(
        "attention by length: FlashAttention only supports Ampere GPUs or newer."
    )


def test_a_gpu_without_memory_is_no_end_of_the_doctor() -> None:
    """A trial that has no room is told as such."""
    with pretend(Machine(total_bytes=256)):
        check = check_gpu_work("cuda:0")

    assert (check.state, check.detail.partition(":")[0]) == ("warn", "a trial failed")
