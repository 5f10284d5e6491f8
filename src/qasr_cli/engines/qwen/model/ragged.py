"""Attention over sequences of any lengths in one kernel, where torch and the GPU have it.

Source: `torch.nn.attention.varlen.varlen_attn_out` of torch 2.13, which is this operator, and what
its kernel checks (aten/src/ATen/native/transformers/cuda/flash_attn/flash_api.cpp,
`mha_varlen_fwd`). The function itself takes the host 66 us a call, and loads torch's compiler.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from qasr_cli.engines.qwen.device import sent
from qasr_cli.engines.qwen.model.rows import RaggedRows

# How far positions look ahead.
_TO_THE_END, _NOT_AT_ALL = -1, 0
_NO_DROPOUT = 0.0

# Writes into its first operand.
Kernel = Callable[..., object]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RaggedAttention:
    """One launch, however many lengths there are.

    Attributes:
        kernel: the library's.
        split_count: parts in which the keys of a single query may be worked on; 1 = its result is
            the same in any company, None = as keeps the GPU busy.
    """

    kernel: Kernel
    split_count: int | None = None

    def ends(self, lengths: Sequence[int], device: torch.device) -> torch.Tensor:
        """Where sequences begin and end, as the kernel takes it."""
        return sent(torch.tensor([0, *lengths]).cumsum(0).to(torch.int32), device)

    def over_sequences(
        self,
        q: torch.Tensor,
        k: torch.Tensor,
        v: torch.Tensor,
        ends: torch.Tensor,
        longest: int,
        *,
        is_causal: bool,
        scale: float,
    ) -> torch.Tensor:
        """Attention of every position to its own sequence; see `attend`."""
        out = q.new_empty(q.shape)
        self.kernel(
            *(out, q, k, v, ends, ends, longest, longest, _NO_DROPOUT, is_causal, False),
            scale=scale,
            window_size_left=_TO_THE_END,
            window_size_right=_NOT_AT_ALL if is_causal else _TO_THE_END,
            num_splits=self.split_count,
        )
        return out.flatten(1)

    def over_rows(
        self,
        q: torch.Tensor,
        keys: torch.Tensor,
        values: torch.Tensor,
        rows: RaggedRows,
        longest: int,
    ) -> torch.Tensor:
        """Attention of one position of every row to that row; shape (rows, heads * dim).

        Each key head of a row is a sequence of its own, with the queries that share it as its
        heads: so the kernel takes queries and gives results as they lie.

        Args:
            q: scaled, shape (rows, heads, dim), in one piece.
            keys, values: of a cache, shape (rows or more, key heads, positions, dim), in one piece.
            rows: the first ones of that cache.
            longest: none of them holds more.
        """
        dim = q.shape[-1]
        queries = q.view(len(rows.used_counts), -1, dim)
        out = torch.empty_like(queries)
        self.kernel(
            *(out, queries, keys.view(-1, 1, dim), values.view(-1, 1, dim)),
            *(rows.query_ends, rows.key_ends, 1, longest, _NO_DROPOUT, False, False),
            scale=1.0,
            window_size_left=_TO_THE_END,
            window_size_right=_TO_THE_END,
            seqused_k=rows.used_counts,
            num_splits=self.split_count,
        )
        return out.view(len(q), -1)
