"""Whether a failure is worth another try, and when. Knows no clock and no engine."""

from dataclasses import dataclass

from qasr_cli.errors import QasrError

_FIRST_DELAY_S = 1.0
_LONGEST_DELAY_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """Try again after `delay_s` seconds."""

    delay_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveUp:
    """The failure stands."""


def decide(error: QasrError, *, attempt: int, retries: int) -> Retry | GiveUp:
    """What to do after a failed try: 1, 2, 4 ... seconds between tries, never above a minute.

    >>> from qasr_cli.errors import WorkerLost
    >>> decide(WorkerLost("n3"), attempt=3, retries=3)
    Retry(delay_s=4.0)
    >>> decide(WorkerLost("n3"), attempt=4, retries=3)
    GiveUp()

    Args:
        error: why the try failed.
        attempt: the number of the try that failed, 1 for the first.
        retries: how many tries may follow the first.
    """
    if not error.retryable or attempt > retries:
        return GiveUp()
    # The exponent is bounded because a float power of thousands of tries would overflow.
    return Retry(delay_s=min(_LONGEST_DELAY_S, _FIRST_DELAY_S * 2 ** min(attempt - 1, 10)))
