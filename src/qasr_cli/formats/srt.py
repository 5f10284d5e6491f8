"""SubRip: what every player reads."""

import re
from datetime import timedelta

from qasr_cli.core.subtitles.speaker_labels import labelled_lines
from qasr_cli.core.types import Cue, Transcript


def render(_transcript: Transcript, cues: tuple[Cue, ...]) -> str:
    """The cues as SubRip, numbered from 1; one empty line where there are none.

    The format knows no speakers, so a new one is named in the text.
    """
    import srt

    subtitles = [
        srt.Subtitle(
            index=index,
            start=timedelta(milliseconds=cue.start_ms),
            end=timedelta(milliseconds=cue.end_ms),
            content="\n".join(map(_without_arrow, lines)),
        )
        for index, (cue, lines) in enumerate(zip(cues, labelled_lines(cues), strict=True), start=1)
    ]
    # To number them itself, the package would sort, and drop without a word what it dislikes.
    text: str = srt.compose(subtitles, reindex=False)
    return text or "\n"


def _without_arrow(line: str) -> str:
    """Text that a reader could take for the times of a cue, made harmless."""
    return re.sub("-{2,}>", "->", line)
