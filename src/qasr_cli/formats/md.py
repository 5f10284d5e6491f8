"""A transcript to read, in Markdown: paragraphs, each with the time at which it begins."""

import re
from collections.abc import Iterator, Sequence

from qasr_cli.core.text import canonical
from qasr_cli.core.timing import clock_from_ms
from qasr_cli.core.types import Cue, Segment, Transcript

_NEW_PARAGRAPH_PAUSE_MS = 2000
_LONGEST_PARAGRAPH_CHARS = 700  # about ten printed lines
_MARKS = re.compile(r"([\\`*_\[\]<~]|&(?=#?\w+;))")


def render(transcript: Transcript, _cues: tuple[Cue, ...]) -> str:
    """A heading with the file's name, then paragraphs `**[00:01:05]** ...`."""
    name = transcript.file.rsplit("/", 1)[-1].encode("utf-8", "replace").decode()
    facts = [] if transcript.language is None else [transcript.language]
    facts.append(clock(transcript.duration_ms))
    paragraphs = [_paragraph(transcript.text, part) for part in _parts(transcript.segments)]
    return "\n\n".join([f"# {plain(name)}", ", ".join(facts), *paragraphs]) + "\n"


def _parts(segments: Sequence[Segment]) -> Iterator[Sequence[Segment]]:
    """Consecutive sentences of one voice and language, until a pause or a page's worth of text."""
    first = 0
    for index in range(1, len(segments) + 1):
        if index == len(segments) or _ends_paragraph(segments, first, index):
            yield segments[first:index]
            first = index


def _ends_paragraph(segments: Sequence[Segment], first: int, index: int) -> bool:
    before, following = segments[index - 1], segments[index]
    return (
        following.start_ms - before.end_ms >= _NEW_PARAGRAPH_PAUSE_MS
        or following.char_end - segments[first].char_start > _LONGEST_PARAGRAPH_CHARS
        or (before.speaker, before.language) != (following.speaker, following.language)
    )


def _paragraph(text: str, part: Sequence[Segment]) -> str:
    spoken = text[part[0].char_start : part[-1].char_end].strip()
    speaker = "" if part[0].speaker is None else f"{plain(part[0].speaker)}: "
    return f"**[{clock(part[0].start_ms)}]** {speaker}{plain(spoken)}"


def plain(text: str) -> str:
    """Text with Markdown's marks escaped, but for those that count only where a line starts.

    Without controls and line breaks: a name out of somebody's JSON starts no line.
    """
    return _MARKS.sub(r"\\\1", canonical(text))


def clock(time_ms: int) -> str:
    """`HH:MM:SS`."""
    return clock_from_ms(time_ms)[:-4]
