"""Tab-separated values as whisper writes them: for spreadsheets and scripts."""

from qasr_cli.core.types import Cue, Transcript
from qasr_cli.formats.lines import cue_on_one_line


def render(_transcript: Transcript, cues: tuple[Cue, ...]) -> str:
    """`start`, `end` in milliseconds and `text`: a header, then one line a cue."""
    return "start\tend\ttext\n" + "".join(map(_row, cues))


def _row(cue: Cue) -> str:
    text = cue_on_one_line(cue).replace("\t", " ")
    return f"{cue.start_ms}\t{cue.end_ms}\t{text}\n"
