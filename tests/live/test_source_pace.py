"""Whether sound comes before its time."""

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.live.source_pace import SourcePace


def _spoken(pace: SourcePace, length_s: int, *, from_s: float) -> None:
    """A second at the end of each second."""
    for number in range(1, length_s + 1):
        pace.take(SAMPLE_RATE_HZ, now_s=from_s + number, waited_s=1.0)


def test_a_recording_is_ahead_by_its_length() -> None:
    """All of it comes at once."""
    pace = SourcePace()
    for _ in range(60):
        pace.take(SAMPLE_RATE_HZ, now_s=5.0, waited_s=0.0)
    assert pace.ahead_s(5.0) == 60.0
    assert pace.ahead_s(35.0) == 30.0


def test_what_is_spoken_is_never_ahead_by_more_than_its_block() -> None:
    """However long it goes on, and whenever it is asked about."""
    pace = SourcePace()
    assert pace.ahead_s(100.0) == 0.0
    _spoken(pace, 7200, from_s=100.0)
    assert pace.ahead_s(7300.0) == 1.0


def test_what_was_held_back_is_ahead_when_it_comes_at_once() -> None:
    """After a minute in which nothing came, a minute of sound waits as a recording would."""
    pace = SourcePace()
    _spoken(pace, 10, from_s=0.0)
    pace.take(SAMPLE_RATE_HZ, now_s=70.0, waited_s=60.0)
    for _ in range(59):
        pace.take(SAMPLE_RATE_HZ, now_s=70.0, waited_s=0.0)
    assert pace.ahead_s(70.0) == 60.0


def test_a_pause_gives_no_leave_to_be_early() -> None:
    """What came too early before it is still too early after it."""
    pace = SourcePace()
    for _ in range(60):
        pace.take(SAMPLE_RATE_HZ, now_s=0.0, waited_s=0.0)
    pace.take(SAMPLE_RATE_HZ, now_s=10.0, waited_s=10.0)
    assert pace.ahead_s(10.0) == 51.0


def test_a_slow_listener_is_no_pause_of_the_source() -> None:
    """Sound that nobody fetched in its time is not ahead when it is fetched."""
    pace = SourcePace()
    _spoken(pace, 10, from_s=0.0)
    for _ in range(10):
        pace.take(SAMPLE_RATE_HZ, now_s=20.0, waited_s=0.0)
    assert pace.ahead_s(20.0) == 1.0
