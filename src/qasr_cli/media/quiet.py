"""Where sound is quietest."""

import numpy as np

from qasr_cli.core.timing import samples_from_ms
from qasr_cli.media.pcm import Pcm

_QUIET_SAMPLES = samples_from_ms(100)  # over which loudness is measured: shorter than a syllable
_STEP_SAMPLES = samples_from_ms(10)


def quietest_index(pcm: Pcm, earliest: int, latest: int) -> int:
    """Middle of the quietest 100 ms between two places, both included."""
    middles = np.arange(earliest, latest + 1, _STEP_SAMPLES)
    first = max(0, earliest - _QUIET_SAMPLES // 2)
    heard = pcm[first : latest + _QUIET_SAMPLES // 2].clip(-1.0, 1.0)
    energy = np.concatenate((np.zeros(1), np.cumsum(np.square(heard, dtype=np.float64))))
    starts = np.maximum(middles - _QUIET_SAMPLES // 2 - first, 0)
    ends = np.minimum(middles + _QUIET_SAMPLES // 2 - first, len(energy) - 1)
    loudness = (energy[ends] - energy[starts]) / (ends - starts)
    return int(middles[np.argmin(loudness)])
