"""Times as JSON of other programs has them: many names, several units, damage. Pure."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

TimesMs = tuple[int | None, int | None]

_SECOND = 1000  # the unit of what is said to be seconds

# Units of a second, and the names of the two times. Exact ones stand first.
_NAMES = (
    (1, "start_ms", "end_ms"),
    (1, "startMs", "endMs"),
    (_SECOND, "start", "end"),
    (_SECOND, "start_time", "end_time"),
    (_SECOND, "startTime", "endTime"),
    (10, "t0", "t1"),  # whisper.cpp and what is built on it count hundredths
    (_SECOND, "begin", "end"),
    (_SECOND, "from", "to"),
)
# The two times as one value.
_PAIRS = ((1, "offsets"), (_SECOND, "timestamps"), (_SECOND, "timestamp"))
_DURATIONS = ("duration", "dur")
_CLOCK = re.compile(r"\s*(-?)(?:(?:(\d{1,6}):)?(\d{1,6}):)?(\d{1,9})(?:[.,](\d{1,9}))?\s*s?\s*")
_LONGEST_S = 10**9  # thirty years: beyond it is damage, in whatever unit


@dataclass(slots=True, kw_only=True)
class Doubts:
    """What was not as it should be in a document, counted.

    Attributes:
        has_only_whole_seconds: every time was an integer that goes by the name of a second's.
    """

    counts: Counter[str] = field(default_factory=Counter)
    has_only_whole_seconds: bool = True

    def add(self, what: str) -> None:
        """Count one more of what a line in the plural names."""
        self.counts[what] += 1

    def notes(self) -> Iterator[str]:
        """One line for each kind."""
        for what, count in self.counts.items():
            yield f"{what}: {count}"


def times_of(fields: Mapping[str, Any], doubts: Doubts) -> TimesMs:
    """Start and end in milliseconds; None where there is no time, or none that can be read."""
    for unit, name in _PAIRS:
        match fields.get(name):
            case [start, end] | {"from": start, "to": end} | {"start": start, "end": end}:
                return _time_ms(start, unit, doubts), _time_ms(end, unit, doubts)
            case _:
                pass
    for unit, start_name, end_name in _NAMES:
        if fields.get(start_name) is not None:
            start_ms = _time_ms(fields[start_name], unit, doubts)
            end_ms = _time_ms(fields.get(end_name), unit, doubts)
            if end_name not in fields and start_ms is not None:
                end_ms = _end_after(start_ms, fields, unit, doubts)
            return start_ms, end_ms
    return None, _time_ms(fields.get("end"), _SECOND, doubts)


def _end_after(start_ms: int, fields: Mapping[str, Any], unit: int, doubts: Doubts) -> int | None:
    for name in _DURATIONS:
        length_ms = _time_ms(fields.get(name), unit, doubts)
        if length_ms is not None:
            return start_ms + length_ms
    return None


def _time_ms(value: object, unit: int, doubts: Doubts) -> int | None:
    """Milliseconds of a number in this unit (ms of one), or of a clock's time."""
    if value is None:
        return None
    if isinstance(value, str):
        time_ms = _clock_ms(value, unit)
        doubts.has_only_whole_seconds = False
    elif isinstance(value, bool) or not isinstance(value, int | float):
        time_ms = None
    else:
        doubts.has_only_whole_seconds &= isinstance(value, int) and unit == _SECOND
        # Nor is NaN inside.
        time_ms = round(value * unit) if -_LONGEST_S <= value <= _LONGEST_S else None
    if time_ms is None:
        doubts.add("times that could not be read, estimated")
    return time_ms


def _clock_ms(value: str, unit: int) -> int | None:
    found = _CLOCK.fullmatch(value)
    if found is None:
        return None
    sign, hours, minutes, seconds, fraction = found.groups()
    if hours or minutes:
        unit = 1000
    total = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds)
    time_ms = round((total + float(f"0.{fraction or 0}")) * unit)
    return -time_ms if sign else time_ms


def seconds_ms(value: object) -> int | None:
    """Milliseconds of a length in seconds; None where it is none."""
    return _time_ms(value, _SECOND, Doubts())
