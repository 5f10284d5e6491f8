"""Italics, colours and places of subtitles that stand in a file, on the cues that replace them."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from itertools import accumulate
from typing import NamedTuple

from qasr_cli.core.types import Cue, ReadCue, Tag
from qasr_cli.saved.in_place.standing import shown_lines

_NEAR_COUNT = 8  # cues that one may overlap, in any file that somebody can read
# Words of letters; of scripts without spaces each character is one.
_WORDS = re.compile(r"[^\W\u2e80-\uffff]+|.", re.DOTALL)


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
    styled = sorted((each for each in read if each.tags), key=lambda each: each.start_ms)
    if not styled:
        return Marked(tuple(cues), 0)
    said = {cue.lines for cue in cues}
    by_text = {shown_lines(each.lines): each for each in styled}
    lost = {id(each): each for each in styled if shown_lines(each.lines) not in said}
    changed = tuple(lost.values())
    starts_ms = [each.start_ms for each in changed]
    marked: list[Cue] = []
    for cue in cues:
        same = by_text.get(cue.lines)
        place = bisect_right(starts_ms, cue.end_ms)
        near = changed[max(0, place - _NEAR_COUNT) : place]
        origins = [each for each in near if _is_under(each, cue)] if same is None else [same]
        tags = [tag for each in origins for tag in _moved_tags(each, cue)]
        if tags:
            for each in origins:
                lost.pop(id(each), None)
        marked.append(replace(cue, tags=tuple(tags)) if tags else cue)
    return Marked(tuple(marked), len(lost))


def _is_under(read: ReadCue, cue: Cue) -> bool:
    """Whether they have more than half of the shorter one's time in common."""
    shared_ms = min(read.end_ms, cue.end_ms) - max(read.start_ms, cue.start_ms)
    return 2 * shared_ms > min(read.end_ms - read.start_ms, cue.end_ms - cue.start_ms)


def _moved_tags(read: ReadCue, cue: Cue) -> Iterator[Tag]:
    """Yield the tags of a subtitle, where its text stands in a cue that says something else."""
    if read.lines == cue.lines:
        yield from read.tags
        return
    old, new = "\n".join(read.lines), "\n".join(cue.lines)
    starts = [0, *accumulate(len(line) + 1 for line in read.lines)]
    offsets = [starts[tag.line] + tag.char for tag in read.tags]
    is_joined = cue.start_ms < read.start_ms or cue.end_ms > read.end_ms
    change = _Change(old, new, is_all=not is_joined)
    kept: list[tuple[int, int, Tag]] = []
    least = 0
    for tag, offset in zip(read.tags, offsets, strict=True):
        least = max(least, change.place_of(offset, is_end=_is_end(tag)))
        is_empty = bool(kept) and _is_end(tag) and kept[-1][1] == least
        if is_empty and kept[-1][0] < offset and kept[-1][2].text.startswith("<"):
            kept.pop()  # what stood between them is gone
        else:
            kept.append((offset, least, tag))
    for _, place, tag in kept:
        before = new[:place]
        yield Tag(line=before.count("\n"), char=place - before.rfind("\n") - 1, text=tag.text)


def _is_end(tag: Tag) -> bool:
    return tag.text.startswith("</")


class _Change:
    """What became of a text, word by word.

    Args:
        is_all: the new text is of nothing else, so it begins and ends where the old one did.
    """

    def __init__(self, old: str, new: str, *, is_all: bool) -> None:
        words, new_words = _WORDS.findall(old), _WORDS.findall(new)
        ends, new_ends = [0, *accumulate(map(len, words))], [0, *accumulate(map(len, new_words))]
        self._steps = [
            (kind == "equal", ends[first], ends[end], new_ends[new_first], new_ends[new_end])
            for kind, first, end, new_first, new_end in SequenceMatcher(
                None, words, new_words, autojunk=False
            ).get_opcodes()
            if first < end
        ]
        self._old_count, self._new_count = len(old), len(new)
        self._is_all = is_all

    def place_of(self, offset: int, *, is_end: bool) -> int:
        """Where a tag stands now: at its word, before or behind what took the place of that."""
        if offset == 0 and (self._is_all or is_end):
            return 0
        if offset == self._old_count and (self._is_all or not is_end):
            return self._new_count
        char = offset - 1 if is_end else offset
        for is_equal, first, end, new_first, new_end in self._steps:
            if first <= char < end:
                if is_equal:
                    return offset - first + new_first
                return new_end if is_end else new_first
        raise AssertionError("a tag that stands outside of its text")
