"""Segments that overlap, as other programs write them -> turns in order of time. Pure.

A lane is segments that follow each other. A segment is parted only where another named speaker says
something short into it, and no part is shorter than a second; else each stays whole and ends where
the next begins.
"""

import heapq
import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from qasr_cli.core.transcript.turns import Turn, turns_of
from qasr_cli.core.types import Transcript

_SHORTEST_PART_MS = 1000
_LATEST_MS = 3000  # who is interrupted again and again waits no longer for a whole second


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Placed:
    """A turn, and what is known of its place.

    Attributes:
        earliest_ms: its words are said no sooner, whatever their times.
        clip_starts_ms: where the segments of its lane begin.
        is_timed: its words have times of their own.
    """

    turn: Turn
    lane: int
    clip_starts_ms: tuple[int, ...]
    is_timed: bool
    earliest_ms: int = 0

    @property
    def first_end_ms(self) -> int:
        """When the first of its segments ends."""
        index = bisect_right(self.clip_starts_ms, self.start_ms)
        if index == len(self.clip_starts_ms):
            return self.turn.end_ms
        until_ms = self.clip_starts_ms[index]
        return self.turn.words[max(_count_before(self.turn, until_ms), 1) - 1].end_ms

    @property
    def start_ms(self) -> int:
        """When it begins to be shown."""
        return max(self.turn.start_ms, self.earliest_ms)

    def cut(self, count: int) -> tuple["_Placed", "_Placed"]:
        """The first words and the others."""
        words = self.turn.words
        return (
            replace(self, turn=replace(self.turn, words=words[:count])),
            replace(self, turn=replace(self.turn, words=words[count:])),
        )


_Parts = tuple[_Placed, ...]


def turns_of_lanes(lanes: Sequence[Transcript]) -> list[Turn]:
    """The sentences of all lanes in order, their words where they can be said."""
    order = itertools.count()
    placed = [each for lane, whole in enumerate(lanes) for each in _placed(whole, lane)]
    waiting = [(each.start_ms, next(order), each) for each in placed]
    heapq.heapify(waiting)
    result: list[_Placed] = []
    while waiting:
        _, _, each = heapq.heappop(waiting)
        by = waiting[0][2] if waiting else each
        if by.lane == each.lane or by.start_ms >= each.turn.end_ms:
            result.append(each)
            continue
        again = _between_segments(each, by)
        if not again:
            head, again = _parted(each, by)
            result.extend(head)
        for part in again:
            heapq.heappush(waiting, (part.start_ms, next(order), part))
    return list(_clamped(result))


def _placed(transcript: Transcript, lane: int) -> Iterator[_Placed]:
    starts_ms = tuple(clip.start_ms for clip in transcript.clips)
    for turn in turns_of(transcript):
        first = max(bisect_right(starts_ms, turn.start_ms) - 1, 0)
        clips = transcript.clips[first : max(bisect_left(starts_ms, turn.end_ms), first + 1)]
        yield _Placed(
            turn=turn,
            lane=lane,
            clip_starts_ms=starts_ms,
            is_timed=all(clip.timing.is_heard for clip in clips),
        )


def _parted(each: _Placed, by: _Placed) -> tuple[_Parts, _Parts]:
    """What comes before another, and after it; the whole before it where it is not parted."""
    names = (each.turn.speaker, by.turn.speaker)
    if None not in names and names[0] != names[1] and each.is_timed and by.is_timed:
        count = _head_count(each, by)
        if count is not None:
            head, tail = each.cut(count)
            later = replace(tail, earliest_ms=max(each.earliest_ms, by.first_end_ms))
            return ((head,) if count else ()), (later,)
    return (each,), ()


def _head_count(each: _Placed, by: _Placed) -> int | None:
    """How many words come before another speaks; None where it says too much to go before the rest.

    They take a second; where there are not as many, the other comes first, or waits for less than
    a second. So does the rest.
    """
    words, until_ms, end_ms = each.turn.words, by.start_ms, by.first_end_ms
    if each.turn.end_ms - until_ms <= max(_SHORTEST_PART_MS, end_ms - until_ms):
        return None
    is_late = each.start_ms - each.turn.start_ms > _LATEST_MS
    first_ms = each.turn.start_ms if is_late else each.start_ms
    count = _count_before(each.turn, until_ms)
    while count and words[count - 1].end_ms - first_ms < _SHORTEST_PART_MS:
        if count == len(words) or words[count].start_ms >= until_ms + _SHORTEST_PART_MS:
            count = 0
        else:
            count += 1
    if count == len(words):
        return None
    rest_ms = each.turn.end_ms - max(words[count].start_ms, end_ms)
    return count if rest_ms >= _SHORTEST_PART_MS else None


def _between_segments(each: _Placed, by: _Placed) -> _Parts:
    """A sentence of several segments, parted after that in which another begins, if there are."""
    index = bisect_left(each.clip_starts_ms, by.start_ms)
    if index == len(each.clip_starts_ms):
        return ()
    cut_ms = each.clip_starts_ms[index]
    count = _count_before(each.turn, cut_ms)
    return each.cut(count) if 0 < count < len(each.turn.words) else ()


def _count_before(turn: Turn, time_ms: int) -> int:
    return bisect_left(turn.words, time_ms, key=lambda word: word.start_ms)


def _clamped(ordered: Sequence[_Placed]) -> Iterator[Turn]:
    """The turns, of each no word after another lane goes on, unless that is within a second."""
    now_ms = 0
    for each, following in zip(ordered, [*ordered, None][1:], strict=True):
        first_ms = max(each.start_ms, now_ms)
        last_ms = each.turn.words[-1].start_ms
        is_cut_off = following is not None and following.lane != each.lane
        if following is not None and is_cut_off:
            last_ms = max(following.start_ms, first_ms + _SHORTEST_PART_MS)
        words = []
        for word in each.turn.words:
            now_ms = max(min(word.start_ms, last_ms), first_ms)
            words.append(replace(word, start_ms=now_ms, end_ms=max(word.end_ms, now_ms)))
        if is_cut_off:
            now_ms = max(now_ms, min(words[-1].end_ms, first_ms + _SHORTEST_PART_MS))
        yield replace(each.turn, words=tuple(words))
