"""SubRip, as programs and people write it: line by line, in time linear in its length. No I/O."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from qasr_cli.core.types import ReadSubtitles
from qasr_cli.formats.readers.cut_ends import without_cut_head
from qasr_cli.formats.readers.markup import from_srt
from qasr_cli.formats.readers.raw_cues import RawCue, excerpt, finished
from qasr_cli.formats.readers.times import (
    TimeLine,
    is_blank,
    lines_of,
    number_in,
    seems_times,
    time_line,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    """Where a cue begins.

    Attributes:
        first: index of its first line: that of its number, or of its times.
        at: index of the line of its times.
    """

    first: int
    at: int
    times: TimeLine
    number: int | None

    def is_before(self, number: int) -> bool:
        """Whether that is the next cue's number."""
        return self.number is not None and number == self.number + 1


def read_srt(text: str) -> ReadSubtitles:
    """The cues of a SubRip file, in the order of the file.

    A cue goes on to the next line of times, blank lines in it included, less the number above that.

    Raises:
        ValueError: it is not SubRip, and why in one line.
    """
    lines, cut_note = without_cut_head(lines_of(text))
    timed = [(at, times) for at, line in enumerate(lines) if (times := time_line(line)) is not None]
    heads = _heads(lines, timed)
    doubts = _check(lines, {at for at, _ in timed})
    before = [line for line in lines[: heads[0].first] if not is_blank(line)] if heads else []
    notes = [f"text before the first cue is left out: {excerpt(before)}"] if before else []
    notes += [*doubts, *([] if cut_note is None else [cut_note])]
    raw_cues = []
    unkept: list[str] = []
    starts_at_once = any(head.first and not is_blank(lines[head.first - 1]) for head in heads[1:])
    for at, head in enumerate(heads):
        is_last = at + 1 == len(heads)
        stop = len(lines) if is_last else heads[at + 1].first
        content = _without_blank_end(lines[head.at + 1 : stop])
        number = _stray_number(content, head, is_last=is_last, starts_at_once=starts_at_once)
        if number is not None:
            notes.append(f"a number without times is left out: {number}")
            content = _without_blank_end(content[:-1])
        cue_lines, tags, stamped = from_srt("\n".join(content))
        raw_cues.append(RawCue(times=head.times, lines=cue_lines, tags=tags, stamped=stamped))
        _sort_rest(head.times.rest, at + 1, notes=notes, unkept=unkept)
    return finished(raw_cues, notes=notes, unkept=unkept)


def _heads(lines: Sequence[str], timed: Sequence[tuple[int, TimeLine]]) -> list[_Head]:
    """Where each cue begins: a number above its times is its own, where the file has numbers."""
    heads: list[_Head] = []
    numbers = [_number_above(lines, at) for at, _ in timed]
    direct = [(at, found) for (at, _), found in zip(timed, numbers, strict=True) if found]
    direct = [(at, found) for at, found in direct if found[0] == at - 1]
    is_numbered = 2 * len(direct) > len(numbers) and (
        numbers[0] is not None
        or any(is_blank(lines[place - 1]) for _, (place, _) in direct if place)
    )
    for (at, times), found in zip(timed, numbers, strict=True):
        after = heads[-1].at if heads else -1
        head = _Head(first=at, at=at, times=times, number=None)
        if found is not None and found[0] > after:
            place, number = found
            is_apart = place == 0 or (is_blank(lines[place - 1]) and place - 1 > after)
            follows = not heads or heads[-1].is_before(number)
            if (is_apart or is_numbered) and (place == at - 1 or follows):
                head = _Head(first=place, at=at, times=times, number=number)
        heads.append(head)
    return heads


def _number_above(lines: Sequence[str], at: int) -> tuple[int, int] | None:
    """Place and value of the number that is the last text above a line, two blank lines at most."""
    for place in range(at - 1, max(at - 4, -1), -1):
        if not is_blank(lines[place]):
            number = number_in(lines[place])
            return None if number is None else (place, number)
    return None


def _stray_number(
    content: Sequence[str], head: _Head, *, is_last: bool, starts_at_once: bool
) -> int | None:
    """The number of a cue that never came, at the end of this one; None where there is none."""
    number = number_in(content[-1]) if content else None
    if number is None:
        return None
    is_next = head.is_before(number)
    if len(content) > 1 and is_blank(content[-2]):
        return number if is_last or is_next else None
    return number if is_last and is_next and starts_at_once and len(content) > 1 else None


def _sort_rest(rest: str, number: int, *, notes: list[str], unkept: list[str]) -> None:
    """What follows the times: places on the screen, or something that nobody expects there."""
    words = rest.split()
    if words and all(":" in word for word in words):
        unkept.append("places on the screen")
    elif words:
        notes.append(f"what follows the times of cue {number} is left out: {excerpt([rest])}")


def _check(lines: Sequence[str], timed: set[int]) -> list[str]:
    """Notes on text that may be damaged times; a file is refused where it is, or without times.

    Raises:
        ValueError: where and why.
    """
    doubts = []
    for at, line in enumerate(lines):
        if at in timed or not seems_times(line):
            continue
        begins = at == 0 or is_blank(lines[at - 1]) or number_in(lines[at - 1]) is not None
        if begins:
            raise ValueError(f"not SubRip here: {excerpt([line])}")
        doubts.append(f"looks like damaged times and is read as text: {excerpt([line])}")
    if not timed and any(not is_blank(line) for line in lines):
        raise ValueError(f"not SubRip here: {excerpt(lines)}")
    return doubts


def _without_blank_end(lines: Sequence[str]) -> list[str]:
    return list(lines[: len(lines) - _blank_count(reversed(lines))])


def _blank_count(lines: Iterator[str]) -> int:
    count = 0
    for line in lines:
        if not is_blank(line):
            break
        count += 1
    return count
