"""SubRip: what every player reads."""

import re
from dataclasses import replace
from datetime import timedelta

from qasr_cli.core.subtitles.speakers.labels import labelled_lines
from qasr_cli.core.types import Cue, Transcript
from qasr_cli.formats.styling import with_inserts


def render(_transcript: Transcript, cues: tuple[Cue, ...]) -> str:
    """The cues as SubRip, numbered from 1; one empty line where there are none.

    The format knows no speakers, so a new one is named in the text. Tags stand as they were given.
    """
    import srt

    tagged = [replace(cue, lines=tuple(_with_tags(cue))) for cue in cues]
    subtitles = [
        srt.Subtitle(
            index=index,
            start=timedelta(milliseconds=cue.start_ms),
            end=timedelta(milliseconds=cue.end_ms),
            content="\n".join(map(_without_arrow, lines)),
        )
        for index, (cue, lines) in enumerate(
            zip(cues, labelled_lines(tagged), strict=True), start=1
        )
    ]
    # To number them itself, the package would sort, and drop without a word what it dislikes.
    text: str = srt.compose(subtitles, reindex=False)
    return text or "\n"


def _with_tags(cue: Cue) -> list[str]:
    return with_inserts(cue.lines, [(tag.line, tag.char, tag.text) for tag in cue.tags])


def _without_arrow(line: str) -> str:
    """Text that a reader could take for the times of a cue, made harmless."""
    return re.sub("-{2,}>", "->", line)
