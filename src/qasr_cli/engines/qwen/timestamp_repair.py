"""Repairs the aligner's times where they go backwards. Pure; no torch."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import pairwise

_LONGEST_SNAP = 2


def in_order(times_ms: Sequence[float]) -> list[int]:
    """The times with those replaced that break the order, so that they never decrease.

    A longest never-decreasing subsequence is kept. Up to two neighbours outside it snap to the
    nearer kept time, longer stretches are interpolated.

    Source: the result, ties included, is that of `_fix_timestamps` in transformers'
    `models/qwen3_asr/processing_qwen3_asr.py`, which takes quadratic time.
    """
    kept = _longest_ordered(times_ms)
    if not kept:
        return []
    result = [float(time_ms) for time_ms in times_ms]
    result[: kept[0]] = [result[kept[0]]] * kept[0]
    result[kept[-1] + 1 :] = [result[kept[-1]]] * (len(result) - 1 - kept[-1])
    for left, right in pairwise(kept):
        _fill(result, left, right)
    return [int(time_ms) for time_ms in result]


def _longest_ordered(times_ms: Sequence[float]) -> list[int]:
    """Indices of a longest never-decreasing subsequence, by patience sorting.

    Among equally long ones each step goes back to the earliest index that fits. Within a level
    the times decrease with the index, so that index is found by bisection.
    """
    tails: list[float] = []  # the smallest time that ends a subsequence of length level + 1
    negated: list[list[float]] = []  # per level: its times, negated to be ascending
    indices: list[list[int]] = []
    parents: list[int] = []
    last = -1
    for index, time_ms in enumerate(times_ms):
        level = bisect_right(tails, time_ms)
        if level == len(tails):
            tails.append(time_ms)
            negated.append([])
            indices.append([])
            last = index
        tails[level] = time_ms
        below = level - 1
        parents.append(indices[below][bisect_left(negated[below], -time_ms)] if level > 0 else -1)
        negated[level].append(-time_ms)
        indices[level].append(index)
    chain = []
    while last != -1:
        chain.append(last)
        last = parents[last]
    return chain[::-1]


def _fill(times_ms: list[float], left: int, right: int) -> None:
    """Replace what lies between two kept times."""
    low_ms, high_ms = times_ms[left], times_ms[right]
    between_count = right - left - 1
    step_ms = (high_ms - low_ms) / (between_count + 1)
    for index in range(left + 1, right):
        if between_count > _LONGEST_SNAP:
            times_ms[index] = low_ms + step_ms * (index - left)
        else:
            times_ms[index] = low_ms if index - left <= right - index else high_ms
