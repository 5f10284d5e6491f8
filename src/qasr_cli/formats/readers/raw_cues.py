"""Cues as both formats give them before they are finished: times kept as written. No I/O."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from qasr_cli.core.types import ReadCue, ReadSubtitles, Tag
from qasr_cli.formats.readers.rolling import collapsed
from qasr_cli.formats.readers.times import TimeLine, are_padded


@dataclass(frozen=True, slots=True, kw_only=True)
class RawCue:
    """One cue of a file.

    Attributes:
        stamped: which of its lines hold times of words.
        speaker: as in `ReadCue`.
    """

    times: TimeLine
    lines: tuple[str, ...]
    tags: tuple[Tag, ...] = ()
    stamped: frozenset[int] = frozenset()
    speaker: str | None = None


def finished(
    raw_cues: Sequence[RawCue], *, notes: Iterable[str], unkept: Iterable[str]
) -> ReadSubtitles:
    """The cues with their times in milliseconds, rolling captions put together."""
    is_padded = are_padded(raw.times for raw in raw_cues)
    cues = [
        ReadCue(
            start_ms=max(0, raw.times.start.ms(is_padded=is_padded)),
            end_ms=max(0, raw.times.end.ms(is_padded=is_padded)),
            lines=raw.lines,
            tags=raw.tags,
            speaker=raw.speaker,
        )
        for raw in raw_cues
    ]
    found, rolling_note = collapsed(cues, [raw.stamped for raw in raw_cues])
    return ReadSubtitles(
        cues=tuple(found),
        notes=(
            *notes,
            *_damaged(raw_cues),
            *_negative(raw_cues),
            *([] if rolling_note is None else [rolling_note]),
        ),
        # Of rolling captions, settings are how they roll.
        unkept=tuple(dict.fromkeys(unkept)) if rolling_note is None else (),
    )


def _damaged(raw_cues: Sequence[RawCue]) -> Iterator[str]:
    for number, raw in enumerate(raw_cues, start=1):
        if raw.times.damaged_end is not None:
            end = excerpt([raw.times.damaged_end]) or "missing"
            yield f"the end of cue {number} is damaged and read as its start: {end}"


def _negative(raw_cues: Sequence[RawCue]) -> Iterator[str]:
    numbers = [
        str(number)
        for number, raw in enumerate(raw_cues, start=1)
        if raw.times.start.is_negative or raw.times.end.is_negative
    ]
    if numbers:
        yield f"times before 0 are read as 0: cue {', '.join(numbers[:5])}" + (
            f" and {len(numbers) - 5} more" if len(numbers) > 5 else ""  # noqa: PLR2004
        )


def excerpt(lines: Iterable[str]) -> str:
    """The start of some lines, on one line."""
    return f"{' '.join(' '.join(lines).split()):.60}"
