"""Sound as qasr carries it, float32, mono, 16 kHz, in [-1, 1], and as files and pydub have it."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Pcm: TypeAlias = npt.NDArray[np.float32]

FULL_SCALE = 32768


def sixteen_bit(pcm: Pcm) -> npt.NDArray[np.int16]:
    """The samples as whole numbers of 16 bits, the nearest; what is past full scale is cut off."""
    scaled = np.clip(np.rint(pcm * FULL_SCALE), -FULL_SCALE, FULL_SCALE - 1)
    return scaled.astype(np.int16)
