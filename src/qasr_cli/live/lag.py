"""When it is said that finals are behind the sound, and when that is too much."""

from qasr_cli.live.events import Failed, Lag

BEHIND_S = 5.0  # from here on it is said, and there are no partials


class LagWatch:
    """Says how far finals are behind: every second while it is much, and once when it is not.

    Args:
        max_lag_s: what is allowed.
    """

    def __init__(self, max_lag_s: float) -> None:
        self._max_lag_s = max_lag_s
        self._said_s = 0

    def look(self, lag_s: float) -> list[Lag | Failed]:
        """What is to be said of a lag, if anything is new."""
        said_s = int(lag_s) if lag_s >= BEHIND_S else 0
        if said_s == self._said_s:
            return []
        self._said_s = said_s
        lag = Lag(lag_s=lag_s)
        if lag_s <= self._max_lag_s:
            return [lag]
        message = (
            f"recognition is {lag_s:.0f} s behind the sound, and {self._max_lag_s:g} are allowed: "
            "this machine is too slow for the model, or busy; what was heard until now is finished"
        )
        return [lag, Failed(code="lag", message=message, ends_session=True)]
