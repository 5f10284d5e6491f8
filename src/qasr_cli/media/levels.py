"""Measures how loud a stream of sound is while it passes."""

from array import array
from collections.abc import Iterable, Iterator

import numpy as np

from qasr_cli.core.timing import samples_from_ms
from qasr_cli.core.transcript.channels import LEVEL_MS
from qasr_cli.media.pcm import Pcm

_FRAME_SAMPLES = samples_from_ms(LEVEL_MS)


def noted_levels(blocks: Iterable[Pcm], levels: "array[float]") -> Iterator[Pcm]:
    """The same blocks; the mean square of every `LEVEL_MS` is added to `levels` as they pass.

    Args:
        blocks: all but the last of them whole frames.
    """
    for block in blocks:
        frames = np.pad(block, (0, -len(block) % _FRAME_SAMPLES)).reshape(-1, _FRAME_SAMPLES)
        levels.extend(np.mean(np.square(frames), axis=1).tolist())
        yield block
