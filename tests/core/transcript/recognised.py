"""Recognised clips to assemble, and what a transcript made of them holds."""

from collections.abc import Sequence

from qasr_cli.core.outcomes import ClipOutcome
from qasr_cli.core.text import canonical, is_visible
from qasr_cli.core.types import ClipDone, Segment, TextWord, Timing, Transcript, Word
from tests.strategies import span_of

TimedWord = tuple[str, int, int]


def clip(
    start_ms: int,
    end_ms: int,
    text: str,
    words: Sequence[TimedWord] = (),
    *,
    language: str | None = "English",
    warnings: tuple[str, ...] = (),
) -> ClipOutcome:
    """A clip that was recognised, and aligned when it has words."""
    done = ClipDone(
        clip_id=f"f/{start_ms}",
        language=language,
        text=text,
        words=tuple(Word(text=w, start_ms=start, end_ms=end) for w, start, end in words),
        timing=Timing.ALIGNED if words else Timing.PROPORTIONAL,
        warnings=warnings,
    )
    return ClipOutcome(span=span_of(start_ms, end_ms), result=done)


def words_of(transcript: Transcript) -> list[TextWord]:
    """All words, in order."""
    return [word for segment in transcript.segments for word in segment.words]


def timed_words(transcript: Transcript) -> list[TimedWord]:
    """Text and times of all words."""
    return [
        (transcript.text[w.char_start : w.char_end].strip(), w.start_ms, w.end_ms)
        for w in words_of(transcript)
    ]


def sentences(transcript: Transcript) -> list[str]:
    """Text of all segments."""

    def text_of(segment: Segment) -> str:
        return transcript.text[segment.char_start : segment.char_end].strip()

    return list(map(text_of, transcript.segments))


def visible(text: str) -> str:
    """The text without white space, marks and joiners."""
    return "".join(filter(is_visible, canonical(text)))
