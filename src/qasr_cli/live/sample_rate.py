"""Sound that is still coming, at another rate: what a browser cannot convert itself."""

from math import gcd
from typing import TYPE_CHECKING

import numpy as np

from qasr_cli.core.timing import SAMPLE_RATE_HZ

if TYPE_CHECKING:
    import numpy.typing as npt

    from qasr_cli.media.pcm import Pcm

_ZERO_CROSSINGS = 24  # on each side: what is above half the new rate is 80 dB down
_KAISER_BETA = 8.0
_PASSED_SHARE = 0.94  # of half the lower rate
_MOST_PHASES = 640  # all rates that devices have: 11,025 Hz
_AT_ONCE_COUNT = 2048  # samples made at a time: each takes memory for all that it is made of


class RateConverter:
    """Converts sound to 16 kHz piece by piece; pieces of any lengths give the same samples.

    A windowed sinc, so that a sample stands for the same moment before and after.

    Args:
        from_hz: rate of what comes.

    Raises:
        ValueError: nothing has such a rate.
    """

    def __init__(self, from_hz: int) -> None:
        common = gcd(from_hz, SAMPLE_RATE_HZ)
        self._up, self._down = SAMPLE_RATE_HZ // common, from_hz // common
        if self._up > _MOST_PHASES:
            raise ValueError(f"{from_hz} Hz is no rate that sound comes at")
        self._table = _weights(self._up, self._down)
        self._half_count = self._table.shape[1] // 2
        # Silence before the first sample.
        self._kept: Pcm = np.zeros(self._half_count - 1, dtype=np.float32)
        self._next = 0  # position of the next sample, in parts of a sample that came

    def push(self, samples: "Pcm") -> "Pcm":
        """What can be said by now of the converted sound."""
        kept = np.concatenate((self._kept, samples))
        last = (len(kept) - 2 * self._half_count + 1) * self._up
        positions = np.arange(self._next, last, self._down)
        converted = np.empty(len(positions), dtype=np.float32)
        for first in range(0, len(positions), _AT_ONCE_COUNT):
            part = slice(first, first + _AT_ONCE_COUNT)
            converted[part] = self._at(positions[part], kept)
        self._next += len(positions) * self._down
        passed = min(self._next // self._up, len(kept))
        self._kept = kept[passed:]
        self._next -= passed * self._up
        return converted

    def end(self) -> "Pcm":
        """The rest; nothing comes behind it."""
        return self.push(np.zeros(self._half_count, dtype=np.float32))

    def _at(self, positions: "npt.NDArray[np.int64]", kept: "Pcm") -> "Pcm":
        whole, phase = np.divmod(positions, self._up)
        reach = np.arange(self._table.shape[1])
        made: Pcm = (kept[whole[:, None] + reach] * self._table[phase]).sum(axis=1)
        return made


def _weights(up: int, down: int) -> "npt.NDArray[np.float32]":
    """For each place between two samples, what those around it count."""
    cutoff = _PASSED_SHARE * min(1.0, up / down)
    half_count = int(np.ceil(_ZERO_CROSSINGS / cutoff))
    reach = np.arange(2 * half_count) - half_count + 1
    distance = reach[None, :] - np.arange(up)[:, None] / up
    share = np.clip(distance / half_count, -1.0, 1.0)
    window = np.i0(_KAISER_BETA * np.sqrt(1.0 - share**2)) / np.i0(_KAISER_BETA)
    weights = cutoff * np.sinc(cutoff * distance) * window
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), dtype=np.float32)
