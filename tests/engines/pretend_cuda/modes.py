"""Modes that show a pretend GPU every operation, also those that begin with memory of the host."""

from typing import Any

import torch
from torch.nn import functional
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from tests.engines.pretend_cuda.machine import ForbiddenOnCuda, Machine
from tests.engines.pretend_cuda.operators import run
from tests.engines.pretend_cuda.tensors import PretendTensor

_HALVES = (torch.float16, torch.bfloat16)
# Source: aten/src/ATen/native/transformers/cuda/sdp_utils.cpp, `check_head_dim_size_flash`.
_FLASH_DIM = 256


class Operations(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch has no types for it
    """Operations below autograd: making memory on a GPU, copying to it, and all between."""

    def __init__(self, machine: Machine) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._machine = machine

    def __torch_dispatch__(
        self,
        func: Any,  # noqa: ANN401  # an operator
        types: object,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401
        """Run it on the device of its operands."""
        del types
        return run(self._machine, func, args, kwargs or {})


class Functions(TorchFunctionMode):
    """Functions of torch that choose by device in C++, before any operation is seen."""

    def __init__(self, machine: Machine) -> None:
        super().__init__()
        self._machine = machine

    def __torch_function__(
        self,
        func: Any,  # noqa: ANN401  # a function of torch
        types: object,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401
        """Do what CUDA does in one kernel as one; else go on."""
        del types
        given = kwargs or {}
        is_on_gpu = bool(args) and isinstance(args[0], PretendTensor)
        if func is torch.Tensor.pin_memory:
            return self._machine.pin(args[0])
        if func is torch.Tensor.is_pinned:
            return self._machine.is_pinned(args[0])
        if func is torch.Tensor.tolist and is_on_gpu:
            return args[0].cpu().tolist()
        if func is functional.rms_norm and is_on_gpu:
            if not args[0].is_contiguous():  # its kernel copies it before
                self._machine.seen.kernels["aten::clone"] += 1
            return self._in_one_kernel(torch.ops.aten.rms_norm.default, args, given)
        if func is functional.scaled_dot_product_attention and is_on_gpu:
            return self._attention(args, given)
        return func(*args, **given)

    def _in_one_kernel(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:  # noqa: ANN401
        with torch._C.DisableTorchFunction():  # noqa: SLF001  # torch's own way
            return run(self._machine, func, args, kwargs)

    def _attention(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> torch.Tensor:
        q, k, v = args[:3]
        if not all(isinstance(t, PretendTensor) for t in (q, k, v)):
            raise ForbiddenOnCuda("attention over two devices")
        seen = self._machine.seen
        seen.attention[_attention_kernel(q, k, v, kwargs)] += 1
        seen.attention_shapes.add((q.shape, q.stride(), k.shape, k.stride(), q.dtype))
        func = torch.ops.aten.scaled_dot_product_attention.default
        made: torch.Tensor = self._in_one_kernel(func, args, kwargs)
        return made


def _attention_kernel(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, how: dict[str, Any]
) -> str:
    """The kernel that CUDA would take.

    Source: aten/src/ATen/native/transformers/cuda/sdp_utils.cpp, the checks of torch 2.13.
    """
    lies_well = all(t.stride(-1) == 1 for t in (q, k, v))
    has_mask = how.get("attn_mask") is not None
    if q.dtype in _HALVES and lies_well and not has_mask and q.shape[-1] <= _FLASH_DIM:
        return "flash"
    return "efficient" if lies_well and not how.get("enable_gqa") else "math"
