"""Lengths of time as people write them."""

import pytest

from qasr_cli.core.timing import seconds_from_text


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("10s", 10), ("1.5h", 5400), ("2D", 172_800), (" 1h30m ", 5400)],
)
def test_people_write_lengths_of_time(text: str, seconds: float) -> None:
    """A plain number is seconds; units add up."""
    assert seconds_from_text(text) == seconds


@pytest.mark.parametrize("text", ["", "0", "h", "6 hours", "-5s", "1h x", "1e3", "inf", "nan"])
def test_what_is_no_length_of_time_is_refused(text: str) -> None:
    """Nothing is guessed, and no time at all is no limit."""
    with pytest.raises(ValueError, match="such as"):
        seconds_from_text(text)
