"""What the voice model hears of sound: Kaldi's log mel energies.

Source: `compute-fbank-feats` of Kaldi with 80 bins, frames of 25 ms every 10 ms, no dither, edges
snipped; the model's authors train with just that.
"""

import functools

import numpy as np
import numpy.typing as npt

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.media.pcm import Pcm

FRAME_SAMPLES = 400
HOP_SAMPLES = 160
BIN_COUNT = 80

_FFT_SIZE = 512
_LOWEST_HZ = 20.0
_PRE_EMPHASIS = 0.97
_POVEY_POWER = 0.85  # Kaldi's own window: Hann's to this power
_FRAMES_AT_ONCE = 256  # a frame takes 20 KB on the way, and a clip may be minutes without a pause


def log_mel_energies(pcm: Pcm) -> npt.NDArray[np.float32]:
    """The log energies of each frame, shape (frames, BIN_COUNT); none of less than one frame."""
    if len(pcm) < FRAME_SAMPLES:
        return np.zeros((0, BIN_COUNT), np.float32)
    # Kaldi counts in 16-bit steps; it matters where sound is so faint that the floor shows.
    samples = np.asarray(pcm, np.float32) * np.float32(1 << 15)
    frames = np.lib.stride_tricks.sliding_window_view(samples, FRAME_SAMPLES)[::HOP_SAMPLES]
    power = np.empty((len(frames), _FFT_SIZE // 2 + 1), np.float32)
    for first in range(0, len(frames), _FRAMES_AT_ONCE):
        some = slice(first, first + _FRAMES_AT_ONCE)
        power[some] = _power(frames[some])
    floor = np.finfo(np.float32).eps
    return np.asarray(np.log(np.maximum(power @ _mel_weights(), floor)), np.float32)


def _power(frames: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """The power of each frequency in each frame."""
    centred = frames - frames.mean(axis=1, keepdims=True)
    before = np.concatenate((centred[:, :1], centred[:, :-1]), axis=1)
    shaped = (centred - np.float32(_PRE_EMPHASIS) * before) * _window()
    return np.asarray(np.square(np.abs(np.fft.rfft(shaped, _FFT_SIZE, axis=1))))


@functools.cache
def _window() -> npt.NDArray[np.float32]:
    return np.asarray(np.power(np.hanning(FRAME_SAMPLES), _POVEY_POWER), np.float32)


@functools.cache
def _mel_weights() -> npt.NDArray[np.float32]:
    """The share of each frequency in each bin: triangles that are even on the mel scale."""
    frequencies_hz = np.arange(_FFT_SIZE // 2, dtype=np.float64) * (SAMPLE_RATE_HZ / _FFT_SIZE)
    place = _mel(frequencies_hz)[:, np.newaxis]
    lowest, highest = _mel(np.array([_LOWEST_HZ, SAMPLE_RATE_HZ / 2])).tolist()
    edges = np.linspace(lowest, highest, BIN_COUNT + 2)
    left, centre, right = edges[:-2], edges[1:-1], edges[2:]
    rising, falling = (place - left) / (centre - left), (right - place) / (right - centre)
    weights = np.maximum(0.0, np.minimum(rising, falling))
    # Kaldi leaves out the highest frequency.
    return np.concatenate((weights, np.zeros((1, BIN_COUNT)))).astype(np.float32)


def _mel(frequency_hz: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(1127.0 * np.log1p(frequency_hz / 700.0))
