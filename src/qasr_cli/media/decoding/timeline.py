"""Where decoded frames belong: silence where time stamps leave a gap; what goes back is kept."""

from qasr_cli.core.timing import samples_from_ms

# As swresample's `async=1` does it (min_comp, min_hard_comp), which places the frames of a track
# that goes on as it begins. Source: libswresample/swresample.c, swr_next_pts.
_EXACT_SAMPLES = samples_from_ms(1)
_SLACK_SAMPLES = samples_from_ms(100)
_ROUNDING_SAMPLES = samples_from_ms(3)  # of containers that count milliseconds


class Timeline:
    """Places the frames of one track, one after the other. All in samples of 16 kHz.

    Args:
        first_sample: time stamp of the first sample that is wanted; None = of the first that comes.
        heeds_times: False where time stamps are only counted by the demuxer, in a rate that no
            longer holds once it has changed: then frames simply follow each other.
        longest_gap: a longer one is none, but another count of time; None = any may be real.

    Attributes:
        restart_count: how often time stamps went back, or leapt further than that.
    """

    def __init__(
        self, *, first_sample: int | None, heeds_times: bool, longest_gap: int | None = None
    ) -> None:
        self.restart_count = 0
        self._heeds_times = heeds_times
        self._longest_gap = longest_gap
        self._offset = None if first_sample is None else -first_sample
        self._placed_count = 0
        self._expected: int | None = None

    def gap_before(self, at_sample: int | None, sample_count: int) -> int:
        """Samples of silence that go before a frame; negative: so many of its own are cut off.

        Args:
            at_sample: its time stamp; None = right after the frame before.
            sample_count: its length.
        """
        gap = max(self._gap(at_sample), -sample_count)
        self._placed_count += gap + sample_count
        self._expected = None if at_sample is None else at_sample + sample_count
        return gap

    def _gap(self, at_sample: int | None) -> int:
        if at_sample is None:
            return 0
        if self._offset is None:
            self._offset = -at_sample
        delta = at_sample + self._offset - self._placed_count
        if self._placed_count > 0:
            if not self._heeds_times:
                return 0
            step = 0 if self._expected is None else at_sample - self._expected
            if abs(step) <= _ROUNDING_SAMPLES and abs(delta) <= _SLACK_SAMPLES:
                return 0
            if step < -_SLACK_SAMPLES or (self._longest_gap and delta > self._longest_gap):
                self.restart_count += 1
                self._offset -= delta  # a new beginning, right after what was
                return 0
            # A gap; or parts that were encoded by themselves overlap a little, where the one's last
            # frame was filled up, and the other's first one holds nothing yet.
        return delta if abs(delta) > _EXACT_SAMPLES else 0
