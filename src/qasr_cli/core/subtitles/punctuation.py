"""Marks as Netflix asks for them, in place of those that the text has. No I/O.

Spaces for full-width commas and stops in Chinese and Japanese, brackets around words for sounds.
"""

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


_OPENING, _CLOSING = "[【(（", "]】)）"
BRACKETS = {1: ("[", "]"), 2: ("（", "）")}  # by `Limits.sound_brackets`


def in_brackets(line: str, kind: int) -> str:
    """A line that tells of sounds, in the brackets of a kind; notes of music stay.

    >>> in_brackets("(applause)", 1), in_brackets("[拍手]", 2), in_brackets("(applause)", 0)
    ('[applause]', '（拍手）', '(applause)')
    """
    if kind not in BRACKETS:
        return line
    opening, closing = BRACKETS[kind]
    opened = str.maketrans(_OPENING, opening * len(_OPENING))
    return line.translate(opened | str.maketrans(_CLOSING, closing * len(_CLOSING)))
