"""Longest common subsequence: which characters of two texts correspond. Pure.

Exact for any pair of texts, repeated or swapped passages included: as many characters find their
like as can in order. A whole column of the table is one integer, one bit a row, so an hour of
speech against its script (50,000 characters each) takes seconds and a few MB. Time grows with the
product of the lengths, at a billion cells a second and more; memory grows with their sum.

Source of the columns: H. Hyyrö, "Bit-parallel LCS-length computation revisited", 2004. Of the
halving: D. S. Hirschberg, 1975.
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate

_STORED_CELLS = 1 << 23  # of a table that is kept whole: a bit a cell, 1 MB
_FURTHEST_SLIDE = 200  # characters: no two sentences share a longer beginning by chance


def matched_places(left: str, right: str) -> list[int]:
    """For every character of `left` the place of its match in `right`, or -1. Places increase.

    >>> matched_places("house", "mouse!"), matched_places("", "abc")
    ([-1, 1, 2, 3, 4], [])
    """
    places = [-1] * len(left)
    stack = [(0, len(left), 0, len(right))]
    while stack:
        low, high, first, stop = stack.pop()
        while low < high and first < stop and left[low] == right[first]:
            places[low] = first
            low, first = low + 1, first + 1
        while low < high and first < stop and left[high - 1] == right[stop - 1]:
            high, stop = high - 1, stop - 1
            places[high] = stop
        if low == high or first == stop:
            continue
        if stop - first == 1 or (high - low) * (stop - first) <= _STORED_CELLS:
            for row, column in _path(left[low:high], right[first:stop]):
                places[low + row] = first + column
        else:
            middle = (first + stop) // 2
            row = low + _crossing(left[low:high], right[first:middle], right[middle:stop])
            stack += [(low, row, first, middle), (row, high, middle, stop)]
    return places


def _columns(left: str, right: str) -> Iterator[int]:
    """After each character of `right` the rows at which no further match is gained."""
    ones = (1 << len(left)) - 1
    rows_of: dict[str, int] = {}
    for row, char in enumerate(left):
        rows_of[char] = rows_of.get(char, 0) | 1 << row
    level = ones
    for char in right:
        same = level & rows_of.get(char, 0)
        level = ((level + same) | (level - same)) & ones
        yield level


def _match_counts(left: str, right: str) -> list[int]:
    """How many characters match between every beginning of `left` and all of `right`."""
    level = 0
    for column in _columns(left, right):
        level = column
    return list(accumulate((bit == "0" for bit in f"{level:0{len(left)}b}"[::-1]), initial=0))


def _crossing(left: str, before: str, after: str) -> int:
    """Where to split `left` so that its halves match `before` and `after` best."""
    heads = _match_counts(left, before)
    tails = _match_counts(left[::-1], after[::-1])[::-1]
    totals = [head + tail for head, tail in zip(heads, tails, strict=True)]
    return totals.index(max(totals))


def _path(left: str, right: str) -> Iterator[tuple[int, int]]:
    """Pairs of places of a best match, the last first; runs stay together."""
    columns = list(_columns(left, right))
    row, column = len(left), len(right)
    while row > 0 and column > 0:
        if left[row - 1] == right[column - 1]:
            row, column = row - 1, column - 1
            yield row, column
        elif columns[column - 1] >> (row - 1) & 1:
            row -= 1
        else:
            column -= 1


def inverted(places: Sequence[int], count: int) -> list[int]:
    """The same pairs, seen from the other text, which has so many characters."""
    back = [-1] * count
    for place, other in enumerate(places):
        if other >= 0:
            back[other] = place
    return back


def packed(places: Sequence[int], left: str, right: str) -> list[int]:
    """As many matches, with characters that lie scattered brought to the ones before them.

    Args:
        places: of `matched_places(left, right)`.
        left, right: the texts.
    """
    result = list(places)
    for place in range(1, len(left)):
        following = result[place - 1] + 1
        # A match is a longest one: what a matched character could move to is free.
        if 0 < following < result[place] and left[place] == right[following]:
            result[place] = following
    return result


def slid(places: Sequence[int], left: str, weights: Sequence[int]) -> list[int]:
    """As many matches, with gaps of `left` moved to the edges of most weight.

    Where a passage is missing that begins as its neighbour does, letters cannot tell which of the
    two beginnings is there. A gap moves to the heaviest edges that it can have.

    Args:
        places: of `packed`.
        left: the text that they belong to.
        weights: for every place in `left` and its end, how well a gap's edge stands there.
    """
    result = list(places)
    low = 0
    while low < len(left):
        if result[low] >= 0:
            low += 1
            continue
        high = low
        while high < len(left) and result[high] < 0:
            high += 1
        _slide(result, low, high, left, weights)
        low = high + 1
    return result


def _slide(places: list[int], low: int, high: int, left: str, weights: Sequence[int]) -> None:
    """Move one gap, from `low` to `high`."""
    shifts = [0]
    for step in range(1, min(_FURTHEST_SLIDE, low) + 1):
        if places[low - step] < 0 or left[low - step] != left[high - step]:
            break
        shifts.append(-step)
    for step in range(min(_FURTHEST_SLIDE, len(left) - high)):
        if places[high + step] < 0 or left[low + step] != left[high + step]:
            break
        shifts.append(step + 1)
    best = max(shifts, key=lambda shift: weights[low + shift] + weights[high + shift])
    for step in range(1, -best + 1):
        places[high - step], places[low - step] = places[low - step], -1
    for step in range(best):
        places[low + step], places[high + step] = places[high + step], -1
