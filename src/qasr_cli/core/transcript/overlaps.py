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
from qasr_cli.core.types import Timing, Transcript

_SHORTEST_PART_MS = 1000


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
    def start_ms(self) -> int:
        """When it begins to be shown."""
        return max(self.turn.start_ms, self.earliest_ms)

    def cut(self, count: int, *, earliest_ms: int) -> tuple["_Placed | None", "_Placed"]:
        """The first words, if any, and the others, which are said later than that time."""
        words = self.turn.words
        head = replace(self, turn=replace(self.turn, words=words[:count])) if count else None
        tail = replace(self.turn, words=words[count:])
        return head, replace(self, turn=tail, earliest_ms=max(self.earliest_ms, earliest_ms))


def turns_of_lanes(lanes: Sequence[Transcript]) -> list[Turn]:
    """The sentences of all lanes in order, their words where they can be said."""
    order = itertools.count()
    placed = [each for lane, whole in enumerate(lanes) for each in _placed(whole, lane)]
    waiting = [(each.start_ms, next(order), each) for each in placed]
    heapq.heapify(waiting)
    result: list[_Placed] = []
    while waiting:
        _, _, each = heapq.heappop(waiting)
        parts = _parted(each, by=waiting[0][2]) if waiting else None
        head: _Placed | None = each
        if parts is not None:
            head, tail = parts
            heapq.heappush(waiting, (tail.start_ms, next(order), tail))
        if head is not None:
            result.append(head)
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
            is_timed=all(clip.timing is Timing.ALIGNED for clip in clips),
        )


def _parted(each: _Placed, *, by: _Placed) -> tuple[_Placed | None, _Placed] | None:
    """The turn before and after another; None where it stays whole."""
    turn, other = each.turn, by.turn
    if each.lane == by.lane or by.start_ms >= turn.end_ms:
        return None
    other_ms = other.end_ms - by.start_ms
    is_breaking_in = None not in (turn.speaker, other.speaker) and turn.speaker != other.speaker
    if not (is_breaking_in and each.is_timed and by.is_timed):
        return _between_segments(each, by)
    if turn.end_ms - by.start_ms <= max(_SHORTEST_PART_MS, other_ms):
        return None
    count = _head_count(turn, by.start_ms)
    if (
        count == len(turn.words)
        or turn.end_ms - max(turn.words[count].start_ms, other.end_ms) < _SHORTEST_PART_MS
    ):
        return None
    return each.cut(count, earliest_ms=other.end_ms)


def _head_count(turn: Turn, until_ms: int) -> int:
    """How many words come before another speaks: a second of them or, where it is less, none.

    The other may wait for less than a second.
    """
    for count, word in enumerate(turn.words, 1):
        if word.start_ms >= until_ms + _SHORTEST_PART_MS:
            return 0
        if word.end_ms - turn.start_ms >= _SHORTEST_PART_MS:
            return max(count, sum(word.start_ms < until_ms for word in turn.words))
    return 0


def _between_segments(each: _Placed, by: _Placed) -> tuple[_Placed | None, _Placed] | None:
    """A sentence of several segments may be parted between two of them."""
    index = bisect_left(each.clip_starts_ms, by.start_ms)
    if index == len(each.clip_starts_ms):
        return None
    cut_ms = each.clip_starts_ms[index]
    count = sum(word.start_ms < cut_ms for word in each.turn.words)
    return each.cut(count, earliest_ms=0) if 0 < count < len(each.turn.words) else None


def _clamped(ordered: Sequence[_Placed]) -> Iterator[Turn]:
    """The turns, of each no word after another lane goes on, unless that is within a second."""
    now_ms = 0
    for each, following in zip(ordered, [*ordered, None][1:], strict=True):
        first_ms = max(each.earliest_ms, now_ms)
        last_ms = each.turn.words[-1].start_ms
        if following is not None and following.lane != each.lane:
            start_ms = max(each.turn.start_ms, first_ms)
            last_ms = max(following.start_ms, start_ms + _SHORTEST_PART_MS)
        words = []
        for word in each.turn.words:
            now_ms = max(min(word.start_ms, last_ms), first_ms)
            words.append(replace(word, start_ms=now_ms, end_ms=max(word.end_ms, now_ms)))
        yield replace(each.turn, words=tuple(words))
