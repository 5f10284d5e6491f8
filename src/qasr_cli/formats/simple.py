"""One line a cue, with its times in front: for reading and for `grep`."""

from qasr_cli.core.timing import clock_from_ms
from qasr_cli.core.types import Cue, Transcript
from qasr_cli.formats.lines import cue_on_one_line


def render(_transcript: Transcript, cues: tuple[Cue, ...]) -> str:
    """`[00:00:01.200 - 00:00:03.500] text`, one line a cue."""
    return "".join(map(_line, cues)) or "\n"


def _line(cue: Cue) -> str:
    times = f"{clock_from_ms(cue.start_ms)} - {clock_from_ms(cue.end_ms)}"
    return f"[{times}] {cue_on_one_line(cue)}\n"
