"""The pretend GPU refuses what CUDA refuses, and leaves torch as it was."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
import torch

from tests.engines.pretend_cuda.machine import ForbiddenOnCuda, Machine
from tests.engines.pretend_cuda.pretend import pretend


def _add_two_devices() -> object:
    return torch.ones(2, device="cuda:0") + torch.ones(2, device="cuda:1")


def _add_the_cpus() -> object:
    return torch.ones(2, device="cuda") * torch.ones(2)


def _use_a_kernel_of_cpus() -> object:
    half = torch.ones(4, 4, device="cuda", dtype=torch.bfloat16)
    return torch.ops.mkldnn._linear_pointwise(half, half, None, "none", [], "")  # noqa: SLF001


def _attend_over_two_devices() -> object:
    q = torch.ones(1, 1, 2, 8, device="cuda")
    return torch.nn.functional.scaled_dot_product_attention(q, q.cpu(), q.cpu())


def _attend_raggedly(
    dtype: torch.dtype = torch.bfloat16,
    dim: int = 16,
    ends_dtype: torch.dtype = torch.int32,
    ends_device: str = "cuda:0",
    last_stride: int = 1,
) -> object:
    q = torch.ones(5, 2, dim * last_stride, device="cuda", dtype=dtype)[..., ::last_stride]
    ends = torch.tensor([0, 2, 5], dtype=ends_dtype).to(ends_device)
    return torch.ops.aten._flash_attention_forward_no_dropout_inplace(  # noqa: SLF001
        *(torch.empty_like(q), q, q, q, ends, ends, 3, 3, 0.0, True, False),
        scale=1.0,
        window_size_left=-1,
        window_size_right=0,
    )


@pytest.mark.parametrize(
    "given",
    [
        {"dtype": torch.float32},
        {"dim": 12},
        {"dim": 264},
        {"ends_dtype": torch.int64},
        {"ends_device": "cpu"},
        {"last_stride": 2},
    ],
    ids=str,
)
@pytest.mark.usefixtures("machine")
def test_what_ragged_attention_refuses_is_refused(given: dict[str, Any]) -> None:
    """Formats, sizes and strides that its kernel has no code for, and lengths of the host."""
    _attend_raggedly()
    with pytest.raises(ForbiddenOnCuda):
        _attend_raggedly(**given)


@pytest.mark.parametrize(
    "act",
    [_add_two_devices, _add_the_cpus, _use_a_kernel_of_cpus, _attend_over_two_devices],
)
def test_what_cuda_refuses_is_refused(machine: Machine, act: Callable[[], object]) -> None:
    """Operands of two devices and kernels that only CPUs have raise."""
    del machine
    with pytest.raises(ForbiddenOnCuda):
        act()


_READS: dict[str, Callable[[torch.Tensor], object]] = {
    "a number": lambda x: x[0].item(),
    "a list": lambda x: x.tolist(),
    "a copy": lambda x: x.cpu(),
    "places": lambda x: x.nonzero(),
    "by a mask": lambda x: x[x > 0],
    "by places of the host": lambda x: x[torch.tensor([0])],
    "written by the host": lambda x: x.copy_(torch.ones(2)),
}


@pytest.mark.parametrize("read", list(_READS.values()), ids=list(_READS))
def test_the_host_reads_nothing_inside_a_capture(
    machine: Machine, read: Callable[[torch.Tensor], object]
) -> None:
    """What makes the host wait is counted outside a capture, and raises inside one."""
    x = torch.ones(2, device="cuda")
    machine.forget_seen()
    read(x)
    waits = machine.seen.host_waits.total()
    stream: Any = torch.cuda.current_stream()
    with (
        pytest.raises(ForbiddenOnCuda, match="while a graph is captured"),
        torch.cuda.graph(torch.cuda.CUDAGraph(), stream=stream),
    ):
        read(x)

    assert waits == 1


def test_a_replay_works_on_the_same_memory(machine: Machine) -> None:
    """A capture changes nothing; a replay reads and writes what lies there now."""
    number, product = torch.zeros(1, device="cuda"), torch.zeros(1, device="cuda")
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, stream=torch.cuda.current_stream()):
        product.copy_((number + 1) * 2)
    before = product.item()
    number.fill_(3)
    machine.forget_seen()
    graph.replay()

    assert (before, product.item()) == (0, 8)
    assert machine.seen.launch_count == 1


def test_memory_is_counted_and_runs_out() -> None:
    """Each GPU has its own memory, and gives it back when the last view of it is gone."""
    with pretend(Machine(total_bytes=1 << 20)) as machine:
        whole = torch.zeros(200_000, device="cuda:1")
        with pytest.raises(torch.OutOfMemoryError):
            torch.zeros(200_000, device="cuda:1")
        other = torch.zeros(200_000, device="cuda:0")
        part = whole[:1]
        del whole, other

        assert (machine.used_bytes(0), machine.used_bytes(1)) == (0, 800_256)
        assert part.tolist() == [0]
        del part
        assert machine.used_bytes(1) == 0


def test_a_broken_gpu_does_nothing_more(machine: Machine) -> None:
    """After a failed assertion every call gives the same error."""
    x = torch.ones(1, device="cuda")
    machine.failure = "CUDA error: device-side assert triggered"

    for call in (x.neg, torch.cuda.synchronize, lambda: torch.ones(1, device="cuda")):
        with pytest.raises(torch.AcceleratorError, match="device-side assert"):
            call()


def test_torch_is_left_as_it_was() -> None:
    """After the context no function, class or thread of torch knows of a GPU."""
    before = {name: getattr(torch.cuda, name) for name in dir(torch.cuda)}
    known = torch.inference_mode, torch.version.cuda, threading.Thread.run
    with pytest.raises(ZeroDivisionError), pretend(Machine()):
        len(torch.ones(2, device="cuda")[:1]) // 0

    assert {name: getattr(torch.cuda, name) for name in before} == before
    assert (torch.inference_mode, torch.version.cuda, threading.Thread.run) == known
    assert not torch.__future__.get_overwrite_module_params_on_conversion()
    with pytest.raises((AssertionError, RuntimeError)):
        torch.ones(1, device="cuda")
