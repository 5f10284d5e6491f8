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


_SECONDS_OF_UNIT = {"d": 86_400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "": 1.0}
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)([dhms]?)")


def seconds_from_text(text: str) -> float:
    """Seconds in what a person writes for a length of time.

    >>> seconds_from_text("6h"), seconds_from_text("1h30m"), seconds_from_text("2.5")
    (21600.0, 5400.0, 2.5)

    Raises:
        ValueError: it is none, or is zero.
    """
    compact = text.strip().lower()
    amounts = _AMOUNT.findall(compact)
    seconds = sum(float(amount) * _SECONDS_OF_UNIT[unit] for amount, unit in amounts)
    if "".join(amount + unit for amount, unit in amounts) != compact or seconds <= 0:
        raise ValueError(f"{text!r} is no length of time such as 90, 10s, 1h30m or 2d")
    return seconds


def clock_from_ms(time_ms: int, *, decimal_mark: str = ".") -> str:
    """`HH:MM:SS.mmm`, hours growing past two digits when they must.

    >>> clock_from_ms(3_723_004, decimal_mark=",")
    '01:02:03,004'
    """
    hours, rest = divmod(time_ms, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    seconds, millis = divmod(rest, 1000)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}{decimal_mark}{millis:03d}"
