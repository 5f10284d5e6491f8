"""Captions that roll: each repeats the lines above its own, as web players show them. No I/O.

Read as they stand every line would come two or three times. Put together, every line is one cue.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from qasr_cli.core.types import ReadCue, Tag

_TOUCHING_MS = 200  # between two cues that are one roll
_MOST_LINES = 8  # that stand above each other
_BLINK_MS = 50  # a cue that only holds a line until the next word


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """What can be seen of a cue: its lines that hold text, and where these stand in it."""

    cue: ReadCue
    places: tuple[int, ...]
    lines: tuple[str, ...]
    stamped: frozenset[int]

    @property
    def old_count(self) -> int:
        """How many lines may be old: one with times of words is new."""
        return min(
            (at for at, place in enumerate(self.places) if place in self.stamped),
            default=_MOST_LINES,
        )


def collapsed(
    cues: Sequence[ReadCue], stamped: Sequence[frozenset[int]]
) -> tuple[Sequence[ReadCue], str | None]:
    """The cues, each line in one of them alone, and a note; as they are where they do not roll.

    Args:
        cues: in the order of the file.
        stamped: for each cue which of its lines hold times of words.
    """
    shown = [_shown(*pair) for pair in zip(cues, stamped, strict=True)]
    shown = [one for one in shown if one.lines]
    signs = sum(_rolls(before, one) for before, one in pairwise(shown))
    is_stamped = any(stamped)
    if signs < (1 if is_stamped else 2) or 2 * signs < len(shown) - 1:
        return cues, None
    result: list[ReadCue] = []
    for before, one in pairwise((None, *shown)):
        if one is not None:
            _add(result, before, one)
    return result, f"captions that roll: {len(cues)} cues are read as {len(result)}"


def _shown(cue: ReadCue, stamped: frozenset[int]) -> _Shown:
    places = tuple(at for at, line in enumerate(cue.lines) if line.strip())
    return _Shown(
        cue=cue,
        places=places,
        lines=tuple(" ".join(cue.lines[at].split()) for at in places),
        stamped=stamped,
    )


def _rolls(before: _Shown, one: _Shown) -> bool:
    """Whether a cue repeats the one before as nobody does who speaks twice."""
    count, grows = _repeated(before, one)
    lengths_ms = [shown.cue.end_ms - shown.cue.start_ms for shown in (before, one)]
    return count > 0 and (grows or count < len(one.lines) or min(lengths_ms) <= _BLINK_MS)


def _repeated(before: _Shown, one: _Shown) -> tuple[int, bool]:
    """How many lines are those that were there, and whether the last of them goes on further."""
    if abs(one.cue.start_ms - before.cue.end_ms) > _TOUCHING_MS:
        return 0, False
    for count in range(min(len(before.lines), len(one.lines), _MOST_LINES), 0, -1):
        *above, last = before.lines[-count:]
        if tuple(above) != one.lines[: count - 1] or count - 1 > one.old_count:
            continue
        now = one.lines[count - 1]
        if now == last and count <= one.old_count:
            return count, False
        if now != last and now.startswith(last):
            return count, True
    return 0, False


def _add(result: list[ReadCue], before: _Shown | None, one: _Shown) -> None:
    count, grows = (0, False) if before is None else _repeated(before, one)
    if count and not result:
        count = 0
    if grows:
        grown = _part(one, count - 1, count)
        kept = _without_last_line(result.pop())
        result.append(
            replace(grown, start_ms=kept.start_ms, lines=(*kept.lines, *grown.lines))
            if not kept.lines
            else replace(
                kept,
                end_ms=one.cue.end_ms,
                lines=(*kept.lines, *grown.lines),
                tags=(*kept.tags, *(replace(t, line=len(kept.lines)) for t in grown.tags)),
            )
        )
    if count < len(one.lines):
        result.append(_part(one, count, len(one.lines)))
    elif not grows:
        result[-1] = replace(result[-1], end_ms=one.cue.end_ms)


def _part(one: _Shown, first: int, stop: int) -> ReadCue:
    """A cue of some of the lines; tags of position are how it rolled."""
    new_line = {place: at for at, place in enumerate(one.places[first:stop])}
    tags = tuple(
        Tag(line=new_line[tag.line], char=tag.char, text=tag.text)
        for tag in one.cue.tags
        if tag.line in new_line and not tag.text.startswith("{\\an")
    )
    lines = tuple(one.cue.lines[place] for place in one.places[first:stop])
    return replace(one.cue, lines=lines, tags=tags)


def _without_last_line(cue: ReadCue) -> ReadCue:
    last = len(cue.lines) - 1
    return replace(
        cue, lines=cue.lines[:-1], tags=tuple(tag for tag in cue.tags if tag.line < last)
    )
