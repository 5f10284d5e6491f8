"""Joins the lines of a cue into one, for formats without line breaks."""

from collections.abc import Iterable
from functools import reduce

from qasr_cli.core.text import is_thai, is_unspaced


def on_one_line(lines: Iterable[str]) -> str:
    """The lines joined by a space, but by nothing in scripts that have none.

    >>> on_one_line(["Good day,", "everyone."]), on_one_line(["我在家", "喝茶"])
    ('Good day, everyone.', '我在家喝茶')
    """
    return reduce(_joined, lines)


def _joined(left: str, right: str) -> str:
    # Thai has no space between words, but where it breaks a line a space stood.
    is_seamless = all(is_unspaced(char) and not is_thai(char) for char in (left[-1], right[0]))
    return left + ("" if is_seamless else " ") + right
