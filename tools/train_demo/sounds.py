"""Sound without speech, and what rooms, lines and microphones do to speech."""

from typing import Any

import numpy as np
import numpy.typing as npt

from tools.demo_speech import SAMPLE_RATE_HZ, Pcm

_EQ_POINTS_HZ = (0, 400, 1000, 2200, 4500, 8000)
_EQ_MAX_DB = 7.0
_TELEPHONE_HZ = (3300, 5000)
_AUDIBLE = 1e-3
_FFT_BLOCK = 4096  # lengths that are multiples of it have small factors, which FFTs like


def digital_silence(rng: np.random.Generator, sample_count: int) -> Pcm:
    """Zeros, or a noise so low that 16 bits hardly hold it."""
    if rng.random() < 0.5:  # noqa: PLR2004  # a fair coin
        return np.zeros(sample_count, np.float32)
    return _float32(coloured_noise(rng, sample_count) * 10 ** rng.uniform(-5, -4))


def loud_noise(rng: np.random.Generator, sample_count: int) -> Pcm:
    """Noise from a quiet room's to a loud machine's."""
    return _float32(coloured_noise(rng, sample_count) * 10 ** rng.uniform(-3.5, -1))


def coloured_noise(rng: np.random.Generator, sample_count: int) -> Pcm:
    """Noise of effective value 1 between white and brown."""
    padded = _fft_length(sample_count)
    frequency = np.fft.rfftfreq(padded).astype(np.float32)
    frequency[0] = frequency[1]
    white = np.fft.rfft(rng.standard_normal(padded, dtype=np.float32))
    noise = np.fft.irfft(white * frequency ** np.float32(-rng.uniform(0, 1)), padded)[:sample_count]
    level: Pcm = (noise / (noise.std() + 1e-9)).astype(np.float32)
    return level


def tones(rng: np.random.Generator, sample_count: int) -> Pcm:
    """Music-like: chords of decaying or held notes with overtones, one after the other."""
    pcm = np.zeros(sample_count, np.float32)
    note_samples = int(rng.uniform(0.12, 1.2) * SAMPLE_RATE_HZ)
    decay = rng.choice([0.0, 1.0, 5.0])
    overtones = 1 / np.arange(1, int(rng.integers(2, 9))) ** rng.uniform(0.5, 2)
    for start in range(0, sample_count, note_samples):
        seconds = np.arange(min(note_samples, sample_count - start)) / SAMPLE_RATE_HZ
        for semitone in rng.integers(-24, 25, int(rng.integers(1, 4))):
            pitch_hz = 440.0 * 2 ** (semitone / 12)
            phase = 2 * np.pi * pitch_hz * seconds
            note = sum(
                level * np.sin(phase * (number + 1)) for number, level in enumerate(overtones)
            )
            pcm[start : start + len(seconds)] += note * np.exp(-decay * seconds)
    pcm *= 10 ** rng.uniform(-2, -0.1) / (np.abs(pcm).max() + 1e-9)
    return (pcm + coloured_noise(rng, sample_count) * 10 ** rng.uniform(-5, -3)).astype(np.float32)


def recorded(rng: np.random.Generator, pcm: Pcm, *, harsh: bool) -> Pcm:
    """Speech as a recording has it: its level and noise; if harsh, also its room and its line."""
    if harsh:
        pcm = _through_line(rng, pcm)
        pcm = _in_room(rng, pcm) if _chance(rng, 0.25) else pcm
    pcm = pcm * (rng.uniform(0.08, 0.95) / (np.abs(pcm).max() + 1e-6))
    if _chance(rng, 0.6 if harsh else 0.4):
        noise_db = rng.uniform(10, 40) if harsh else rng.uniform(20, 40)
        speech_rms = np.sqrt(np.sum(pcm**2) / max(1, (np.abs(pcm) > _AUDIBLE).sum()) + 1e-9)
        pcm = _float32(pcm + coloured_noise(rng, len(pcm)) * speech_rms * 10 ** (-noise_db / 20))
    return pcm


def _through_line(rng: np.random.Generator, pcm: Pcm) -> Pcm:
    """A tone control turned at random, and now and then a telephone's band."""
    padded = _fft_length(len(pcm))
    frequency_hz = np.linspace(0, SAMPLE_RATE_HZ / 2, padded // 2 + 1, dtype=np.float32)
    gain = np.ones(len(frequency_hz))
    if _chance(rng, 0.6):
        level_db = rng.uniform(-_EQ_MAX_DB, _EQ_MAX_DB, len(_EQ_POINTS_HZ))
        gain = 10 ** (np.interp(frequency_hz, _EQ_POINTS_HZ, level_db) / 20)
    if _chance(rng, 0.12):
        gain = gain * (frequency_hz < rng.uniform(*_TELEPHONE_HZ))
    shaped = np.fft.irfft(np.fft.rfft(pcm, padded) * gain, padded)[: len(pcm)]
    return shaped.astype(np.float32)


def _in_room(rng: np.random.Generator, pcm: Pcm) -> Pcm:
    echo_count = int(SAMPLE_RATE_HZ * rng.uniform(0.05, 0.25))
    # 6.9 nepers are the 60 dB that define a reverberation time.
    echoes = rng.standard_normal(echo_count) * np.exp(-6.9 * np.arange(echo_count) / echo_count)
    echoes *= rng.uniform(0.1, 0.5) / np.sqrt((echoes**2).sum())
    padded = _fft_length(len(pcm) + echo_count)
    wet = np.fft.irfft(np.fft.rfft(pcm, padded) * np.fft.rfft(echoes, padded), padded)
    return (pcm + wet[: len(pcm)]).astype(np.float32)


def _chance(rng: np.random.Generator, probability: float) -> bool:
    return bool(rng.random() < probability)


def _fft_length(sample_count: int) -> int:
    return -(-sample_count // _FFT_BLOCK) * _FFT_BLOCK


def _float32(sound: npt.NDArray[np.floating[Any]]) -> Pcm:
    """As every sound is kept: in [-1, 1]."""
    clipped: Pcm = np.clip(sound, -1, 1).astype(np.float32)
    return clipped
