"""Sound as qasr carries it, float32, mono, 16 kHz, and as files and pydub have it.

It is in [-1, 1] but where a recording goes past full scale.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Pcm: TypeAlias = npt.NDArray[np.float32]

FULL_SCALE = 32768

# Single samples so far above the rest of a block are damage, and so is what is louder than whole
# numbers of 32 bits that were written as floats.
_DAMAGE_FACTOR = 16
_DAMAGE_LEVEL = 2.0**31
_LOUDEST_COUNT = 16  # a millisecond


def without_damage(block: Pcm) -> Pcm:
    """The block, in place, where single samples that are far above all others are cut off.

    Sound as a whole may be past full scale, as floats and lossy codecs carry it.
    """
    if len(block) == 0 or max(-float(block.min()), float(block.max())) <= 1.0:
        return block
    loudness = np.abs(block)
    rank = max(0, len(block) - _LOUDEST_COUNT)
    level = min(max(1.0, float(np.partition(loudness, rank)[rank])), _DAMAGE_LEVEL)
    np.copysign(np.float32(level), block, out=block, where=loudness > _DAMAGE_FACTOR * level)
    return block


def sixteen_bit(pcm: Pcm) -> npt.NDArray[np.int16]:
    """The samples as whole numbers of 16 bits, the nearest; what is past full scale is cut off."""
    scaled = np.clip(np.rint(pcm * FULL_SCALE), -FULL_SCALE, FULL_SCALE - 1)
    return scaled.astype(np.int16)
