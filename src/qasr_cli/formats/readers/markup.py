"""Markup inside the text of cues: taken out, and kept as tags where SubRip has words for it."""

import html
import re
from collections.abc import Callable, Collection
from typing import NamedTuple

from qasr_cli.core.text import canonical
from qasr_cli.core.types import Tag

_SRT_MARKUP = re.compile(r"</?[a-zA-Z][^<>]*>|\{\\[^{}]*\}|<(?:\d+:){1,2}\d+[.,]\d+>")
_VTT_MARKUP = re.compile(r"<[^<>]*>")
_VTT_TAG = re.compile(r"<(/?)([a-z]*)((?:\.[^\s.<>]+)*)([^<>]*)>")
_STAMP = re.compile(r"<[\d:.,]+>")
_COLOURS = ("white", "lime", "cyan", "red", "yellow", "magenta", "blue", "black")
WHO_SPEAKS = "who speaks (<v>)"
_KINDS = {"v": WHO_SPEAKS, "lang": "languages (<lang>)", "ruby": "ruby", "rt": "ruby"}
_MIDDLE, _BOTTOM = 100 / 3, 200 / 3  # per cent of the picture's height
_LAST_TOP_LINE = 4

Lines = tuple[str, ...]


def from_srt(content: str) -> tuple[Lines, tuple[Tag, ...], frozenset[int]]:
    """The lines of a cue, its tags as they are written, and which lines hold times of words."""
    return _taken_apart(
        _pieces(content, _SRT_MARKUP),
        text_of=str,
        tag_of=lambda markup: None if _STAMP.fullmatch(markup) else markup,
    )


class VttText(NamedTuple):
    """The text of a cue of WebVTT.

    Attributes:
        tags: as SubRip has them.
        stamped: which of its lines hold times of words.
        unkept: kinds of markup that SubRip has no words for.
        speaker: as in `ReadCue`.
    """

    lines: Lines
    tags: tuple[Tag, ...]
    stamped: frozenset[int]
    unkept: tuple[str, ...]
    speaker: str | None


def from_vtt(content: str) -> VttText:
    """What the lines under the times of a cue say."""
    translator = _Translator()
    pieces = _pieces(content, _VTT_MARKUP)
    lines, tags, stamped = _taken_apart(pieces, text_of=_unescaped, tag_of=translator.tag_of)
    unkept, speakers = tuple(translator.unkept), set(translator.speakers)
    return VttText(lines, tags, stamped, unkept, _only(speakers))


def tags_from_settings(settings: str) -> tuple[list[str], list[str]]:
    r"""`{\an8}` for the place that settings give a cue, and kinds of settings that it leaves out.

    >>> tags_from_settings("line:0 position:20% align:start")
    (['{\\an7}'], ['settings (position)'])
    """
    values = dict(word.split(":", 1) for word in settings.split() if ":" in word)
    column = {"start": 1, "left": 1, "end": 3, "right": 3}.get(values.pop("align", ""), 2)
    row = _row(values.pop("line", "").split(",")[0])
    place = 3 * row + column
    unkept = [f"settings ({name})" for name in values]
    return ([] if place == 2 else [f"{{\\an{place}}}"]), unkept  # noqa: PLR2004  # where all stand


def _row(line: str) -> int:
    """A third of the picture, from 0 at the bottom."""
    found = re.fullmatch(r"(-?\d{1,6})(?:\.\d*)?(%?)", line)
    if found is None:
        return 0
    value = int(found[1])
    if not found[2]:
        return 2 if 0 <= value <= _LAST_TOP_LINE else 0
    return (value <= _BOTTOM) + (value <= _MIDDLE)


def _unescaped(text: str) -> str:
    try:
        return html.unescape(text)
    except ValueError:  # the number of a character, with thousands of digits
        return text


def _pieces(content: str, pattern: re.Pattern[str]) -> list[tuple[str, str]]:
    """Text, and the markup that follows it, to the end of the content."""
    pieces = []
    place = 0
    for found in pattern.finditer(content):
        pieces.append((content[place : found.start()], found[0]))
        place = found.end()
    return [*pieces, (content[place:], "")]


def _taken_apart(
    pieces: list[tuple[str, str]],
    *,
    text_of: Callable[[str], str],
    tag_of: Callable[[str], str | None],
) -> tuple[Lines, tuple[Tag, ...], frozenset[int]]:
    lines: list[str] = []
    line: list[str] = []  # in pieces: there may be a million of them
    char_count = 0
    tags: list[Tag] = []
    stamped: set[int] = set()
    for text, markup in pieces:
        first, *others = text_of(text).split("\n")
        line.append(first)
        char_count += len(first)
        for other in others:
            lines.append("".join(line))
            line, char_count = [other], len(other)
        if _STAMP.fullmatch(markup):
            stamped.add(len(lines))
        tag = tag_of(markup) if markup else None
        if tag is not None:
            tags.append(Tag(line=len(lines), char=char_count, text=canonical(tag)))
    return (*lines, "".join(line)), tuple(tags), frozenset(stamped)


def _only(names: Collection[str]) -> str | None:
    return next(iter(names)) or None if len(names) == 1 else None


class _Translator:
    """WebVTT's tags of one cue into SubRip's.

    Attributes:
        unkept: kinds that have no like there.
        speakers: that it names.
    """

    def __init__(self) -> None:
        self.unkept: list[str] = []
        self.speakers: list[str] = []
        self._ends: list[str | None] = []  # what ends each class span that is open

    def tag_of(self, markup: str) -> str | None:
        """The tag; None where there is none."""
        found = _VTT_TAG.fullmatch(markup)
        if found is None or _STAMP.fullmatch(markup):
            return None
        slash, name, classes = found[1], found[2], found[3].split(".")[1:]
        if name == "c":
            return self._class_end() if slash else self._class(classes)
        if name in ("i", "b", "u"):
            self.unkept += [f"classes (.{one})" for one in classes]
            return f"<{slash}{name}>"
        if name == "v" and not slash:
            self.speakers.append(" ".join(_unescaped(found[4]).split()))
        if name and not slash:
            self.unkept.append(_KINDS.get(name, f"<{name}>"))
        return None

    def _class(self, classes: list[str]) -> str | None:
        colour = next((one for one in classes if one in _COLOURS), None)
        self.unkept += [f"classes (.{one})" for one in classes if one != colour]
        self._ends.append(None if colour is None else "</font>")
        return None if colour is None else f'<font color="{colour}">'

    def _class_end(self) -> str | None:
        return self._ends.pop() if self._ends else None
