"""A transcript as a reader wants it: a title, and paragraphs with the time at which each begins."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from qasr_cli.core.outcomes import inaudible_stretches
from qasr_cli.core.timing import clock_from_ms, inaudible_mark
from qasr_cli.core.types import Segment, Transcript

_NEW_PARAGRAPH_PAUSE_MS = 2000
_LONGEST_PARAGRAPH_CHARS = 700  # about ten printed lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """Sentences of one voice and language.

    Attributes:
        clock: when it begins, `HH:MM:SS`.
        text: as it was recognised; somebody else's words, like the speaker's name.
    """

    clock: str
    speaker: str | None
    language: str | None
    text: str


def title_of(transcript: Transcript) -> str:
    """The file's name."""
    return transcript.file.rsplit("/", 1)[-1].encode("utf-8", "replace").decode()


def facts_of(transcript: Transcript) -> str:
    """Its language, where that is known, and its length."""
    facts = [] if transcript.language is None else [transcript.language]
    return ", ".join([*facts, clock(transcript.duration_ms)])


def paragraphs_of(transcript: Transcript) -> Iterator[Paragraph]:
    """The text in paragraphs: they end at pauses, and after a page's worth of text.

    One of its own says where nobody could tell what is spoken.
    """
    gaps = deque(inaudible_stretches(transcript))
    for part in _parts(transcript.segments):
        first, last = part[0], part[-1]
        while gaps and gaps[0][0] < first.start_ms:
            yield _gap(*gaps.popleft())
        yield Paragraph(
            clock=clock(first.start_ms),
            speaker=first.speaker,
            language=first.language,
            text=transcript.text[first.char_start : last.char_end].strip(),
        )
    yield from (_gap(*gap) for gap in gaps)


def _gap(start_ms: int, end_ms: int) -> Paragraph:
    text = inaudible_mark(start_ms, end_ms)
    return Paragraph(clock=clock(start_ms), speaker=None, language=None, text=text)


def clock(time_ms: int) -> str:
    """`HH:MM:SS`."""
    return clock_from_ms(time_ms)[:-4]


def _parts(segments: Sequence[Segment]) -> Iterator[Sequence[Segment]]:
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
