"""The line with a cue's times, as programs and people write it. No I/O."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from qasr_cli.core.normal_forms import normalized

# Marks of direction and of byte order: they show as nothing and stand anywhere.
_UNSEEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_MARKS = "[:;.,。٫،]"
# Tools that move times below 0 write a sign before any of the numbers.
_FIELDS = rf"([-−–]?\s?\d{{1,9}}(?:\s?{_MARKS}\s?[-−–]?\d{{1,9}}){{1,3}})"
_START = rf"\s*{_FIELDS}([:.,]?)\s*(?:[-—–=]{{1,3}}[ -]?>|[-–]{{1,3}}&gt;|→)\s*"
_TIMES = re.compile(rf"{_START}{_FIELDS}(?!\d)(.*)")
_DAMAGED_END = re.compile(rf"{_START}(\S{{0,9}}:\S{{0,20}}|\d{{1,9}}|$)(\s.*|$)")
_MARK_AND_REST = re.compile(r"[:.,]((?:\s.*)?)$")
_GLUED = re.compile(r"[\w:;]")  # to a time without a fraction: its digits are damaged
_PART_OF_A_TIME = re.compile(r"\d\s?:\s?\d")
# The arrow is damaged, or all after it is gone.
_ONLY_CLOCKS = re.compile(r"\s*\d{1,4}:\d\d:\d\d[,.]\d{1,3}(?:\D{1,9}\d{1,4}:\d\d.{0,40}|\s*)")
_NUMBER = re.compile(r"\s*-?(\d{1,9})\.?\d{0,9}\s*")
_EXACT_CHARS = 3  # a thousandth of a second


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """A time as it is written: hours to seconds in whole seconds, and the fraction's digits."""

    is_negative: bool
    whole_s: int
    fraction: str

    def ms(self, *, is_padded: bool) -> int:
        """The time; `,5` is half a second where fractions are padded, else 5 ms."""
        digits = self.fraction[:_EXACT_CHARS] or "0"
        millis = int(digits.ljust(_EXACT_CHARS, "0")) if is_padded else int(digits)
        return (self.whole_s * 1000 + millis) * (-1 if self.is_negative else 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeLine:
    """The times of a cue, and what follows them on their line.

    Attributes:
        damaged_end: what stands for the end where that is no time; then the end is the start.
    """

    start: Clock
    end: Clock
    rest: str
    damaged_end: str | None = None


def time_line(line: str) -> TimeLine | None:
    """The times that a line holds; None where it is another line.

    >>> time_line("00:10,000-->0:00:12.5  X1:10").end
    Clock(is_negative=False, whole_s=12, fraction='5')
    """
    if not any(arrow in line for arrow in (">", "＞", "→", "&gt;")):
        return None
    plain = normalized("NFKC", seen(line))
    return _whole(plain) or _without_end(plain)


def _whole(line: str) -> TimeLine | None:
    found = _TIMES.fullmatch(line)
    if found is None:
        return None
    mark = _MARK_AND_REST.match(found[4])
    start = _clock(found[1] + found[2])
    end = _clock(found[3] + (found[4][:1] if mark else ""))
    rest = found[4] if mark is None else mark[1]
    if start is None or end is None or (_GLUED.match(rest) and not end.fraction):
        return None
    return TimeLine(start=start, end=end, rest=rest)


def _without_end(line: str) -> TimeLine | None:
    """The times where the start is beyond doubt, and the end is none."""
    found = _DAMAGED_END.fullmatch(line)
    start = None if found is None else _clock(found[1] + found[2])
    if found is None or start is None or not start.fraction:
        return None
    return TimeLine(start=start, end=start, rest=found[4], damaged_end=found[3])


def _clock(text: str) -> Clock | None:
    fields = [field.strip(" -−–") for field in re.split(_MARKS, text)]
    marks = re.findall(_MARKS, text)
    if not fields[-1]:  # a mark at the end: digits of a fraction are missing, or more
        del fields[-1]
        if len(fields) < 3 and marks.pop() == ":":  # noqa: PLR2004
            return None
        marks = marks[: len(fields) - 1]
    has_fraction = len(fields) == 4 or (len(fields) == 3 and marks[0] != marks[1])  # noqa: PLR2004
    if len(fields) == 2 and marks[0] not in ":;":  # noqa: PLR2004  # a number, not a time
        return None
    whole_s = 0
    for field in fields[:-1] if has_fraction else fields:
        whole_s = whole_s * 60 + int(field)
    fraction = "".join(str(int(digit)) for digit in fields[-1]) if has_fraction else ""
    return Clock(
        is_negative=re.search("[-−–]", text) is not None, whole_s=whole_s, fraction=fraction
    )


def are_padded(lines: Iterable[TimeLine]) -> bool:
    """Whether fractions are decimals, and not a count of milliseconds without leading zeros."""
    fractions = {clock.fraction for line in lines for clock in (line.start, line.end)} - {""}
    has_zero_in_front = any(len(digits) > 1 and digits[0] == "0" for digits in fractions)
    return has_zero_in_front or len({len(digits) for digits in fractions}) <= 1


def seems_times(line: str) -> bool:
    """Whether a line was meant to hold times."""
    is_marked = "-->" in line and _PART_OF_A_TIME.search(line) is not None
    return is_marked or _ONLY_CLOCKS.fullmatch(line) is not None


def number_in(line: str) -> int | None:
    """The number that is all of a line; None where it holds anything else."""
    found = _NUMBER.fullmatch(normalized("NFKC", seen(line)))
    return None if found is None else int(found[1])


def seen(line: str) -> str:
    """The line without marks that show as nothing."""
    return _UNSEEN.sub("", line)


def is_blank(line: str) -> bool:
    """Whether nothing shows."""
    return not seen(line).strip()


def lines_of(text: str) -> list[str]:
    r"""The lines, whatever ends them; `\r\r\n`, which careless tools write, is one end."""
    for end in ("\r\r\n", "\r\n", "\r"):
        text = text.replace(end, "\n")
    return text.split("\n")
