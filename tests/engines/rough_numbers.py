"""What rough keys and values stand for."""

import torch

from qasr_cli.engines.qwen.model.four_bits.rough_memory import Held


def numbers_in(held: Held) -> torch.Tensor:
    """In float32, shape (rows, key heads, positions, dim)."""
    if held.scales is None:
        return held.numbers
    _, head_count, _, dim = held.numbers.shape
    return held.numbers * held.scales.view(head_count, 1, dim)
