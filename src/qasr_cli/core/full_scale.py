"""Sound past full scale, as floats and lossy codecs carry it, brought back to what models know."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


def within_full_scale(pcm: "npt.NDArray[np.float32]") -> "npt.NDArray[np.float32]":
    """The same sound in [-1, 1]: divided by its peak where that is past full scale.

    So the models were trained: cut off, loud speech would sound as if through a broken microphone.
    """
    if pcm.size == 0:
        return pcm
    peak = max(-float(pcm.min()), float(pcm.max()))
    return pcm if peak <= 1.0 else (pcm / peak).clip(-1.0, 1.0)
