"""From when words are spoken to when their subtitles stand. Whole milliseconds, no text."""

from collections.abc import Sequence
from dataclasses import dataclass

_LINGER_MS = 500  # a cue may stand this long after the speech. Source: Netflix timing guidelines
_CHAIN_MS = 500  # a shorter gap looks like a flicker and is closed. Source: the same


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One cue's speech, and what its reader needs.

    Attributes:
        start_ms, end_ms: of the speech.
        read_ms: time to read it.
        min_ms, max_ms: limits of its length.
    """

    start_ms: int
    end_ms: int
    read_ms: int
    min_ms: int
    max_ms: int


def retime(slots: Sequence[Slot], *, gap_ms: int, duration_ms: int) -> tuple[tuple[int, int], ...]:
    """Start and end of every cue: in order, never overlapping, never empty, inside the media.

    A cue starts with its speech. It stays to be read, up to half a second past the speech, longer
    only to reach its minimum; and it leaves `gap_ms` free before the next one.

    Args:
        slots: by start.
        gap_ms: free time between two cues, where there is room for it.
        duration_ms: of the media; at least one millisecond a cue.

    Raises:
        ValueError: more cues than milliseconds.
    """
    if duration_ms < len(slots):
        raise ValueError(f"{len(slots)} cues do not fit into {duration_ms} ms")
    starts_ms = _distinct_starts([slot.start_ms for slot in slots], duration_ms)
    times: list[tuple[int, int]] = []
    for start_ms, next_ms, slot in zip(starts_ms, [*starts_ms, None][1:], slots, strict=True):
        end_ms = _end_wanted(start_ms, slot)
        if next_ms is None:
            end_ms = min(end_ms, duration_ms)
        else:
            end_ms = _end_before(next_ms, start_ms, end_ms, slot, gap_ms)
        times.append((start_ms, end_ms))
    return tuple(times)


def _distinct_starts(speech_ms: Sequence[int], duration_ms: int) -> list[int]:
    """Each later than the one before, each with at least 1 ms up to the next or to the end."""
    starts_ms: list[int] = []
    for start_ms in speech_ms:
        starts_ms.append(max(start_ms, starts_ms[-1] + 1 if starts_ms else 0))
    latest_ms = duration_ms - len(starts_ms)
    return [min(start_ms, latest_ms + index) for index, start_ms in enumerate(starts_ms)]


def _end_wanted(start_ms: int, slot: Slot) -> int:
    to_read_ms = start_ms + max(slot.min_ms, slot.read_ms)
    lingering_ms = max(slot.end_ms + _LINGER_MS, start_ms + slot.min_ms)
    end_ms = max(slot.end_ms, min(to_read_ms, lingering_ms))
    # Speech that is longer than a cue should be is one word; its cue stands while it sounds.
    return max(min(end_ms, max(start_ms + slot.max_ms, slot.end_ms)), start_ms + 1)


def _end_before(next_ms: int, start_ms: int, end_ms: int, slot: Slot, gap_ms: int) -> int:
    latest_ms = next_ms - gap_ms
    may_last_ms = max(slot.max_ms, slot.end_ms - start_ms)
    closes_gap = next_ms - end_ms < _CHAIN_MS and latest_ms - start_ms <= may_last_ms
    if end_ms > latest_ms or closes_gap:
        end_ms = latest_ms
    # Speech too dense for a gap: the cue keeps what time there is.
    return end_ms if end_ms > start_ms else max(start_ms + 1, next_ms - 1)
