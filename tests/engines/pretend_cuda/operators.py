"""What an operation does on a pretend GPU: CUDA's rules around the CPU's numbers.

An operation on operands of two devices, a kernel that only CPUs have, and a read by the host while
a graph is captured raise `ForbiddenOnCuda`; launches and waits are counted.

Source: torch's notes "CUDA semantics" (asynchronous execution, pinned memory, CUDA graphs), and for
which operations read from the device `TORCH_CUDA_SYNC_DEBUG_MODE` and the kernels in
aten/src/ATen/native/cuda.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils._pytree import tree_leaves, tree_map

from tests.engines.pretend_cuda import varlen
from tests.engines.pretend_cuda.machine import ForbiddenOnCuda, Machine
from tests.engines.pretend_cuda.tensors import PretendTensor, numbers_of, placed

_CPU_ONLY = {"mkldnn", "quantized", "mkl", "onednn", "mkldnn_prepacked"}
# What makes the host wait for a number, or for a count of them.
_READING = {
    "aten::_local_scalar_dense",
    "aten::equal",
    "aten::is_nonzero",
    "aten::item",
    "aten::masked_select",
    "aten::nonzero",
    "aten::repeat_interleave.Tensor",
    "aten::_unique2",
    "aten::unique_dim",
}
_INDEXING = {"aten::index", "aten::index_put", "aten::index_put_", "aten::_index_put_impl_"}
_COPYING = {"aten::copy_", "aten::_to_copy"}
# Composites that CUDA does in one kernel; `modes` hands them over whole.
_ONE_KERNEL = {"aten::rms_norm", "aten::linear", "aten::scaled_dot_product_attention"}


def _softmax(scores: torch.Tensor, dim: int, half_to_float: bool) -> torch.Tensor:
    return torch.softmax(scores.float() if half_to_float else scores, dim)


# What has no kernel for CPUs, and what does its work here.
_STAND_INS = {varlen.NAME: varlen.attend, "aten::_softmax": _softmax}
# Metadata: nothing is launched.
_FREE = {
    "aten::_reshape_alias",
    "aten::_unsafe_view",
    "aten::alias",
    "aten::detach",
    "aten::empty",
    "aten::empty_like",
    "aten::empty_strided",
    "aten::lift_fresh",
    "aten::new_empty",
    "aten::new_empty_strided",
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Call:
    """An operation with its arguments."""

    func: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    @property
    def name(self) -> str:
        """Such as "aten::copy_"."""
        name: str = self.func._schema.name  # noqa: SLF001  # torch has no other word for it
        return name

    @property
    def full_name(self) -> str:
        """With the variant, such as "aten::add.Tensor"."""
        variant = self.func._schema.overload_name  # noqa: SLF001
        return f"{self.name}.{variant}" if variant else self.name

    @property
    def writes(self) -> bool:
        """Whether it changes an operand."""
        return bool(self.func._schema.is_mutable)  # noqa: SLF001

    @property
    def tensors(self) -> list[torch.Tensor]:
        """All operands."""
        return list(tensors_in((self.args, self.kwargs)))

    @property
    def on_gpus(self) -> list[PretendTensor]:
        """The operands on pretend GPUs."""
        return [t for t in self.tensors if isinstance(t, PretendTensor)]

    @property
    def arguments(self) -> dict[str, Any]:
        """All that are given, by their names."""
        names = (argument.name for argument in self.func._schema.arguments)  # noqa: SLF001
        return dict(zip(names, self.args, strict=False)) | self.kwargs

    def argument(self, name: str) -> Any:  # noqa: ANN401  # of any kind
        """An argument, wherever it stands; None where it is left out."""
        return self.arguments.get(name)

    def on_cpu(self) -> "Call":
        """The same on the numbers in main memory."""
        args, kwargs = tree_map(numbers_of, (self.args, self.kwargs))
        if self.argument("device") is not None:
            kwargs = {**kwargs, "device": torch.device("cpu")}
        return Call(func=_STAND_INS.get(self.name, self.func), args=args, kwargs=kwargs)

    def done(self) -> Any:  # noqa: ANN401  # what the operation gives
        """Do it."""
        return self.func(*self.args, **self.kwargs)


def tensors_in(values: object) -> Iterator[torch.Tensor]:
    """All tensors in nested arguments."""
    return (leaf for leaf in tree_leaves(values) if isinstance(leaf, torch.Tensor))


def run(machine: Machine, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:  # noqa: ANN401
    """What an operation gives, on whatever device; refuses what CUDA would."""
    call = Call(func=func, args=args, kwargs=kwargs)
    named = call.argument("device")
    target = None if named is None else machine.device(named)
    if not call.on_gpus and (target is None or target.type != "cuda"):
        return call.done()
    machine.check_works()
    if call.name not in _ONE_KERNEL and torch._C._dispatch_has_kernel_for_dispatch_key(  # noqa: SLF001
        func.name(), "CompositeImplicitAutograd"
    ):
        return func.decompose(*args, **kwargs)
    _check_operands(machine, call)
    if call.name == varlen.NAME:
        varlen.check(machine, call.arguments)
        machine.seen.attention["varlen"] += 1
    _count_wait(machine, call, target)
    if call.name == "aten::_local_scalar_dense":
        return call.on_cpu().done()
    if call.name == "aten::copy_" and not isinstance(args[0], PretendTensor):
        call.on_cpu().done()
        return args[0]
    return _launched(machine, call, target or call.on_gpus[0].device)


def _check_operands(machine: Machine, call: Call) -> None:
    if call.name.partition("::")[0] in _CPU_ONLY:
        raise ForbiddenOnCuda(f"{call.full_name} has no CUDA kernel")
    if call.name in _COPYING:
        return
    devices = {t.device for t in call.on_gpus}
    if len(devices) > 1:
        raise ForbiddenOnCuda(f"{call.full_name}: operands on {devices}")
    for tensor in call.tensors:
        # A number of the host may stand beside anything.
        if devices and not isinstance(tensor, PretendTensor) and tensor.dim() > 0:
            if call.name not in _INDEXING:
                raise ForbiddenOnCuda(f"{call.full_name}: an operand on the CPU beside {devices}")
            _note_wait(machine, f"{call.full_name}: places on the CPU")


def _count_wait(machine: Machine, call: Call, target: torch.device | None) -> None:
    if call.name in _READING or call.full_name in _READING:
        _note_wait(machine, call.full_name)
    elif call.name in _INDEXING:
        masks = (torch.bool, torch.uint8)
        if any(t is not None and t.dtype in masks for t in call.args[1]):
            _note_wait(machine, f"{call.full_name}: a mask")
    elif call.name in _COPYING:
        source = call.args[0] if call.name == "aten::_to_copy" else call.args[1]
        written = call.args[0].device if call.name == "aten::copy_" else target or source.device
        _count_copy(machine, call, source, written)


def _count_copy(machine: Machine, call: Call, source: torch.Tensor, written: torch.device) -> None:
    if isinstance(source, PretendTensor):
        if written.type == "cpu":
            _note_wait(machine, "device to host")
        return
    if written.type != "cuda" or (call.name == "aten::copy_" and source.dim() == 0):
        return
    if machine.capture is not None:
        raise ForbiddenOnCuda("memory of the host copied while a graph is captured")
    if not call.argument("non_blocking"):
        _note_wait(machine, "host to device")
    elif not machine.is_pinned(source):
        machine.seen.pageable_copies[str(tuple(source.shape))] += 1


def _note_wait(machine: Machine, what: str) -> None:
    if machine.capture is not None:
        raise ForbiddenOnCuda(f"{what} while a graph is captured")
    machine.seen.host_waits[what] += 1


def _launched(machine: Machine, call: Call, device: torch.device) -> Any:  # noqa: ANN401
    """Its results on the device; while a graph is captured they are not there yet."""
    on_cpu = call.on_cpu()
    if call.writes and machine.capture is not None:
        machine.capture.keep(on_cpu, None)  # a capture runs nothing
        _note_launch(machine, call, device)
        return _written(call)
    made = on_cpu.done()
    if call.name == "aten::_to_copy" and not call.on_gpus:
        same = _storage(made) == _storage(on_cpu.args[0])
        made = made.clone() if same else made  # another device is never the same memory
    owners = {_storage(t.numbers): t for t in call.on_gpus}
    is_view = any(_storage(t) in owners for t in tensors_in(made))
    if (call.writes or not is_view) and call.name not in _FREE:
        _note_launch(machine, call, device)
        if machine.capture is not None:
            machine.capture.keep(on_cpu, made)
    if machine.capture is not None and not is_view:
        _spoil(made)
    if device.type == "cpu":
        return made

    def wrapped(value: Any) -> Any:  # noqa: ANN401
        if not isinstance(value, torch.Tensor):
            return value
        owner = owners.get(_storage(value))
        if owner is None:
            return placed(machine, value, device)
        return next(
            (operand for operand in call.on_gpus if operand.numbers is value),
            PretendTensor(value, owner.memory),
        )

    return tree_map(wrapped, made)


def _note_launch(machine: Machine, call: Call, device: torch.device) -> None:
    machine.seen.kernels[call.full_name] += 1
    if device.type == "cuda" and device.index != machine.current:
        machine.seen.elsewhere[call.full_name] += 1


def _written(call: Call) -> Any:  # noqa: ANN401  # a tensor
    """The operand that an operation changes."""
    arguments = call.func._schema.arguments  # noqa: SLF001
    written = (a.name for a in arguments if a.alias_info is not None and a.alias_info.is_write)
    return call.argument(next(written))


def _spoil(made: object) -> None:
    """Fill results with what nobody may read before a replay."""
    for tensor in tensors_in(made):
        if tensor.is_floating_point():
            tensor.fill_(torch.nan)
        else:
            tensor.zero_()


def _storage(tensor: torch.Tensor) -> int:
    address: int = tensor.untyped_storage()._cdata  # noqa: SLF001
    return address
