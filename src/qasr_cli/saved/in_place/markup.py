"""Italics, colours and places of subtitles that stand in a file, on the cues that replace them."""

import os
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from qasr_cli.core.types import Cue, ReadCue, Tag
from qasr_cli.saved.in_place.standing import shown_lines

_NEAR_COUNT = 8  # cues that one may overlap, in any file that somebody can read


class Marked(NamedTuple):
    """Cues with markup.

    Attributes:
        lost_count: subtitles of the file that had some, and are no cue any more.
    """

    cues: tuple[Cue, ...]
    lost_count: int


def with_markup(cues: Sequence[Cue], read: Sequence[ReadCue]) -> Marked:
    """The cues with the markup of those in a file that say the same, or stand at the same time.

    Args:
        read: of the file as it stands.
    """
    styled = [each for each in sorted(read, key=lambda cue: cue.start_ms) if each.tags]
    if not styled:
        return Marked(tuple(cues), 0)
    said = {cue.lines for cue in cues}
    by_text = {shown_lines(each.lines): each for each in styled}
    changed = _AtTimes([each for each in styled if shown_lines(each.lines) not in said])
    used: set[int] = set()
    marked: list[Cue] = []
    for cue in cues:
        origin = by_text.get(cue.lines) or changed.under(cue)
        if origin is not None:
            used.add(id(origin))
            cue = replace(cue, tags=_moved_tags(origin, cue))  # noqa: PLW2901
        marked.append(cue)
    lost_count = sum(shown_lines(each.lines) not in said and id(each) not in used for each in styled)
    return Marked(tuple(marked), lost_count)


class _AtTimes:
    """Subtitles by their times.

    Args:
        read: in the order of their starts.
    """

    def __init__(self, read: Sequence[ReadCue]) -> None:
        self._read = read
        self._starts_ms = [each.start_ms for each in read]

    def under(self, cue: Cue) -> ReadCue | None:
        """The one that shares most time with a cue: more than half of the shorter of both."""
        place = bisect_right(self._starts_ms, cue.end_ms)
        near = self._read[max(0, place - _NEAR_COUNT) : place]
        best = max(near, key=lambda each: _shared_ms(each, cue), default=None)
        if best is None:
            return None
        shortest_ms = min(best.end_ms - best.start_ms, cue.end_ms - cue.start_ms)
        return best if 2 * _shared_ms(best, cue) > shortest_ms else None


def _shared_ms(read: ReadCue, cue: Cue) -> int:
    return min(read.end_ms, cue.end_ms) - max(read.start_ms, cue.start_ms)


def _moved_tags(read: ReadCue, cue: Cue) -> tuple[Tag, ...]:
    """The tags of a subtitle, where its text stands in a cue that says something else."""
    old, new = "\n".join(read.lines), "\n".join(cue.lines)
    is_joined = cue.start_ms < read.start_ms or cue.end_ms > read.end_ms
    change = _Change.of(old, new, goes_on=is_joined)
    offsets = [sum(len(line) + 1 for line in read.lines[: tag.line]) + tag.char for tag in read.tags]
    moved: list[Tag] = []
    least = 0
    for tag, offset in zip(read.tags, offsets, strict=True):
        least = max(least, change.place_of(offset, is_end=tag.text.startswith("</")))
        before = new[:least]
        char = least - (before.rfind("\n") + 1)
        moved.append(Tag(line=before.count("\n"), char=char, text=tag.text))
    return tuple(moved)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """What became of a text: all between its first and its last changed character is new.

    Attributes:
        first: of the changed characters; as many are equal in front of them.
        old_end, new_end: behind the changed ones, in either text.
        goes_on: what was added at its end is another subtitle's.
    """

    first: int
    old_end: int
    new_end: int
    goes_on: bool

    @classmethod
    def of(cls, old: str, new: str, *, goes_on: bool) -> "_Change":
        """What became of a text."""
        first = len(os.path.commonprefix((old, new)))
        after = len(os.path.commonprefix((old[first:][::-1], new[first:][::-1])))
        return cls(first=first, old_end=len(old) - after, new_end=len(new) - after, goes_on=goes_on)

    def place_of(self, offset: int, *, is_end: bool) -> int:
        """Where a tag stands now: one that ends something behind what is new, others before it."""
        if offset < self.first:
            return offset
        if is_end and not (self.goes_on and offset == self.first == self.old_end):
            return max(offset, self.old_end) - self.old_end + self.new_end
        if offset == self.first or offset < self.old_end:
            return self.first
        return offset - self.old_end + self.new_end
