"""Sound as qasr carries it: float32, mono, 16 kHz, in [-1, 1]. The array type, nothing else."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Pcm: TypeAlias = npt.NDArray[np.float32]
