"""Whether this torch and this GPU attend to sequences of several lengths in one kernel."""

import functools
import logging
from dataclasses import dataclass

import torch
from torch.nn import functional

from qasr_cli.engines.qwen.device import Placement, is_lost, is_out_of_memory, made_current
from qasr_cli.engines.qwen.model.ragged import Kernel, RaggedAttention
from qasr_cli.engines.qwen.model.rows import RaggedRows
from qasr_cli.errors import DeviceUnavailable

_FORMATS = (torch.bfloat16, torch.float16)
_LENGTHS, _ROOM = (3, 5), 8
# What results may be off: they are below 1, and bfloat16 rounds them by 0.004.
_NEAR = 0.03
# Stands where nobody may look.
_HIDDEN = 100.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadShape:
    """The heads of a model: a kernel may have been built for some only.

    Attributes:
        key_count: heads of keys, each of which serves as many of the queries'.
    """

    count: int
    key_count: int
    dim: int


def ragged_for(placement: Placement, heads: HeadShape) -> RaggedAttention | None:
    """Attention over sequences of any lengths; None where others have to do.

    Raises:
        DeviceUnavailable: nothing else would be batch invariant.
    """
    if placement.device.type != "cuda":
        return None
    lack = lack_of_kernel(placement.device, placement.dtype, heads)
    if lack is not None and placement.is_batch_invariant:
        raise DeviceUnavailable(str(placement.device), f"--batch-invariant cannot be kept: {lack}")
    if lack is not None:
        _log.debug("sequences are attended to one length at a time: %s", lack)
        return None
    split_count = 1 if placement.is_batch_invariant else None
    return RaggedAttention(kernel=_kernel(), split_count=split_count)


@functools.cache
def lack_of_kernel(device: torch.device, dtype: torch.dtype, heads: HeadShape) -> str | None:
    """Why a GPU does not attend to sequences of several lengths at once; None where it does.

    A first call with a few numbers shows it: versions of torch and generations of GPUs differ.
    """
    if dtype not in _FORMATS:
        return "the kernel takes bfloat16 and float16"
    try:
        with made_current(device):
            is_right = _is_right(RaggedAttention(kernel=_kernel()), device, dtype, heads)
    except AttributeError:
        return f"torch {torch.__version__} has no kernel for them"
    except (RuntimeError, TypeError) as error:
        if is_out_of_memory(error) or is_lost(device):
            raise
        return str(error).partition("\n")[0]
    return None if is_right else "the kernel's numbers are wrong"


def _kernel() -> Kernel:
    operator = torch.ops.aten._flash_attention_forward_no_dropout_inplace  # noqa: SLF001  # see `ragged`
    kernel: Kernel = operator.default
    return kernel


def _is_right(
    ragged: RaggedAttention, device: torch.device, dtype: torch.dtype, heads: HeadShape
) -> bool:
    """Whether two sequences, and two rows of a cache, get what they get one by one."""
    counts = [heads.count, heads.key_count, heads.key_count]
    shape = (len(_LENGTHS), _ROOM, sum(counts), heads.dim)
    numbers = (2 * torch.rand(shape, generator=torch.Generator().manual_seed(0)) - 1).to(dtype)
    sequences = [row[:length] for row, length in zip(numbers, _LENGTHS, strict=True)]
    expected = torch.cat([_plain(sequence, counts) for sequence in sequences])
    q, k, v = torch.cat(sequences).to(device).split_with_sizes(counts, dim=1)
    ends = ragged.ends(_LENGTHS, device)
    found = ragged.over_sequences(q, k, v, ends, max(_LENGTHS), is_causal=True, scale=1.0)
    if not _is_near(found, expected):
        return False
    lasts = [sum(_LENGTHS[: row + 1]) - 1 for row in range(len(_LENGTHS))]
    for row, length in enumerate(_LENGTHS):
        numbers[row, length:] = _HIDDEN
    # As a cache holds them: heads before positions.
    _, keys, values = (
        part.transpose(1, 2).contiguous().to(device)
        for part in numbers.split_with_sizes(counts, dim=2)
    )
    queries = torch.stack([sequence[-1, : heads.count] for sequence in sequences]).to(device)
    found = ragged.over_rows(queries, keys, values, _rows(heads, device), max(_LENGTHS))
    return _is_near(found, expected[lasts])


def _rows(heads: HeadShape, device: torch.device) -> RaggedRows:
    used_counts = torch.tensor(_LENGTHS, dtype=torch.int32).repeat_interleave(heads.key_count)
    numbers = torch.arange(len(used_counts) + 1, dtype=torch.int32)
    return RaggedRows(
        query_ends=numbers.to(device),
        key_ends=(numbers * _ROOM).to(device),
        used_counts=used_counts.to(device),
    )


def _plain(sequence: torch.Tensor, counts: list[int]) -> torch.Tensor:
    """Attention of one sequence in float32, on the CPU; shape (positions, heads * dim)."""
    q, k, v = sequence.float().transpose(0, 1).split_with_sizes(counts)
    out = functional.scaled_dot_product_attention(
        q[None], k[None], v[None], is_causal=True, scale=1.0, enable_gqa=True
    )
    return out[0].transpose(0, 1).flatten(1)


def _is_near(found: torch.Tensor, expected: torch.Tensor) -> bool:
    return torch.allclose(found.float().cpu(), expected, atol=_NEAR, rtol=0)
