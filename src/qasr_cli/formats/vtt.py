"""WebVTT, for the web's own players.

Source: https://www.w3.org/TR/webvtt1/ (cue text escapes; no blank line inside a cue; timestamp
tags strictly increasing, inside the times of their cue; voice spans).
"""

from qasr_cli.core.subtitles.karaoke import SpokenLine, spoken_lines
from qasr_cli.core.text import canonical
from qasr_cli.core.timing import clock_from_ms
from qasr_cli.core.types import Cue, Transcript

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def render(transcript: Transcript, cues: tuple[Cue, ...], *, highlight_words: bool = False) -> str:
    """The cues as WebVTT; the header alone where there are none.

    With `highlight_words` a timestamp tag stands before each word that starts later than the one
    before it; players that know `::cue(:past)` paint what was spoken.
    """
    if highlight_words:
        texts = [
            _tagged(cue, lines)
            for cue, lines in zip(cues, spoken_lines(transcript, cues), strict=True)
        ]
    else:
        texts = ["\n".join(cue.lines).translate(_ESCAPES) for cue in cues]
    return "WEBVTT\n" + "".join(map(_block, cues, map(_spoken_by, cues, texts)))


def _tagged(cue: Cue, lines: tuple[SpokenLine, ...]) -> str:
    latest_ms = cue.start_ms
    tagged_lines = []
    for line in lines:
        text = ""
        for piece in line:
            if latest_ms < piece.start_ms < cue.end_ms:
                latest_ms = piece.start_ms
                text += f"<{clock_from_ms(latest_ms)}>"
            text += piece.text.translate(_ESCAPES)
        tagged_lines.append(text)
    return "\n".join(tagged_lines)


def _spoken_by(cue: Cue, text: str) -> str:
    """The text of a cue as its speaker's; a span that is all of a cue needs no end tag."""
    if cue.speaker is None:
        return text
    return f"<v {' '.join(canonical(cue.speaker).split()).translate(_ESCAPES)}>{text}"


def _block(cue: Cue, text: str) -> str:
    return f"\n{clock_from_ms(cue.start_ms)} --> {clock_from_ms(cue.end_ms)}\n{text}\n"
