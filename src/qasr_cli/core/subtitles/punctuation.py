"""Marks as Netflix asks for them, in place of those that the text has. No I/O.

Spaces for full-width commas and stops in Chinese and Japanese, brackets around words for sounds.
"""

import re
from collections.abc import Sequence

from qasr_cli.core.language.sound_events import sound_events_in

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


BRACKETS = {1: ("[", "]"), 2: ("（", "）")}  # by `Limits.sound_brackets`
_OPENING = "[【(（"


def in_brackets(lines: Sequence[str], kind: int, language: str | None) -> tuple[str, ...]:
    """The lines of a cue, with what they tell of sounds in the brackets of a kind.

    Other remarks stay as they are, and so do notes of music.

    >>> in_brackets(["(I think) so.", "(loud", "applause)"], 1, "English")
    ('(I think) so.', '[loud', 'applause]')
    >>> in_brackets(["[拍手]"], 2, "Japanese"), in_brackets(["(applause)"], 0, "English")
    (('（拍手）',), ('(applause)',))
    """
    text = "\n".join(lines)
    if kind in BRACKETS:
        opening, closing = BRACKETS[kind]
        for start, stop in sound_events_in(text, language):
            if text[start] in _OPENING:
                within = text[start + 1 : stop - 1]
                text = f"{text[:start]}{opening}{within}{closing}{text[stop:]}"
    return tuple(text.split("\n"))
