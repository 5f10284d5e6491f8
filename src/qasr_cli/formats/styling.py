"""Markup of a given subtitle, told as styles and a place: what the formats write in their ways."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from qasr_cli.core.types import Cue, Tag

Insert = tuple[int, int, str]  # line, character that it stands before, what to write there

# Of HTML, with those that players of WebVTT know first.
_COLOURS = {
    "white": "#ffffff",
    "lime": "#00ff00",
    "cyan": "#00ffff",
    "red": "#ff0000",
    "yellow": "#ffff00",
    "magenta": "#ff00ff",
    "blue": "#0000ff",
    "black": "#000000",
    "aqua": "#00ffff",
    "fuchsia": "#ff00ff",
    "green": "#008000",
    "gray": "#808080",
    "grey": "#808080",
    "silver": "#c0c0c0",
    "orange": "#ffa500",
    "purple": "#800080",
}
_TAG = re.compile(r"<(/?)([a-z]+)([^<>]*)>", re.IGNORECASE)
_COLOUR = re.compile(r"color\s*=\s*[\"']?\s*(#?[0-9a-z]+)", re.IGNORECASE)
_HEX = re.compile(r"#?([0-9a-f]{6})")
_SWITCH = re.compile(r"\\([ibu])([01])(?![0-9])")
_PLACE = re.compile(r"\\an([1-9])(?![0-9])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How text looks.

    Attributes:
        colour: `#rrggbb`; None = as the player has it.
    """

    italic: bool = False
    bold: bool = False
    underline: bool = False
    colour: str | None = None


PLAIN = Style()


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Where the style of a cue changes."""

    line: int
    char: int
    before: Style
    after: Style


def changes_of(cue: Cue, *, with_overrides: bool) -> list[Change]:
    r"""Where the style of a cue changes, in order; at its end it is plain again.

    Args:
        cue: of any origin.
        with_overrides: `{\i1}` and its like count too.
    """
    changes: list[Change] = []
    style = PLAIN
    last = len(cue.lines) - 1
    places = [(tag.line, tag.char) for tag in cue.tags] + [(last, len(cue.lines[last]))]
    styles = [*_styles_after(cue.tags, with_overrides=with_overrides), PLAIN]
    for (line, char), after in zip(places, styles, strict=True):
        if changes and (changes[-1].line, changes[-1].char) == (line, char):
            changes[-1] = replace(changes[-1], after=after)
        elif after != style:
            changes.append(Change(line=line, char=char, before=style, after=after))
        style = after
    return [change for change in changes if change.before != change.after]


def _styles_after(tags: Iterable[Tag], *, with_overrides: bool) -> Iterator[Style]:
    reader = _TagReader()
    style = PLAIN
    for tag in tags:
        if not tag.text.startswith("{"):
            style = reader.read(tag.text)
        elif with_overrides:
            style = reader.overridden(tag.text)
        yield style


class _TagReader:
    """Follows the tags of one cue."""

    def __init__(self) -> None:
        self._open_counts = {"i": 0, "b": 0, "u": 0}
        self._colours: list[str | None] = []

    def read(self, text: str) -> Style:
        """The style after a tag such as `</i>`."""
        found = _TAG.fullmatch(text)
        name = found[2].lower() if found else ""
        if found and name in self._open_counts:
            count = self._open_counts[name] + (-1 if found[1] else 1)
            self._open_counts[name] = max(0, count)
        elif found and name == "font":
            if not found[1]:
                self._colours.append(_colour(found[3]) or self._colour_now)
            elif self._colours:
                self._colours.pop()
        return self._style

    def overridden(self, text: str) -> Style:
        r"""The style after `{\i1}` and its like."""
        for name, value in _SWITCH.findall(text):
            self._open_counts[name] = int(value)
        return self._style

    @property
    def _colour_now(self) -> str | None:
        return self._colours[-1] if self._colours else None

    @property
    def _style(self) -> Style:
        return Style(
            italic=self._open_counts["i"] > 0,
            bold=self._open_counts["b"] > 0,
            underline=self._open_counts["u"] > 0,
            colour=self._colour_now,
        )


def _colour(attributes: str) -> str | None:
    found = _COLOUR.search(attributes)
    if found is None:
        return None
    value = found[1].lower()
    hexadecimal = _HEX.fullmatch(value)
    return _COLOURS.get(value) if hexadecimal is None else f"#{hexadecimal[1]}"


def colour_name(colour: str) -> str | None:
    """What players of WebVTT call a colour; None where they have no name for it."""
    names = [name for name, value in list(_COLOURS.items())[:8] if value == colour]
    return names[0] if names else None


def place_of(tags: Iterable[Tag]) -> int:
    """Where a cue stands, as the keys of a number pad lie: 2 is the middle of the bottom."""
    found = [match[1] for tag in tags if (match := _PLACE.search(tag.text)) is not None]
    return int(found[0]) if found else 2


def with_inserts(
    lines: Sequence[str], inserts: Iterable[Insert], write: Callable[[str], str] = str
) -> list[str]:
    """The lines with something written between their characters.

    Args:
        lines: of a cue.
        inserts: what is written as it is; of those in one place the first comes first.
        write: escapes the text between them.
    """
    of_line: list[list[Insert]] = [[] for _ in lines]
    for insert in sorted(inserts, key=lambda insert: insert[:2]):
        of_line[insert[0]].append(insert)
    return [_written(line, found, write) for line, found in zip(lines, of_line, strict=True)]


def _written(line: str, inserts: Sequence[Insert], write: Callable[[str], str]) -> str:
    text = ""
    place = 0
    for _, char, inserted in inserts:
        text += write(line[place:char]) + inserted
        place = char
    return text + write(line[place:])
