"""What a GPU has to do for one operation: of which kind it is, what it multiplies and moves.

Floating point operations are those of torch's own counter (`torch.utils.flop_counter`), whose
formulas go by shapes; attention is counted here, since that counter takes no grouped heads, and
every pair of positions for one that is masked.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any, Literal, NamedTuple

import torch
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import flop_registry

Kind = Literal["product", "batched product", "convolution", "attention", "other"]

_KINDS: dict[str, Kind] = {
    "aten::addmm": "product",
    "aten::linear": "product",
    "aten::matmul": "product",
    "aten::mm": "product",
    "aten::baddbmm": "batched product",
    "aten::bmm": "batched product",
    "aten::convolution": "convolution",
    "aten::scaled_dot_product_attention": "attention",
}
# Attention over sequences of any lengths: torch's function for it, and the operators below that.
RAGGED = {
    "aten::_flash_attention_forward",
    "aten::_flash_attention_forward_no_dropout_inplace",
    "torch_attn::_varlen_attn",
    "torch_attn::_varlen_attn_out",
}
_ENDS = ("cu_seq_q", "cum_seq_q", "cu_seq_k", "cum_seq_k")
# What reads and writes the chosen places of a larger tensor, not all of it.
_GATHERING = {"aten::embedding", "aten::gather", "aten::index", "aten::index_select"}
_SCATTERING = {
    "aten::_index_put_impl_",
    "aten::index_copy_",
    "aten::index_put_",
    "aten::scatter_",
}
_FILLING = {"aten::fill_", "aten::zero_"}


@dataclass(slots=True, kw_only=True)
class Work:
    """What kernels of one kind have to do.

    Attributes:
        kernel_count: kernels.
        flops: floating point operations.
        bytes_moved: of the GPU's memory, read and written, each operand once a kernel.
    """

    kernel_count: int = 0
    flops: int = 0
    bytes_moved: int = 0


class Kernel(NamedTuple):
    """One kernel: its kind and work, and whether it reads what rows hold at the moment, too."""

    kind: Kind
    flops: int
    bytes_moved: int
    reads_rows: bool = False


class Held(NamedTuple):
    """What all rows of a cache hold in one layer, and what attention to it takes."""

    flops: int
    bytes_moved: int


@dataclass(slots=True, kw_only=True)
class Stage:
    """What one stage of a window took.

    Attributes:
        launch_count: calls with which the host sets a GPU to work; a captured step is one.
        wait_count: times that the host stands still until the GPU is done.
        work: of the GPU, by kind of kernel.
    """

    launch_count: int = 0
    wait_count: int = 0
    work: dict[Kind, Work] = field(default_factory=dict)

    def add_kernel(self, kernel: Kernel, held: Held) -> None:
        """Add a kernel, and what it takes of what rows hold."""
        of_kind = self.work.setdefault(kernel.kind, Work())
        of_kind.kernel_count += 1
        of_kind.flops += kernel.flops + held.flops * kernel.reads_rows
        of_kind.bytes_moved += kernel.bytes_moved + held.bytes_moved * kernel.reads_rows


def kernel_of(func: Any, args: Sequence[Any], kwargs: dict[str, Any], made: Any) -> Kernel:  # noqa: ANN401  # an operator, and its results
    """The kernel of an operation."""
    name: str = func._schema.name  # noqa: SLF001  # torch has no other word for it
    if name in RAGGED:
        names = (argument.name for argument in func._schema.arguments)  # noqa: SLF001
        return _ragged(dict(zip(names, args, strict=False)) | kwargs)
    kind = _KINDS.get(_plain(name), "other")
    operands = [t for t in _tensors([*args, *kwargs.values()]) if t.device.type != "cpu"]
    moved = _moved(name, operands, list(_tensors([made])))
    return Kernel(kind=kind, flops=_flops(name, args, kwargs, made), bytes_moved=moved)


def bytes_of(tensor: torch.Tensor) -> int:
    """What a kernel reads of a tensor: what is expanded lies there once."""
    sizes = (
        size for size, stride in zip(tensor.shape, tensor.stride(), strict=True) if stride != 0
    )
    return prod(sizes) * tensor.itemsize


def _moved(name: str, operands: list[torch.Tensor], made: list[torch.Tensor]) -> int:
    if name in _GATHERING:
        return 2 * sum(map(bytes_of, made)) + sum(map(bytes_of, operands[1:]))
    if name in _SCATTERING:
        return 2 * bytes_of(operands[-1]) + sum(map(bytes_of, operands[1:-1]))
    if name in _FILLING:
        return bytes_of(operands[0])
    if name == "aten::copy_":
        return bytes_of(operands[0]) + sum(map(bytes_of, operands[1:] or operands[:1]))
    return sum(map(bytes_of, operands)) + sum(map(bytes_of, made))


def _flops(name: str, args: Sequence[Any], kwargs: dict[str, Any], made: Any) -> int:  # noqa: ANN401  # see `kernel_of`
    if name == "aten::linear":
        product: int = 2 * made.numel() * int(args[0].shape[-1])
        return product
    if name == "aten::scaled_dot_product_attention":
        q, k = args[:2]
        pairs = q.shape[0] * q.shape[1] * q.shape[2] * k.shape[2]
        whole: int = 4 * pairs * q.shape[3]
        return whole // 2 if kwargs.get("is_causal") else whole
    namespace, _, operation = _plain(name).partition("::")
    formula = flop_registry.get(getattr(getattr(torch.ops, namespace), operation, None))
    return 0 if formula is None else int(formula(*args, **kwargs, out_val=made))


def _plain(name: str) -> str:
    """The operation that gives new memory, where one writes into an operand."""
    return name.removesuffix("_")


def _ragged(arguments: dict[str, Any]) -> Kernel:
    """Attention over sequences of lengths that lie on the GPU, or over rows of a cache."""
    q, k = arguments["query"], arguments["key"]
    moved = 2 * bytes_of(q)  # and as much of results
    if arguments.get("seqused_k") is not None:
        return Kernel("attention", 0, moved, reads_rows=True)
    ends, key_ends = (arguments[name] for name in _ENDS if name in arguments)
    queries = _lengths(ends, arguments["max_q"])
    keys = queries if key_ends is None else _lengths(key_ends, arguments["max_k"])
    pair_count = sum(a * b for a, b in zip(queries, keys, strict=True))
    flops = 4 * q.shape[1] * q.shape[2] * pair_count
    moved += 2 * k.shape[-2] * k.shape[-1] * k.itemsize * sum(keys)
    return Kernel("attention", flops // 2 if arguments.get("is_causal") else flops, moved)


def _lengths(ends: torch.Tensor, most: int) -> list[int]:
    """Lengths of sequences: as the host sent them, else as torch's counter bounds them."""
    sent: torch.Tensor | None = getattr(ends, "sent", None)
    if sent is None:
        return [most] * (len(ends) - 1)
    found: list[int] = sent.diff().tolist()
    return found


def _tensors(values: Sequence[Any]) -> list[torch.Tensor]:
    return [leaf for leaf in tree_leaves(values) if isinstance(leaf, torch.Tensor)]
