"""What WebVTT has beside texts and times, taken over where a file is written anew.

Notes, style sheets, regions, names and settings of cues, and the markup of what was left.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import NamedTuple

from qasr_cli.core.timing import clock_from_ms
from qasr_cli.formats.readers.markup import WHO_SPEAKS, VttText, from_vtt
from qasr_cli.formats.readers.times import TimeLine, are_padded, lines_of, seen, time_line
from qasr_cli.formats.readers.vtt import is_beside_cues, is_vtt, text_ends
from qasr_cli.saved.in_place.standing import Lines, shown_lines

_NEAR_COUNT = 8  # cues that one may overlap, in any file that somebody can read


class Carried(NamedTuple):
    """A file of WebVTT.

    Attributes:
        lost_count: changed cues that had markup which qasr has no words for.
    """

    text: str
    lost_count: int


def with_blocks_of(standing: str, written: str) -> Carried:
    """The text of a file that is written, with what stands in it now beside its cues.

    A cue that nobody changed is, to the letter, what it was.

    Args:
        standing: text of the file as it is; where that is no WebVTT, nothing is taken over.
        written: its text by the cues that it is to have.
    """
    if not is_vtt(standing):
        return Carried(written, 0)
    old, new = _Blocks.of(standing), _Blocks.of(written)
    starts_ms = [cue.start_ms for cue in old.cues]
    parts: list[Lines] = []
    lost: set[int] = set()
    beside_count = 0
    for cue, origin in _pairs(old.cues, new.cues):
        before = bisect_left(starts_ms, cue.start_ms) - 1 if origin is None else origin.at
        while beside_count < len(old.beside) and old.beside[beside_count][0] <= max(0, before):
            parts.append(old.beside[beside_count][1])
            beside_count += 1
        parts.append(cue.over(origin))
        if origin is not None and origin.has_more and not cue.says_what(origin):
            lost.add(origin.at)
    parts += [lines for _, lines in old.beside[beside_count:]]
    return Carried("\n\n".join(map("\n".join, parts)) + "\n", len(lost))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cue:
    """A cue as it is written.

    Attributes:
        at: its place among all.
        name: its line above its times; none = it has no name.
        times: their line.
        settings: what follows the times there.
        text: the lines under them.
        read: what they say.
    """

    at: int
    name: Lines
    times: str
    start_ms: int
    end_ms: int
    settings: str
    text: Lines
    read: VttText

    @property
    def shown(self) -> Lines:
        """Its lines as an editor has them."""
        return shown_lines(self.read.lines)

    @property
    def has_more(self) -> bool:
        """Whether its text has markup that qasr has no words for."""
        is_told = self.read.speaker is not None
        return any(kind != WHO_SPEAKS or not is_told for kind in self.read.unkept)

    def says_what(self, origin: "_Cue") -> bool:
        """Whether its text is that of another cue, which may have more markup."""
        is_same = (self.shown, self.read.speaker) == (origin.shown, origin.read.speaker)
        return is_same and not origin.read.stamped  # times of words may be others

    def over(self, origin: "_Cue | None") -> Lines:
        """Its lines, in the place of a cue that it was."""
        if origin is None:
            return (*self.name, self.times, *self.text)
        times = origin.times
        if (self.start_ms, self.end_ms) != (origin.start_ms, origin.end_ms):
            clocks = f"{clock_from_ms(self.start_ms)} --> {clock_from_ms(self.end_ms)}"
            times = f"{clocks} {origin.settings}".rstrip()
        return (*origin.name, times, *(origin.text if self.says_what(origin) else self.text))


def _pairs(old: Sequence[_Cue], new: Sequence[_Cue]) -> Iterator[tuple[_Cue, _Cue | None]]:
    """Yield cues, each with the one that it was: equal, at its times, of its text, or under it."""
    left = dict.fromkeys(range(len(old)))
    origins: dict[int, _Cue] = {}
    for key_of in (
        lambda cue: (cue.start_ms, cue.end_ms, cue.shown),
        lambda cue: (cue.start_ms, cue.end_ms),
        lambda cue: cue.shown,
    ):
        places: defaultdict[object, list[int]] = defaultdict(list)
        for at in reversed(left):
            places[key_of(old[at])].append(at)
        for cue in new:
            if cue.at not in origins and places[key_of(cue)]:
                at = places[key_of(cue)].pop()
                origins[cue.at] = old[at]
                del left[at]
    changed = sorted((old[at] for at in left), key=lambda cue: cue.start_ms)
    starts_ms = [cue.start_ms for cue in changed]
    for cue in new:
        origin = origins.get(cue.at)
        if origin is None:
            place = bisect_right(starts_ms, cue.end_ms)
            origin = _under(changed[max(0, place - _NEAR_COUNT) : place], cue)
            if origin is not None and origin.at not in left:
                origin = replace(origin, name=())  # another part of it has that
            elif origin is not None:
                del left[origin.at]
        yield cue, origin


def _under(near: Sequence[_Cue], cue: _Cue) -> _Cue | None:
    """The one of these that shares most time with a cue."""
    shared_ms = [(min(o.end_ms, cue.end_ms) - max(o.start_ms, cue.start_ms), o) for o in near]
    best_ms, best = max(shared_ms, key=lambda pair: pair[0], default=(0, None))
    return best if best_ms > 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Blocks:
    """The parts of a file.

    Attributes:
        beside: header, notes, style sheets and regions, and how many cues each comes after.
    """

    cues: list[_Cue] = field(default_factory=list)
    beside: list[tuple[int, Lines]] = field(default_factory=list)

    @classmethod
    def of(cls, text: str) -> "_Blocks":
        """Those of a text, read as `read_vtt` does."""
        groups = groupby(lines_of(text), key=lambda line: seen(line) == "")
        blocks = [list(group) for is_empty, group in groups if not is_empty]
        timed = [[(i, t) for i, line in enumerate(b) if (t := time_line(line))] for b in blocks]
        is_padded = are_padded(times for found in timed for _, times in found)
        parts = cls()
        for block, found in zip(blocks, timed, strict=True):
            is_beside = is_beside_cues(block)
            if is_beside:
                before = block[: found[0][0]] if found else block
                parts.beside.append((len(parts.cues), tuple(before)))
            parts._add(block, found, is_padded=is_padded, has_name=not is_beside)
        return parts

    def _add(
        self,
        block: Sequence[str],
        timed: Sequence[tuple[int, TimeLine]],
        *,
        is_padded: bool,
        has_name: bool,
    ) -> None:
        name_at = max(0, timed[0][0] - 1) if timed and has_name else timed[0][0] if timed else 0
        for (at, times), end in zip(timed, text_ends(block, timed) if timed else (), strict=True):
            text = tuple(block[at + 1 : end])
            self.cues.append(
                _Cue(
                    at=len(self.cues),
                    name=tuple(block[name_at:at]),
                    times=block[at],
                    start_ms=max(0, times.start.ms(is_padded=is_padded)),
                    end_ms=max(0, times.end.ms(is_padded=is_padded)),
                    settings=times.rest.strip(),
                    text=text,
                    read=from_vtt("\n".join(text)),
                )
            )
            name_at = end
