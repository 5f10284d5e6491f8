"""The sound of one session as it comes over a connection: frames, gaps, its own rate."""

from typing import TYPE_CHECKING

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.serve.refusals import Refused

if TYPE_CHECKING:
    from qasr_cli.live.sample_rate import RateConverter
    from qasr_cli.media.pcm import Pcm

_MOST_FRAME_S = 10.0
_SAMPLE_BYTES = 2


class Incoming:
    """What came, as the models hear it.

    Args:
        rate_hz: of what comes.
        longest_gap_s: that somebody who comes back may leave.

    Attributes:
        next_sample: number of the next sample, at its own rate.

    Raises:
        Refused: nothing has such a rate.
    """

    def __init__(self, rate_hz: int, *, longest_gap_s: float) -> None:
        self.rate_hz = rate_hz
        self.next_sample = 0
        self._most_gap_count = int(longest_gap_s * rate_hz)
        self._converter = _converter_from(rate_hz)

    def heard(self, frame: bytes) -> "Pcm":
        """The sound of a frame.

        Raises:
            Refused: it is none.
        """
        import numpy as np

        from qasr_cli.media.pcm import FULL_SCALE

        if len(frame) % _SAMPLE_BYTES:
            raise Refused.bad_request("a frame is whole samples of two bytes (s16le)")
        if len(frame) > _MOST_FRAME_S * self.rate_hz * _SAMPLE_BYTES:
            raise Refused.bad_request(f"a frame has {_MOST_FRAME_S:g} s of sound at most")
        samples = np.frombuffer(frame, dtype="<i2").astype(np.float32)
        return self._converted(samples / np.float32(FULL_SCALE))

    def silence_until(self, first_sample: int | None) -> "Pcm":
        """What stands for sound that was lost before a sample, at its own rate.

        Raises:
            Refused: nobody can have said so much.
        """
        import numpy as np

        lost_count = max(0, (first_sample or 0) - self.next_sample)
        if lost_count > self._most_gap_count:
            message = f"sample is beyond all that can have been said; {self.next_sample} is next"
            raise Refused.bad_request(message, param="sample")
        return self._converted(np.zeros(lost_count, dtype=np.float32))

    def end(self) -> "Pcm":
        """The rest of the sound; nothing comes behind it."""
        import numpy as np

        return np.zeros(0, dtype=np.float32) if self._converter is None else self._converter.end()

    def _converted(self, samples: "Pcm") -> "Pcm":
        self.next_sample += len(samples)
        return samples if self._converter is None else self._converter.push(samples)


def _converter_from(rate_hz: int) -> "RateConverter | None":
    """None where there is nothing to convert."""
    from qasr_cli.live.sample_rate import RateConverter

    if rate_hz == SAMPLE_RATE_HZ:
        return None
    try:
        return RateConverter(rate_hz)
    except ValueError as error:
        raise Refused.bad_request(f"rate: {error}", param="rate") from error
