"""What the types of a transcript do not say by themselves. Pure."""

from collections.abc import Sequence
from itertools import pairwise

from qasr_cli.core.types import Segment, TextWord, Transcript


def check_consistent(transcript: Transcript) -> None:
    """See that words tile the text, in order of time, and segments are those of their words.

    Raises:
        ValueError: it is not so, and what is wrong in one line.
    """
    words = [word for segment in transcript.segments for word in segment.words]
    _check_tiling(words, len(transcript.text), "words")
    _check_tiling(transcript.segments, len(transcript.text), "segments")
    times_ms = [time for word in words for time in (word.start_ms, word.end_ms)]
    if any(a > b for a, b in pairwise((0, *times_ms, transcript.duration_ms))):
        raise ValueError("words are out of order, or outside the file")
    for segment in transcript.segments:
        if not segment.words or (segment.start_ms, segment.char_start, segment.end_ms) != (
            segment.words[0].start_ms,
            segment.words[0].char_start,
            segment.words[-1].end_ms,
        ):
            raise ValueError(f"the segment at {segment.start_ms} ms is not that of its words")
    if any(transcript.text[w.char_start : w.char_end].isspace() for w in words):
        raise ValueError("a word is blank")


def _check_tiling(pieces: Sequence[TextWord | Segment], text_length: int, what: str) -> None:
    edges = [0, *(edge for p in pieces for edge in (p.char_start, p.char_end)), text_length]
    if any(left != right for left, right in zip(edges[::2], edges[1::2], strict=True)) or any(
        piece.char_start >= piece.char_end for piece in pieces
    ):
        raise ValueError(f"the {what} do not tile the text")
