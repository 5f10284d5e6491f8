"""WebVTT, for the web's own players.

Source: https://www.w3.org/TR/webvtt1/ (cue text escapes; no blank line inside a cue; timestamp
tags strictly increasing, inside the times of their cue; voice spans).
"""

from itertools import zip_longest

from qasr_cli.core.subtitles.karaoke import SpokenLine, spoken_lines
from qasr_cli.core.text import canonical
from qasr_cli.core.timing import clock_from_ms
from qasr_cli.core.types import Cue, Transcript
from qasr_cli.formats.styling import (
    PLAIN,
    Insert,
    Style,
    changes_of,
    colour_name,
    place_of,
    with_inserts,
)

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def render(transcript: Transcript, cues: tuple[Cue, ...], *, highlight_words: bool = False) -> str:
    """The cues as WebVTT; the header alone where there are none.

    With `highlight_words` a timestamp tag stands before each word that starts later than the one
    before it; players that know `::cue(:past)` paint what was spoken.
    """
    if highlight_words:
        stamps = [
            _stamps(cue, lines)
            for cue, lines in zip(cues, spoken_lines(transcript, cues), strict=True)
        ]
    else:
        stamps = [[] for _ in cues]
    texts = [_text(*pair) for pair in zip(cues, stamps, strict=True)]
    return "WEBVTT\n" + "".join(map(_block, cues, map(_spoken_by, cues, texts)))


def _stamps(cue: Cue, lines: tuple[SpokenLine, ...]) -> list[Insert]:
    latest_ms = cue.start_ms
    stamps: list[Insert] = []
    for number, line in enumerate(lines):
        char = 0
        for piece in line:
            if latest_ms < piece.start_ms < cue.end_ms:
                latest_ms = piece.start_ms
                stamps.append((number, char, f"<{clock_from_ms(latest_ms)}>"))
            char += len(piece.text)
    return stamps


def _text(cue: Cue, stamps: list[Insert]) -> str:
    styles = [
        (change.line, change.char, _end_tags(change.before) + _start_tags(change.after))
        for change in changes_of(cue, with_overrides=True)
    ]
    return "\n".join(
        with_inserts(cue.lines, [*styles, *stamps], lambda text: text.translate(_ESCAPES))
    )


def _start_tags(style: Style) -> str:
    return "".join(f"<{tag}>" for tag in _tags(style))


def _end_tags(style: Style) -> str:
    return "".join(f"</{tag.partition('.')[0]}>" for tag in reversed(_tags(style)))


def _tags(style: Style) -> list[str]:
    if style == PLAIN:
        return []
    wanted = {"i": style.italic, "b": style.bold, "u": style.underline}
    colour = None if style.colour is None else colour_name(style.colour)
    return [*(tag for tag in wanted if wanted[tag]), *([] if colour is None else [f"c.{colour}"])]


def _settings(cue: Cue) -> str:
    """The place of a cue that does not stand where all do."""
    row, column = divmod(place_of(cue.tags) - 1, 3)
    return ("", " line:50%", " line:0")[row] + (" align:left", "", " align:right")[column]


def _spoken_by(cue: Cue, text: str) -> str:
    """The text of a cue as its speaker's; a span that is all of a cue needs no end tag."""
    if cue.line_speakers:
        lines = zip_longest(text.split("\n"), cue.line_speakers)  # a translation may stand below
        return "\n".join(
            line if name is None else f"{_voice(name)}{line}</v>" for line, name in lines
        )
    return text if cue.speaker is None else f"{_voice(cue.speaker)}{text}"


def _voice(speaker: str) -> str:
    return f"<v {' '.join(canonical(speaker).split()).translate(_ESCAPES)}>"


def _block(cue: Cue, text: str) -> str:
    times = f"{clock_from_ms(cue.start_ms)} --> {clock_from_ms(cue.end_ms)}{_settings(cue)}"
    return f"\n{times}\n{text}\n"
