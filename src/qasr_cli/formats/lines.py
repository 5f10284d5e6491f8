"""Joins the lines of a cue into one, for formats without line breaks."""

from collections.abc import Iterable
from functools import reduce

from qasr_cli.core.subtitles.joining import joint_of
from qasr_cli.core.types import Cue

_BETWEEN_LANGUAGES = " / "


def on_one_line(lines: Iterable[str]) -> str:
    """The lines joined by a space, but by nothing in scripts that have none.

    >>> on_one_line(["Good day,", "everyone."]), on_one_line(["我在家", "喝茶"])
    ('Good day, everyone.', '我在家喝茶')
    """
    return reduce(lambda left, right: left + joint_of(left, right) + right, lines)


def cue_on_one_line(cue: Cue) -> str:
    """The same for a cue, its two languages apart."""
    first_count = len(cue.lines) - cue.second_line_count
    languages = (cue.lines[:first_count], cue.lines[first_count:])
    return _BETWEEN_LANGUAGES.join(on_one_line(lines) for lines in languages if lines)
