"""pydub, imported in one place, and conversions between its 16-bit segments and our samples.

pydub works on whole segments in memory, so it only ever gets bounded windows; `from_file` would
decode a whole file and is banned.
"""

import os
import warnings

import numpy as np

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.media.pcm import FULL_SCALE, Pcm, sixteen_bit

os.environ.setdefault("PATH", os.defpath)  # pydub looks into it at import, and needs it to be there

with warnings.catch_warnings():
    # At import: audioop's deprecation, and a search for an ffmpeg that we never let it call.
    warnings.simplefilter("ignore")
    from pydub import AudioSegment

MAX_WINDOW_SAMPLES = 20 * 60 * SAMPLE_RATE_HZ  # 38 MB as a segment


def segment_from_pcm(pcm: Pcm) -> AudioSegment:
    """A 16-bit mono segment of one window of sound."""
    if len(pcm) > MAX_WINDOW_SAMPLES:
        raise ValueError(f"{len(pcm)} samples are no bounded window")
    return AudioSegment(
        data=sixteen_bit(pcm).astype("<i2", copy=False).tobytes(),
        sample_width=2,
        frame_rate=SAMPLE_RATE_HZ,
        channels=1,
    )


def pcm_from_segment(segment: AudioSegment) -> Pcm:
    """The samples of a 16-bit mono segment."""
    samples = np.frombuffer(segment.raw_data, dtype="<i2")
    return samples.astype(np.float32) / np.float32(FULL_SCALE)
