"""How fast sound comes: what is spoken never waits, what comes faster than that may. Pure."""

from qasr_cli.core.timing import SAMPLE_RATE_HZ

_STALL_S = 2.0  # without sound: what then comes at once is late, and no sign of a slow machine


class SourcePace:
    """How far the sound of a source is before its time.

    A source that stood still, such as a network, delivers at once what it held back. Its time
    begins anew then, so that this waits for the models as a recording does.
    """

    def __init__(self) -> None:
        self._began_s: float | None = None
        self._taken_count = 0

    @property
    def taken_s(self) -> float:
        """How much sound came."""
        return self._taken_count / SAMPLE_RATE_HZ

    def take(self, sample_count: int, *, now_s: float, waited_s: float) -> None:
        """Note that sound came.

        Args:
            waited_s: for it, while more would have been taken.
        """
        began_s = now_s - self.taken_s
        if self._began_s is None:
            self._began_s = began_s
        elif waited_s > _STALL_S:
            self._began_s = max(began_s, self._began_s)
        self._taken_count += sample_count

    def ahead_s(self, now_s: float) -> float:
        """How much more came than there was time to say; negative where it is late."""
        return 0.0 if self._began_s is None else self.taken_s - (now_s - self._began_s)
