from qasr_cli.errors import DecodeError, DeviceMemoryError, MediaChanged
from qasr_cli.run.retry.decision import GiveUp, Retry, decide


def test_the_delay_doubles_up_to_a_minute() -> None:
    """Tries follow after 1, 2, 4 ... 60, 60 seconds, however many there are."""
    error = DeviceMemoryError("cuda", 4)

    decisions = [decide(error, attempt=n, retries=5000) for n in (1, 2, 3, 6, 7, 5000)]

    assert decisions == [Retry(delay_s=s) for s in (1, 2, 4, 32, 60, 60)]


def test_three_retries_are_four_tries() -> None:
    """`retries` counts the tries after the first."""
    error = MediaChanged("a.wav")

    assert isinstance(decide(error, attempt=3, retries=3), Retry)
    assert decide(error, attempt=4, retries=3) == GiveUp()
    assert decide(error, attempt=1, retries=0) == GiveUp()


def test_what_cannot_get_better_is_not_tried_again() -> None:
    """An error that is not retryable is final at once."""
    assert decide(DecodeError("a.wav", "broken"), attempt=1, retries=3) == GiveUp()
