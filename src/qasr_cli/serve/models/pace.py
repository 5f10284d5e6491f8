"""How fast the models are, learnt from what they did."""

# How much the latest turn counts.
_NEWEST_SHARE = 0.3
_LEAST_S = 1e-6  # of work; no clock is finer


class Pace:
    """Seconds of work for a second of sound.

    Attributes:
        done_s, work_s: sound and work so far.
    """

    def __init__(self) -> None:
        self.done_s = 0.0
        self.work_s = 0.0
        self._cost = 0.0  # 0 = nothing is known

    def learn(self, *, work_s: float, sound_s: float) -> None:
        """Take note of one turn."""
        self.work_s += work_s
        cost = max(work_s, _LEAST_S) / sound_s
        self._cost = self._cost + _NEWEST_SHARE * (cost - self._cost) if self._cost else cost

    def work_for(self, sound_s: float) -> float:
        """Seconds that so much sound would take; 0 while nothing is known."""
        return sound_s * self._cost

    def sound_for(self, work_s: float) -> float:
        """Sound that is done in so many seconds; 0 while nothing is known."""
        return work_s / self._cost if self._cost else 0.0
