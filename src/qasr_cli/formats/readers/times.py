"""The line with a cue's times, as programs and people write it. No I/O."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

# Marks of direction and of byte order: they show as nothing and stand anywhere.
_UNSEEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_MARKS = "[:;.,。٫،]"
# Tools that move times below 0 write a sign before any of the numbers.
_FIELDS = rf"([-−–]?\s?\d{{1,9}}(?:\s?{_MARKS}\s?[-−–]?\d{{1,9}}){{1,3}})[:.,]?"
_TIMES = re.compile(
    rf"\s*{_FIELDS}\s*(?:[-—–=]{{1,3}}[ -]?>|[-–]{{1,3}}&gt;|→)\s*{_FIELDS}(?!\d)(.*)"
)
_PART_OF_A_TIME = re.compile(r"\d\s?:\s?\d")
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
    """The times of a cue, and what follows them on their line."""

    start: Clock
    end: Clock
    rest: str


def time_line(line: str) -> TimeLine | None:
    """The times that a line holds; None where it is another line.

    >>> time_line("00:10,000-->0:00:12.5  X1:10").end
    Clock(is_negative=False, whole_s=12, fraction='5')
    """
    if not any(arrow in line for arrow in (">", "＞", "→", "&gt;")):
        return None
    found = _TIMES.fullmatch(unicodedata.normalize("NFKC", seen(line)))
    if found is None:
        return None
    start, end = _clock(found[1]), _clock(found[2])
    return None if start is None or end is None else TimeLine(start=start, end=end, rest=found[3])


def _clock(text: str) -> Clock | None:
    fields = [field.strip(" -−–") for field in re.split(_MARKS, text)]
    marks = re.findall(_MARKS, text)
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
    return "-->" in line and _PART_OF_A_TIME.search(line) is not None


def number_in(line: str) -> int | None:
    """The number that is all of a line; None where it holds anything else."""
    found = _NUMBER.fullmatch(unicodedata.normalize("NFKC", seen(line)))
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
