"""Lengths of time as people write them."""

import pytest

from qasr_cli.core.timing import seconds_from_text


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("2.5s", 2.5), ("10s", 10), ("1.5h", 5400), ("2D", 172_800), (" 1h30m ", 5400)],
)
def test_people_write_lengths_of_time(text: str, seconds: float) -> None:
    """Every amount has its unit, and they add up."""
    assert seconds_from_text(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "0", "0s", "h", "1h30", "30 1h", "6 hours", "-5s", "1h x", "1e3", "inf", "nan"]
)
def test_what_is_no_length_of_time_is_refused(text: str) -> None:
    """Nothing is guessed, and no time at all is no limit."""
    with pytest.raises(ValueError, match="such as"):
        seconds_from_text(text)


@pytest.mark.parametrize("text", ["6", "90", "2.5", " 6 "])
def test_a_length_of_time_without_a_unit_is_asked_for_one(text: str) -> None:
    """A 6 that was meant for hours would be six seconds."""
    with pytest.raises(ValueError, match=f"needs a unit, such as {text.strip()}s"):
        seconds_from_text(text)
