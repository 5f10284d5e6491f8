"""Cue times on the grid of formats that count hundredths of a second."""

from collections.abc import Sequence

from qasr_cli.core.types import Cue


def cs_from_ms(time_ms: int) -> int:
    """Hundredths of a second, rounded half up."""
    return (time_ms + 5) // 10


def cue_times_cs(cues: Sequence[Cue]) -> tuple[tuple[int, int], ...]:
    """Start and end of every cue: in order, not overlapping, none empty, however short it was."""
    times: list[tuple[int, int]] = []
    free_cs = 0
    for cue in cues:
        start_cs = max(cs_from_ms(cue.start_ms), free_cs)
        free_cs = max(cs_from_ms(cue.end_ms), start_cs + 1)
        times.append((start_cs, free_cs))
    return tuple(times)
