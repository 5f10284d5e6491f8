"""High-pass and peak level of sound before it is recognised, by pydub, and clips as WAV files.

Gain is set clip by clip, after the split: a clip is what the models see as one, so nothing that
belongs together can hear the gain jump, and no window's edge falls inside a sentence. One gain for
a whole file would need the file twice.
"""

import hashlib
import io
import math
import os
from collections.abc import Iterable, Iterator

import numpy as np
import soundfile

from qasr_cli.core.full_scale import within_full_scale
from qasr_cli.core.timing import SAMPLE_RATE_HZ, ms_from_samples
from qasr_cli.core.types import Clip, MediaFile
from qasr_cli.media.pcm import Pcm, sixteen_bit
from qasr_cli.media.pydub_bridge import pcm_from_segment, segment_from_pcm
from qasr_cli.storage.files import Writer, sha256_of_file
from qasr_cli.storage.name_limits import name_limit_of
from qasr_cli.storage.temporaries import owner_of_process

_MAX_GAIN_DB = 30.0  # a clip below -30 dBFS is mostly noise; full scale would make it a roar


def without_rumble(blocks: Iterable[Pcm], *, cutoff_hz: int) -> Iterator[Pcm]:
    """The blocks without what lies below a frequency (first-order high-pass).

    The filter starts each block afresh, on as much of what came before as it takes to forget that
    it did: until less than one 16-bit step is left.
    """
    kept_per_sample = 1 / (1 + 2 * math.pi * cutoff_hz / SAMPLE_RATE_HZ)  # as pydub computes it
    context_count = math.ceil(16 * math.log(2) / -math.log(kept_per_sample))
    context = np.zeros(0, np.float32)
    for block in blocks:
        window = np.concatenate((context, block))
        # pydub cuts off what is past 1, and the filter may double what jumps.
        peak = float(np.abs(window).max(initial=0.0))
        scale = np.float32(1.0 if peak <= 1.0 else 2 * peak)
        filtered = pcm_from_segment(segment_from_pcm(window / scale).high_pass_filter(cutoff_hz))
        yield filtered[len(context) :] * scale
        context = window[-context_count:]


def normalized(pcm: Pcm, *, peak_dbfs: float) -> Pcm:
    """One clip with its peak at a level, by at most 30 dB louder. Silence stays silence."""
    pcm = within_full_scale(pcm)
    gain_db = min(peak_dbfs - segment_from_pcm(pcm).max_dBFS, _MAX_GAIN_DB)
    louder = pcm * np.float32(10 ** (gain_db / 20))
    return np.clip(louder, -1.0, 1.0, out=louder)


def export_clip(clip: Clip, *, media: MediaFile, folder: str, overwrite: bool = False) -> str:
    """Path of the 16-bit WAV that now holds a clip: `<file>.<start>-<end>.wav`, times in ms.

    Where channels are apart, the clip's stands before them. The folder mirrors the walked tree. A
    file named by hand lies at its top.

    Raises:
        OutputExists: something else stands there, and is left as it is without `overwrite`.
        OutputError, OutputRefused: it cannot be written.
    """
    relative = media.relative_path
    if os.path.isabs(relative) or ".." in relative.split("/"):
        relative = os.path.basename(relative)
    start_ms = ms_from_samples(clip.span.start_sample)
    end_ms = ms_from_samples(clip.span.end_sample)
    channel = "" if clip.channel is None else f".{clip.channel}"
    below, name = os.path.split(relative)
    place = os.path.join(folder, below)
    ending = f"{channel}.{start_ms:09d}-{end_ms:09d}.wav"
    path = os.path.join(place, name_limit_of(place, name).fitted(name, ending))
    data = _wav_of(within_full_scale(clip.pcm))
    writer = Writer(owner=owner_of_process())
    if overwrite:
        writer.write(path, data)
    # Else an earlier try or run has kept it; the first releases cut off what is past full scale.
    elif not (_holds(path, data) or _holds(path, _wav_of(clip.pcm))):
        writer.write_output(path, data, of=media.path)
    return path


def _wav_of(pcm: Pcm) -> bytes:
    with io.BytesIO() as wav:
        soundfile.write(wav, sixteen_bit(pcm), SAMPLE_RATE_HZ, format="WAV", subtype="PCM_16")
        return wav.getvalue()


def _holds(path: str, data: bytes) -> bool:
    try:
        return sha256_of_file(path) == hashlib.sha256(data).hexdigest()
    except OSError:
        return False  # absent, or nothing of ours
