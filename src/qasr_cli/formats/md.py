"""A transcript to read, in Markdown: paragraphs, each with the time at which it begins."""

import re

from qasr_cli.core.text import canonical
from qasr_cli.core.types import Cue, Transcript
from qasr_cli.formats.documents.paragraphs import (
    Paragraph,
    clock,
    facts_of,
    paragraphs_of,
    title_of,
)

__all__ = ["clock", "plain", "render"]

_MARKS = re.compile(r"([\\`*_\[\]<~]|&(?=#?\w+;))")


def render(transcript: Transcript, _cues: tuple[Cue, ...]) -> str:
    """A heading with the file's name, then paragraphs `**[00:01:05]** ...`."""
    paragraphs = map(_paragraph, paragraphs_of(transcript))
    parts = [f"# {plain(title_of(transcript))}", facts_of(transcript), *paragraphs]
    return "\n\n".join(parts) + "\n"


def _paragraph(paragraph: Paragraph) -> str:
    speaker = "" if paragraph.speaker is None else f"{plain(paragraph.speaker)}: "
    return f"**[{paragraph.clock}]** {speaker}{plain(paragraph.text)}"


def plain(text: str) -> str:
    """Text with Markdown's marks escaped, but for those that count only where a line starts.

    Without controls and line breaks: a name out of somebody's JSON starts no line.
    """
    return _MARKS.sub(r"\\\1", canonical(text))
