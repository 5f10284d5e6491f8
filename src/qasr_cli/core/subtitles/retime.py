"""Turns the times of speech into the times at which subtitles appear and go.

Whole milliseconds, no text.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from qasr_cli.core.language.limits import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One cue's speech, and what its reader needs.

    Attributes:
        start_ms, end_ms: of the speech.
        read_ms: time to read it.
        limits: of its language.
    """

    start_ms: int
    end_ms: int
    read_ms: int
    limits: Limits


def retime(slots: Sequence[Slot], *, duration_ms: int) -> tuple[tuple[int, int], ...]:
    """Start and end of every cue: in order, never overlapping, never empty, inside the media.

    A cue starts with its speech, or its lead-in before that. It stays to be read, lingering after
    the speech, past that only to reach its minimum; and it leaves a gap before the next one where
    there is room. A gap that would look like a flicker is closed to the usual one.

    Args:
        slots: by start.
        duration_ms: of the media; at least one millisecond a cue.

    Raises:
        ValueError: more cues than milliseconds.
    """
    if duration_ms < len(slots):
        raise ValueError(f"{len(slots)} cues do not fit into {duration_ms} ms")
    starts_ms = _distinct_starts(
        [slot.start_ms - slot.limits.lead_in_ms for slot in slots], duration_ms
    )
    times: list[tuple[int, int]] = []
    for start_ms, next_ms, slot in zip(starts_ms, [*starts_ms, None][1:], slots, strict=True):
        end_ms = _end_wanted(start_ms, slot)
        if next_ms is None:
            end_ms = min(end_ms, duration_ms)
        else:
            end_ms = _end_before(next_ms, start_ms, end_ms, slot)
        times.append((start_ms, end_ms))
    return tuple(times)


def _distinct_starts(speech_ms: Sequence[int], duration_ms: int) -> list[int]:
    """Starts, each later than the one before, all at least 1 ms before the next or the end."""
    starts_ms: list[int] = []
    for start_ms in speech_ms:
        starts_ms.append(max(start_ms, starts_ms[-1] + 1 if starts_ms else 0))
    latest_ms = duration_ms - len(starts_ms)
    return [min(start_ms, latest_ms + index) for index, start_ms in enumerate(starts_ms)]


def _end_wanted(start_ms: int, slot: Slot) -> int:
    limits = slot.limits
    shortest_ms = start_ms + limits.min_duration_ms
    to_read_ms = max(shortest_ms, start_ms + slot.read_ms)
    lingering_ms = max(shortest_ms, slot.end_ms + limits.linger_ms)
    end_ms = max(slot.end_ms, min(to_read_ms, lingering_ms))
    return max(min(end_ms, _latest_end(start_ms, slot)), start_ms + 1)


def _end_before(next_ms: int, start_ms: int, end_ms: int, slot: Slot) -> int:
    latest_ms = next_ms - slot.limits.gap_ms
    is_flicker = next_ms - end_ms < slot.limits.chain_ms
    if end_ms > latest_ms or (is_flicker and latest_ms <= _latest_end(start_ms, slot)):
        end_ms = latest_ms
    # Speech too dense for a gap: the cue keeps what time there is.
    return end_ms if end_ms > start_ms else max(start_ms + 1, next_ms - 1)


def _latest_end(start_ms: int, slot: Slot) -> int:
    # Speech that is longer than a cue should be is one word; its cue stands while it sounds.
    return max(start_ms + slot.limits.max_duration_ms, slot.end_ms)
