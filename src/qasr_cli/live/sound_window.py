"""The last seconds of a stream of sound, by sample positions from its beginning."""

import numpy as np

from qasr_cli.media.pcm import Pcm


class SoundWindow:
    """Sound that may still be needed; memory is moved once a while, never for each addition."""

    def __init__(self) -> None:
        self._memory = np.zeros(0, np.float32)
        self._first = 0  # of what is kept, in the memory
        self._start_sample = 0
        self._count = 0

    @property
    def end_sample(self) -> int:
        """End of what was added."""
        return self._start_sample + self._count

    def add(self, pcm: Pcm) -> None:
        """Append sound."""
        end = self._first + self._count
        if end + len(pcm) > len(self._memory):
            kept = self._memory[self._first : end]
            self._memory = np.empty(2 * (self._count + len(pcm)), np.float32)
            self._memory[: self._count] = kept
            self._first, end = 0, self._count
        self._memory[end : end + len(pcm)] = pcm
        self._count += len(pcm)

    def forget_before(self, sample: int) -> None:
        """Let go of what is before a position."""
        surplus = min(max(0, sample - self._start_sample), self._count)
        self._first += surplus
        self._start_sample += surplus
        self._count -= surplus

    def copied(self, start_sample: int, end_sample: int) -> Pcm:
        """The sound between two positions that are still kept."""
        first = self._first + start_sample - self._start_sample
        return self._memory[first : first + end_sample - start_sample].copy()
