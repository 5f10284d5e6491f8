"""Attention over sequences of any lengths on a pretend GPU: what the kernel checks, and computes.

Source: aten/src/ATen/native/transformers/cuda/flash_attn/flash_api.cpp of torch 2.13,
`mha_varlen_fwd`: formats, strides, shapes and sizes that it refuses; and that for a single query it
turns the output around, so that a copy gets the results where a sequence has several heads of keys.
"""

from itertools import pairwise
from typing import Any

import torch
from torch.nn import functional

from tests.engines.pretend_cuda.machine import ForbiddenOnCuda, Machine
from tests.engines.pretend_cuda.tensors import PretendTensor

NAME = "aten::_flash_attention_forward_no_dropout_inplace"
_FORMATS = (torch.bfloat16, torch.float16)
_MOST_DIM, _DIM_MULTIPLE = 256, 8
_LEAST_CAPABILITY = (8, 0)


def check(machine: Machine, arguments: dict[str, Any]) -> None:
    """Refuse what the kernel refuses; a GPU that is too old, as it says it."""
    if machine.capabilities[machine.current] < _LEAST_CAPABILITY:
        raise RuntimeError("FlashAttention only supports Ampere GPUs or newer.")
    for name in ("out", "query", "key", "value"):
        tensor = arguments[name]
        dim = tensor.shape[-1]
        _demand(name, is_right=isinstance(tensor, PretendTensor) and tensor.dtype in _FORMATS)
        _demand(name, is_right=tensor.dim() == 3 and tensor.stride(-1) == 1)
        _demand(name, is_right=dim <= _MOST_DIM and dim % _DIM_MULTIPLE == 0)
    for name in ("cum_seq_q", "cum_seq_k", "seqused_k"):
        tensor = arguments.get(name)
        if tensor is None and name == "seqused_k":
            continue
        _demand(name, is_right=isinstance(tensor, PretendTensor) and tensor.is_contiguous())
        _demand(name, is_right=tensor is not None and tensor.dtype == torch.int32)


def _demand(name: str, *, is_right: bool) -> None:
    if not is_right:
        raise ForbiddenOnCuda(f"attention over sequences of any lengths refuses its {name}")


def attend(*tensors_and_more: Any, scale: float, seqused_k: Any = None, **how: Any) -> torch.Tensor:  # noqa: ANN401  # as the operator takes them
    """The same on the CPU, one sequence after the other, with sums as exact as the kernel's."""
    out, query, key, value, ends, key_ends, max_q, max_k, dropout, is_causal, _ = tensors_and_more
    window = (how.pop("window_size_left"), how.pop("window_size_right"))
    assert window == (-1, 0 if is_causal else -1)
    assert not dropout
    assert set(how) <= {"num_splits"}
    assert query.shape == out.shape
    has_groups = query.shape[1] != key.shape[1]
    assert query.shape[1] % key.shape[1] == 0
    assert not (max_q == 1 and has_groups) or key.shape[1] == 1, "its results would be in a copy"
    counts = key_ends.diff() if seqused_k is None else seqused_k
    assert len(ends) == len(key_ends) == len(counts) + 1
    bounds = zip(pairwise(ends.tolist()), key_ends.tolist(), counts.tolist(), strict=False)
    for (first, after), first_key, count in bounds:
        assert 0 < after - first <= max_q, "a sequence is longer than was said"
        assert 0 < count <= max_k, "a sequence has more keys than was said"
        held = slice(first_key, first_key + count)
        q, k, v = (
            part.float().transpose(0, 1)[None]
            for part in (query[first:after], key[held], value[held])
        )
        made = functional.scaled_dot_product_attention(
            q,
            k,
            v,
            is_causal=is_causal,
            scale=scale,
            enable_gqa=has_groups,
        )
        out[first:after] = made[0].transpose(0, 1)
    return torch.empty(query.shape[:2])
