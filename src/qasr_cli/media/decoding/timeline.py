"""Where decoded frames belong: silence where time stamps leave a gap; what goes back is kept."""

from collections import deque

from qasr_cli.core.timing import samples_from_ms

# As swresample's `async=1` does it (min_comp, min_hard_comp), which places the frames of a track
# that goes on as it begins. Source: libswresample/swresample.c, swr_next_pts.
_EXACT_SAMPLES = samples_from_ms(1)
SLACK_SAMPLES = samples_from_ms(100)


_DRIFT_SAMPLES = samples_from_ms(20)
_RUN_FRAMES = 16  # half a second and less


class Timeline:
    """Places the frames of one track, one after the other. All in samples of 16 kHz.

    Args:
        first_sample: time stamp of the first sample that is wanted; None = of the first that comes.
        heeds_times: False where time stamps are only counted by the demuxer, in a rate that no
            longer holds once it has changed: then frames simply follow each other.
        longest_gap: a longer one is none, but another count of time; None = any may be real.
        slack: how far frames may be from their time stamps before they are moved.

    Attributes:
        cut_count: samples that were cut off since others stand at their time.
        restart_count: how often time stamps went back, or leapt further than that.
    """

    def __init__(
        self,
        *,
        first_sample: int | None,
        heeds_times: bool,
        longest_gap: int | None = None,
        slack: int = SLACK_SAMPLES,
    ) -> None:
        self.restart_count = 0
        self._heeds_times = heeds_times
        self._longest_gap = longest_gap
        self._slack = slack
        self._recent: deque[int] = deque(maxlen=_RUN_FRAMES)
        self.cut_count = 0
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
        if self._placed_count > 0 and gap < 0:
            self.cut_count -= gap
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
            if step < -self._slack or (self._longest_gap and delta > self._longest_gap):
                self.restart_count += 1
                self._recent.clear()
                self._offset -= delta  # a new beginning, right after what was
                return 0
            if abs(delta) <= self._slack:
                return self._drift(delta)
            self._recent.clear()
        return delta if abs(delta) > _EXACT_SAMPLES else 0

    def _drift(self, delta: int) -> int:
        """What a run of frames has in common by which they are off; 0 while that is little.

        Parts that were encoded by themselves overlap a little: the last frame of the one was filled
        up, the first of the other holds nothing yet. The frames of one packet may be off as well,
        by more and more, where the demuxer counts them at a rate that has changed; not all of them.
        """
        self._recent.append(delta)
        least = min(self._recent, key=abs)
        is_common = len({value > 0 for value in self._recent}) == 1 and abs(least) > _DRIFT_SAMPLES
        if len(self._recent) < _RUN_FRAMES or not is_common:
            return 0
        self._recent.clear()
        return least
