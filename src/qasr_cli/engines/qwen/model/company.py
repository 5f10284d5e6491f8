"""What is worked on at once, so that no row's numbers depend on how many others there are."""

from collections.abc import Iterator, Sequence

from qasr_cli.engines.qwen.device import Placement

# oneDNN's products with AMX add up in another order from 33 rows on, and in others again from 40,
# 300 and 405 on, which differs from shape to shape (3.12, an Intel Xeon with AVX10.1; bfloat16 of
# 1024 x 2048, 1024 x 3072, 6144 x 1024). Up to here all have the same digits.
ROWS_ALIKE_WITH_TILES = 32
# Positions that are read at once: enough for full speed, and on a CPU few enough that what a layer
# makes of them stays in its cache (0.6B shape, 8 bits: 8.4 ms a position at 400, 13.5 at 5,000).
_POSITIONS = {"cpu": 512, "cuda": 8192}


def pieces(row_count: int, placement: Placement) -> list[slice]:
    """All of so many rows, in pieces that are alike in every company; without AMX they are one."""
    size = ROWS_ALIKE_WITH_TILES if placement.has_tiles else max(1, row_count)
    return [slice(first, first + size) for first in range(0, row_count, size)]


def groups(lengths: Sequence[int], placement: Placement) -> Iterator[range]:
    """Neighbours among sequences of these lengths that are best read at once, sound and all.

    One by one where an answer may depend on no other, and how many positions there are decides how
    they are added up: each has then only its own length to depend on.
    """
    is_one_by_one = placement.is_batch_invariant or placement.has_tiles
    most = 0 if is_one_by_one else _POSITIONS[placement.device.type]
    first = position_count = 0
    for number, length in enumerate(lengths):
        if number > first and position_count + length > most:
            yield range(first, number)
            first, position_count = number, 0
        position_count += length
    if lengths:
        yield range(first, len(lengths))
