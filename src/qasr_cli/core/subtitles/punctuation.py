"""Spaces in place of full-width commas and stops, as Netflix asks for in Chinese and Japanese."""

import re

# What stands for a mark inside a line. Chinese keeps its 、, which counts things up.
# Source: Netflix Timed Text Style Guides, Chinese and Japanese.
_CHINESE = {"，": " ", "。": " "}
_JAPANESE = {"、": " ", "，": " ", "。": "\u3000"}


def without_stops(line: str, *, is_japanese: bool) -> str:
    """The line with spaces for commas and stops, and without them at its end.

    A line of nothing else stays as it is, so that no cue is empty.

    >>> without_stops("你好，世界。", is_japanese=False), without_stops("。", is_japanese=False)
    ('你好 世界', '。')
    """
    spaces = _JAPANESE if is_japanese else _CHINESE
    marks = "".join(spaces)
    line_without_end = re.sub(rf"[{marks}]+(?=[」』”’）》】]|$)", "", line)
    spaced = re.sub(rf"[{marks}]+", lambda found: spaces[found.group()[-1]], line_without_end)
    return spaced.strip() or line
