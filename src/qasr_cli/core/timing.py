"""The two units of time inside qasr, and the exact ways between them.

samples       int, 16 kHz, from decode to engine
milliseconds  int, from the start of the file, from the aligner on

Seconds as float exist only on the command line and in text for people.
"""

SAMPLE_RATE_HZ = 16_000
SAMPLES_PER_MS = SAMPLE_RATE_HZ // 1000


def ms_from_samples(sample_count: int) -> int:
    """Milliseconds of a sample position or amount, rounded half up."""
    return (2 * sample_count + SAMPLES_PER_MS) // (2 * SAMPLES_PER_MS)


def samples_from_ms(time_ms: int) -> int:
    """Samples of a time; exact."""
    return time_ms * SAMPLES_PER_MS


def ms_from_seconds(seconds: float) -> int:
    """Milliseconds of a float at the border; exact for anything on a whole-ms grid."""
    return round(seconds * 1000)


def clock_from_ms(time_ms: int, *, decimal_mark: str = ".") -> str:
    """`HH:MM:SS.mmm`, hours growing past two digits when they must.

    >>> clock_from_ms(3_723_004, decimal_mark=",")
    '01:02:03,004'
    """
    hours, rest = divmod(time_ms, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    seconds, millis = divmod(rest, 1000)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}{decimal_mark}{millis:03d}"
