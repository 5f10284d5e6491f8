"""The outline of a recording, for pictures of it."""

import os

import numpy as np

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.media.decoding.decode import Decoder
from qasr_cli.media.decoding.probe import probe
from qasr_cli.media.decoding.tracks import choose_track
from qasr_cli.media.pcm import Pcm
from qasr_cli.media.source import open_source
from qasr_cli.options import DecodeOptions

_FRAME_SAMPLES = SAMPLE_RATE_HZ // 100


def peaks_of(path: str, *, decode: DecodeOptions, column_count: int) -> bytes:
    """The loudest sample of each of so many equal parts of a recording, as 0 to 255.

    Fewer columns where the recording has fewer hundredths of a second; none where it is empty.

    Raises:
        InputError: it cannot be read or decoded.
    """
    fd = open_source(path)
    try:
        found = probe(fd, path=path)
        decoder = Decoder(
            fd,
            path=path,
            found=found,
            track=choose_track(found, decode.audio_track, path=path),
            max_duration_s=decode.max_duration_s,
        )
        frames = [_frame_peaks(block) for block in decoder.blocks()]
    finally:
        os.close(fd)
    if not frames:
        return b""
    peaks = np.concatenate(frames)
    firsts = np.linspace(0, len(peaks), min(column_count, len(peaks)), endpoint=False).astype(int)
    columns = np.maximum.reduceat(peaks, firsts)
    return bytes(np.round(columns * 255).astype(np.uint8))


def _frame_peaks(block: Pcm) -> Pcm:
    padded = np.pad(np.abs(block), (0, -len(block) % _FRAME_SAMPLES))
    peaks: Pcm = padded.reshape(-1, _FRAME_SAMPLES).max(axis=1)
    return peaks
