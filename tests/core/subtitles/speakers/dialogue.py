"""Transcripts of people who speak one after the other, told apart by their voices."""

from dataclasses import replace

from qasr_cli.core.text import split_words, tile
from qasr_cli.core.types import Segment, TextWord, Transcript
from tests.strategies import assembled

Turn = tuple[str | None, int, str]  # who speaks, from when in ms, and what


def dialogue(
    *turns: Turn, language: str = "English", word_ms: int = 200, is_diarized: bool = True
) -> Transcript:
    """A transcript in which every word takes the same time."""
    text = ""
    segments: list[Segment] = []
    for number, (speaker, start_ms, spoken) in enumerate(turns, start=1):
        said = spoken if number == len(turns) else f"{spoken} "
        place = len(text)
        text += said
        spans = tile(said, split_words(said))
        words = tuple(
            TextWord(
                start_ms=start_ms + index * word_ms,
                end_ms=start_ms + (index + 1) * word_ms,
                char_start=place + first,
                char_end=place + end,
            )
            for index, (first, end) in enumerate(spans)
        )
        segments.append(
            Segment(
                start_ms=start_ms,
                end_ms=words[-1].end_ms,
                char_start=place,
                char_end=len(text),
                language=language,
                words=words,
                speaker=speaker,
            )
        )
    return replace(
        assembled([]),
        duration_ms=segments[-1].end_ms + 3000,
        language=language,
        text=text,
        segments=tuple(segments),
        settings={"speakers": {}} if is_diarized else {},
    )
