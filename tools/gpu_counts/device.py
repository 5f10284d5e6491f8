"""The tests' pretend GPU without numbers: shapes alone, so that published ones take no memory."""

import contextlib
from collections.abc import Iterator
from typing import Any
from weakref import WeakKeyDictionary

import pytest
import torch
from torch.utils._pytree import tree_map

from tests.engines.pretend_cuda import graphs, operators
from tests.engines.pretend_cuda.machine import Machine
from tests.engines.pretend_cuda.pretend import pretend
from tests.engines.pretend_cuda.tensors import PretendTensor
from tools.gpu_counts.kernels import RAGGED, Held, Kernel, Stage, bytes_of, kernel_of

# More than any of it takes: what fits is another question.
_TOTAL_BYTES = 1 << 42


class Tally:
    """What stages of the work took, on a GPU that has shapes alone.

    Attributes:
        stage: the name of the one that is going on.
        seen_count: launches that the machine saw, and that are counted here, too.
        held: what all rows of the cache hold, for steps that read just that.
    """

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.stages: dict[str, Stage] = {}
        self.stage = "load"
        self.seen_count = 0
        self.held = Held(0, 0)
        # By graph: a number of an object that is gone may be another one's.
        self._captured: WeakKeyDictionary[graphs.Graph, list[Kernel]] = WeakKeyDictionary()

    def begin(self) -> None:
        """Count from zero."""
        self.machine.forget_seen()
        self.seen_count = 0
        self.stages = {}

    @contextlib.contextmanager
    def during(self, stage: str) -> Iterator[None]:
        """While it lasts, what happens belongs to that stage."""
        before, self.stage = self.stage, stage
        try:
            yield
        finally:
            self.stage = before

    def launched(self, kernel: Kernel) -> None:
        """Count a kernel; of one that is captured, the launches of its graph are counted."""
        if self.machine.capture is not None:
            self._captured.setdefault(self.machine.capture, []).append(kernel)
            return
        stage = self._stage()
        stage.launch_count += 1
        stage.add_kernel(kernel, self.held)

    def replayed(self, graph: graphs.Graph) -> None:
        """Count a replay: one launch, and all kernels."""
        stage = self._stage()
        stage.launch_count += 1
        for kernel in self._captured[graph]:
            stage.add_kernel(kernel, self.held)

    def waited(self) -> None:
        """Count a wait of the host."""
        self._stage().wait_count += 1

    def _stage(self) -> Stage:
        return self.stages.setdefault(self.stage, Stage())


@contextlib.contextmanager
def without_numbers() -> Iterator[Tally]:
    """A pretend GPU whose tensors have shapes alone; what the host reads of them is zero."""
    tally = Tally(Machine(total_bytes=_TOTAL_BYTES))
    launch, note_wait = operators._launched, operators._note_wait  # noqa: SLF001  # what it is for

    def launched(machine: Machine, call: Any, device: torch.device) -> Any:  # noqa: ANN401
        before = machine.seen.launch_count
        for _ in range(before - tally.seen_count):  # kernels that lay its first operand out anew
            tally.launched(Kernel("other", 0, 2 * bytes_of(call.args[0])))
        made = launch(machine, call, device)
        if call.name == "aten::_to_copy" and isinstance(made, PretendTensor):
            _remember(made, call.args[0])
        if machine.seen.launch_count > before:
            tally.launched(kernel_of(call.func, call.args, call.kwargs, made))
        tally.seen_count = machine.seen.launch_count
        return made

    def noted_wait(machine: Machine, what: str) -> None:
        note_wait(machine, what)
        tally.waited()

    def replay(graph: Any) -> None:  # noqa: ANN401  # a stand-in
        tally.machine.seen.kernels["graph replay"] += 1
        tally.seen_count = tally.machine.seen.launch_count
        tally.replayed(graph)

    with pytest.MonkeyPatch.context() as patch, pretend(tally.machine):
        patch.setattr(operators.Call, "on_cpu", _on_no_device)
        patch.setattr(operators, "_launched", launched)
        patch.setattr(operators, "_note_wait", noted_wait)
        patch.setattr(graphs.Graph, "replay", replay)
        yield tally


def _on_no_device(call: operators.Call) -> operators.Call:
    """The same call on shapes; where the host reads, on zeros."""
    target = call.argument("device")
    is_copy_to_host = call.name == "aten::copy_" and not isinstance(call.args[0], PretendTensor)
    to_host = target is not None and torch.device(target).type == "cpu"
    reads = call.name == "aten::_local_scalar_dense" or is_copy_to_host or to_host

    def plain(value: Any) -> Any:  # noqa: ANN401  # an argument of any kind
        if not isinstance(value, PretendTensor):
            return value
        numbers = value.numbers
        return torch.zeros(numbers.shape, dtype=numbers.dtype) if reads else numbers

    args, kwargs = tree_map(plain, (call.args, call.kwargs))
    if target is not None and not to_host:
        kwargs = {**kwargs, "device": torch.device("meta")}
    func = _ragged_without_numbers if call.name in RAGGED else call.func
    return operators.Call(func=func, args=args, kwargs=kwargs)


def _ragged_without_numbers(*tensors: Any, **how: Any) -> torch.Tensor:  # noqa: ANN401  # as operators take them
    """What operators give that attend to sequences of any lengths: a shape like the first."""
    return torch.empty_like(tensors[0] if tensors else how["query"])


def _remember(made: PretendTensor, source: torch.Tensor) -> None:
    """Keep small whole numbers that the host sent: lengths, which say what a kernel has to do."""
    is_known = not isinstance(source, PretendTensor) and source.device.type == "cpu"
    if is_known and source.dim() == 1 and not source.is_floating_point():
        made.sent = source  # type: ignore[attr-defined]  # a subclass in Python takes it
