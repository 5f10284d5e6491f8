"""Subtitles as values: cues, their markup, and what a file of them holds. A part of `types`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

# Some editors write the hyphen of Unicode, and those of Chinese and Japanese a wide one.
_SPEAKER_DASH = re.compile(r"[-\u2010–—\uFF0D]\s*")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Tag:
    r"""A piece of markup in the lines of a cue, which do not hold it.

    Attributes:
        line, char: where it stands; before that character.
        text: as SubRip writes it: `<i>`, `</font>`, `{\an8}`.
    """

    line: int
    char: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Cue:
    """One subtitle: `[start_ms, end_ms)`, its lines not empty and without line breaks.

    Attributes:
        speaker: whose words they are, where that is known; not in the lines.
        line_speakers: who says each line of a cue of two people, which then begins with a dash;
            `speaker` is None there.
        tags: in order; only a subtitle that was given has some.
        second_line_count: how many of its last lines are in a second language.
    """

    start_ms: int
    end_ms: int
    lines: tuple[str, ...]
    speaker: str | None = None
    tags: tuple[Tag, ...] = ()
    second_line_count: int = 0
    line_speakers: tuple[str | None, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShotChanges:
    """Where the picture of a recording is cut.

    Attributes:
        times_ms: from the start of the file, in order.
        fps: frames a second; None where nobody can say.
    """

    times_ms: tuple[int, ...]
    fps: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCue:
    """One cue as a file has it, right or wrong; its lines without tags, which are in order.

    Attributes:
        speaker: of all of it, by its markup; None where that names none, or several.
    """

    start_ms: int
    end_ms: int
    lines: tuple[str, ...]
    tags: tuple[Tag, ...] = ()
    speaker: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSubtitles:
    """What a file of subtitles holds.

    Attributes:
        cues: in the order of the file.
        notes: what a person should know of how it was read; a line each.
        unkept: kinds of markup that `Tag` has no words for.
    """

    cues: tuple[ReadCue, ...]
    notes: tuple[str, ...] = ()
    unkept: tuple[str, ...] = ()


def speaker_dash(line: str) -> str:
    """The dash before what one of two speakers says, with the space behind it; "" without one.

    >>> speaker_dash("- Yes."), speaker_dash("-Yes."), speaker_dash("Yes - no.")
    ('- ', '-', '')
    """
    found = _SPEAKER_DASH.match(line)
    return "" if found is None else found[0]


def are_turns(lines: Sequence[str]) -> bool:
    """Whether each line is what somebody else says; the first may go without its dash.

    >>> are_turns(["Ready?", "-Yes."]), are_turns(["-Ready?", "Yes."]), are_turns(["-Ready?"])
    (True, False, False)
    """
    return len(lines) > 1 and all(map(speaker_dash, lines[1:]))
