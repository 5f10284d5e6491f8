"""Tensors of a pretend GPU: wrappers that say they lie there, around numbers in main memory.

Source: torch's notes on `__torch_dispatch__`: a wrapper subclass has a device, a shape and strides,
and no memory; each operation on it, below autograd, is a call of `__torch_dispatch__`.
"""

from typing import Any, Self

import torch

from tests.engines.pretend_cuda.machine import Machine, Memory


class PretendTensor(torch.Tensor):
    """A tensor on a pretend GPU.

    Attributes:
        numbers: the same numbers, as a tensor of the CPU.
        memory: what it takes on the GPU; views share it.
    """

    numbers: torch.Tensor
    memory: Memory

    @staticmethod
    def __new__(cls: type[Self], numbers: torch.Tensor, memory: Memory) -> Self:
        """Wrap a tensor of the CPU."""
        made = torch.Tensor._make_wrapper_subclass(  # noqa: SLF001  # torch has no other name for it
            cls,
            numbers.size(),
            strides=numbers.stride(),
            storage_offset=numbers.storage_offset(),
            dtype=numbers.dtype,
            device=memory.device,
            requires_grad=False,
        )
        made.numbers, made.memory = numbers, memory
        return made

    def __init__(self, *_: object) -> None:
        pass

    def __repr__(self, **_: object) -> str:  # type: ignore[override]  # torch's takes contents
        """The numbers, and where they pretend to lie."""
        return f"PretendTensor({self.numbers}, {self.device})"

    __torch_function__ = torch._C._disabled_torch_function_impl  # type: ignore[assignment]  # noqa: SLF001  # torch's own way

    @classmethod
    def __torch_dispatch__(  # type: ignore[override]  # torch calls it so
        cls,
        func: Any,  # noqa: ANN401  # an operator
        types: object,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401
        """Run an operation of which some operand is on a pretend GPU."""
        del types
        from tests.engines.pretend_cuda.operators import run, tensors_in

        given = kwargs or {}
        (first, *_) = [t for t in tensors_in((args, given)) if isinstance(t, PretendTensor)]
        return run(first.memory.machine, func, args, given)


def placed(machine: Machine, numbers: torch.Tensor, device: torch.device) -> PretendTensor:
    """New memory on a GPU, with these numbers."""
    return PretendTensor(numbers, Memory(machine, device, numbers.untyped_storage().nbytes()))


def numbers_of(value: Any) -> Any:  # noqa: ANN401  # an argument of any kind
    """The tensor of the CPU in a wrapper; anything else as it is."""
    return value.numbers if isinstance(value, PretendTensor) else value
