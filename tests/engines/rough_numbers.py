"""What rough keys and values stand for."""

import torch

from qasr_cli.engines.qwen.model.four_bits.rough_memory import RoughMemory


def numbers_in(memory: RoughMemory) -> torch.Tensor:
    """In float32, shape (layers, 2, rows, key heads, positions, dim)."""
    if memory.scales is None:
        return memory.numbers
    return memory.numbers * memory.scales[:, :, None, :, None]


def off(found: torch.Tensor, expected: torch.Tensor) -> float:
    """How far, in units of the size of what is expected."""
    return float((found - expected).norm() / expected.norm())
