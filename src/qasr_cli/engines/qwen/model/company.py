"""What is worked on at once, so that no row's numbers depend on how many others there are."""

from qasr_cli.engines.qwen.device import Placement

# oneDNN's products with AMX add up in another order from 33 rows on, and in others again from 40,
# 300 and 405 on, which differs from shape to shape (3.12, an Intel Xeon with AVX10.1; bfloat16 of
# 1024 x 2048, 1024 x 3072, 6144 x 1024). Up to here all have the same digits.
ROWS_ALIKE_WITH_TILES = 32


def is_one_by_one(placement: Placement) -> bool:
    """Whether sequences are read one by one: each has then only its own length to depend on."""
    return placement.is_batch_invariant or placement.has_tiles


def pieces(row_count: int, placement: Placement) -> list[slice]:
    """All of so many rows, in pieces that are alike in every company; without AMX they are one."""
    size = ROWS_ALIKE_WITH_TILES if placement.has_tiles else max(1, row_count)
    return [slice(first, first + size) for first in range(0, row_count, size)]
