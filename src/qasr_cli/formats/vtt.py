"""WebVTT, for the web's own players.

Source: https://www.w3.org/TR/webvtt1/ (cue text escapes; no blank line inside a cue).
"""

from qasr_cli.core.timing import clock_from_ms
from qasr_cli.core.types import Cue, Transcript

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def render(_transcript: Transcript, cues: tuple[Cue, ...]) -> str:
    """The cues as WebVTT; the header alone where there are none."""
    return "WEBVTT\n" + "".join(map(_block, cues))


def _block(cue: Cue) -> str:
    times = f"{clock_from_ms(cue.start_ms)} --> {clock_from_ms(cue.end_ms)}"
    text = "\n".join(cue.lines).translate(_ESCAPES)
    return f"\n{times}\n{text}\n"
