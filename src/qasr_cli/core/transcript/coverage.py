"""How much of the speech in a recording has words, and where there are none. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from qasr_cli.core.timing import clock_from_ms
from qasr_cli.core.types import IntervalMs, Transcript

# A word covers what is so near to it: most pauses between words, the soft ends that detectors
# find and aligners leave out, and words that take no time.
_REACH_MS = 500
# Less may well be a breath or a cough; there are many, and nobody wants to look at each.
_SHORTEST_GAP_MS = 1000
_MOST_GAPS_TOLD = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How much of the speech has words.

    Attributes:
        share: 0 to 1; 1 where there is no speech.
        gaps: stretches of speech without words, of a second or more; in order.
    """

    share: float
    gaps: tuple[IntervalMs, ...]

    def warning(self, least: float) -> str | None:
        """One line for people where the share is below `least`, with the longest gaps."""
        if self.share >= least:
            return None
        longest = sorted(self.gaps, key=lambda gap: gap[0] - gap[1])[:_MOST_GAPS_TOLD]
        places = ", ".join(f"{clock_from_ms(s)} - {clock_from_ms(e)}" for s, e in sorted(longest))
        more = f" and {n} more" if (n := len(self.gaps) - len(longest)) else ""
        where = f"; none at {places}{more}" if places else ""
        return f"words cover {self.share:.1%} of the speech, less than {least:.0%}{where}"


def coverage_of(transcript: Transcript) -> Coverage:
    """How much of its speech has words in the transcript."""
    regions = transcript.speech
    speech_ms = sum(end_ms - start_ms for start_ms, end_ms in regions)
    bare = list(_without(regions, _captioned(transcript)))
    bare_ms = sum(end_ms - start_ms for start_ms, end_ms in bare)
    return Coverage(
        share=1 - bare_ms / speech_ms if speech_ms else 1.0,
        gaps=tuple(gap for gap in bare if gap[1] - gap[0] >= _SHORTEST_GAP_MS),
    )


def _captioned(transcript: Transcript) -> list[IntervalMs]:
    """Where there are words or they are near; in order, not overlapping."""
    merged: list[IntervalMs] = []
    for word in (word for segment in transcript.segments for word in segment.words):
        start_ms, end_ms = word.start_ms - _REACH_MS, word.end_ms + _REACH_MS
        if merged and start_ms <= merged[-1][1]:
            start_ms, end_ms = merged[-1][0], max(merged.pop()[1], end_ms)
        merged.append((start_ms, end_ms))
    return merged


def _without(regions: Sequence[IntervalMs], covers: Sequence[IntervalMs]) -> Iterator[IntervalMs]:
    """The parts of the regions outside of all covers. Both are in order."""
    first = 0
    for start_ms, end_ms in regions:
        while first < len(covers) and covers[first][1] <= start_ms:
            first += 1
        index, position_ms = first, start_ms
        while index < len(covers) and covers[index][0] < end_ms:
            if covers[index][0] > position_ms:
                yield position_ms, covers[index][0]
            position_ms = max(position_ms, covers[index][1])
            index += 1
        if position_ms < end_ms:
            yield position_ms, end_ms
