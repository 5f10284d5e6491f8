"""The head of a cue at the end of a file that was cut off, as by a broken download. No I/O."""

import re
from collections.abc import Sequence

from qasr_cli.core.normal_forms import normalized
from qasr_cli.formats.readers.times import is_blank, number_in, seen, time_line

_CLOCK = r"\d{1,9}(?:[:.,]\d{0,9}){0,4}"
_CUT_TIMES = re.compile(rf"\s*{_CLOCK}\s*(?:-{{1,2}}>?\s*(?:{_CLOCK})?)?\s*")
_SURE = re.compile(r"-|:\d+:")  # of a clock time that is said, nobody writes this


def without_cut_head(lines: Sequence[str]) -> tuple[Sequence[str], str | None]:
    """The lines without a last cue whose times are cut off, and a note on what was left out."""
    at = _last_text(lines, len(lines))
    if at < 1 or not _is_cut(lines[at]):
        return lines, None
    above = _last_text(lines, at)
    number = number_in(lines[above]) if above >= 0 else None
    is_sure = _SURE.search(lines[at]) is not None or time_line(lines[at]) is not None
    if number is not None and at - above <= 2:  # noqa: PLR2004  # an empty line between
        is_apart = above == 0 or is_blank(lines[above - 1])
        # The digits of hours are no more than a number that is said, if a line follows them.
        is_started = ":" in lines[at] or at == len(lines) - 1
        is_next = _number_before(lines, above) in (None, number - 1)
        if is_next and (is_sure or (is_apart and is_started)):
            return _cut(lines, above)
    if is_sure and (is_blank(lines[at - 1]) or time_line(lines[at]) is not None):
        return _cut(lines, at)
    return lines, None


def _cut(lines: Sequence[str], first: int) -> tuple[Sequence[str], str]:
    left_out = " ".join(" ".join(lines[first:]).split())
    return lines[:first], f"the file ends within the times of a cue, left out: {left_out}"


def _is_cut(line: str) -> bool:
    """Whether it is the beginning of a line of times, or ends in a time that is cut short."""
    plain = normalized("NFKC", seen(line))
    if _CUT_TIMES.fullmatch(plain) is None:
        return False
    if time_line(line) is None:
        return True
    start, end = plain.split(">")
    return len(end.strip()) < len(start.rstrip(" -").strip())


def _number_before(lines: Sequence[str], stop: int) -> int | None:
    """The number of the cue before a line; None where it has none."""
    for at in range(stop - 1, 0, -1):
        if time_line(lines[at]) is not None:
            return number_in(lines[at - 1])
    return None


def _last_text(lines: Sequence[str], stop: int) -> int:
    """Place of the last line before another one that is not blank; -1 where there is none."""
    return next((at for at in range(stop - 1, -1, -1) if not is_blank(lines[at])), -1)
