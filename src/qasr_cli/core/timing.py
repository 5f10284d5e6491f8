"""The two units of time inside qasr, milliseconds and samples, and exact conversions.

samples       int, 16 kHz, from decode to engine
milliseconds  int, from the start of the file, from the aligner on

Seconds as float exist only on the command line and in text for people.
"""

import re

SAMPLE_RATE_HZ = 16_000
SAMPLES_PER_MS = SAMPLE_RATE_HZ // 1000


def ms_from_samples(sample_count: int) -> int:
    """Milliseconds of a sample position or amount, rounded half up."""
    return (2 * sample_count + SAMPLES_PER_MS) // (2 * SAMPLES_PER_MS)


def samples_from_ms(time_ms: int) -> int:
    """Samples of a time; exact."""
    return time_ms * SAMPLES_PER_MS


def ms_from_seconds(seconds: float) -> int:
    """Milliseconds of seconds that came from outside; exact for anything on a whole-ms grid."""
    return round(seconds * 1000)


_SECONDS_OF_UNIT = {"d": 86_400.0, "h": 3600.0, "m": 60.0, "s": 1.0}
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)([dhms])")
_BARE_NUMBER = re.compile(r"\d+(\.\d+)?")


def seconds_from_text(text: str) -> float:
    """Seconds in what a person writes for a length of time.

    >>> seconds_from_text("6h"), seconds_from_text("1h30m"), seconds_from_text("2.5s")
    (21600.0, 5400.0, 2.5)

    Raises:
        ValueError: it is none, is zero, or has no unit: a 6 that means hours is not 6 seconds.
    """
    compact = text.strip().lower()
    if _BARE_NUMBER.fullmatch(compact) and float(compact) > 0:
        raise ValueError(f"{text!r} needs a unit, such as {compact}s, {compact}m or {compact}h")
    amounts = _AMOUNT.findall(compact)
    seconds = sum(float(amount) * _SECONDS_OF_UNIT[unit] for amount, unit in amounts)
    if "".join(amount + unit for amount, unit in amounts) != compact or seconds <= 0:
        raise ValueError(f"{text!r} is no length of time such as 10s, 1h30m or 2d")
    return seconds


def clock(seconds: float) -> str:
    """`M:SS`, or `H:MM:SS` from an hour on.

    >>> clock(3725.4)
    '1:02:05'
    """
    minutes, rest_s = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest_s:02d}" if hours else f"{minutes}:{rest_s:02d}"


def clock_span(start_ms: int, end_ms: int) -> str:
    """A stretch of time in whole seconds, which hold all of it.

    >>> clock_span(750_400, 778_001)
    '00:12:30-00:12:59'
    """
    end_s = -(-end_ms // 1000)
    return f"{clock_from_ms(start_ms)[:-4]}-{clock_from_ms(end_s * 1000)[:-4]}"


def inaudible_mark(start_ms: int, end_ms: int) -> str:
    """What a text says where nobody could tell what is spoken.

    >>> inaudible_mark(750_400, 778_001)
    '[inaudible 00:12:30-00:12:59]'
    """
    return f"[inaudible {clock_span(start_ms, end_ms)}]"


def clock_from_ms(time_ms: int, *, decimal_mark: str = ".") -> str:
    """`HH:MM:SS.mmm`, hours growing past two digits when they must.

    >>> clock_from_ms(3_723_004, decimal_mark=",")
    '01:02:03,004'
    """
    hours, rest = divmod(time_ms, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    seconds, millis = divmod(rest, 1000)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}{decimal_mark}{millis:03d}"
