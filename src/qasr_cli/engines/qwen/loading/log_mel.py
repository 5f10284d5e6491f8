"""Log-mel features of one clip: the numbers of the library's extractor, without its import."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.engines.qwen.loading.known_shape import UnknownShape

# Source: Slaney, "Auditory Toolbox": mels are even below 1 kHz, and even in its logarithm above.
_MEL_A_HZ = 3 / 200
_KNEE_HZ = 1000.0
_KNEE_MEL = 15.0
_MEL_A_LOG = 27.0 / np.log(6.4)
# Sound below this is as good as none.
_LEAST_POWER = 1e-10
# The loudest number is this many tenfolds above the least one that counts.
_RANGE = 8.0
# Settings that change what is computed, and what they have to be.
_ONLY = {
    "dither": 0.0,
    "feature_extractor_type": "Qwen3ASRFeatureExtractor",
    "padding_side": "right",
    "padding_value": 0.0,
    "sampling_rate": SAMPLE_RATE_HZ,
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LogMel:
    """Makes features of clips; as the library's extractor is called.

    Attributes:
        n_window: half the frames of a chunk.
        min_length: samples that a clip is padded to.
        window: shape (n_fft,).
        filters: shape (mel bins, frequencies).
    """

    n_window: int
    min_length: int
    hop_length: int
    n_fft: int
    window: torch.Tensor
    filters: torch.Tensor

    def __call__(
        self, sound: np.ndarray, /, *, sampling_rate: int, **_: object
    ) -> dict[str, torch.Tensor]:
        """`input_features`, shape (1, mel bins, frames), and `attention_mask`, shape (1, frames).

        Raises:
            ValueError: the sound has another rate.
        """
        if sampling_rate != SAMPLE_RATE_HZ:
            raise ValueError(f"features are made of sound at {SAMPLE_RATE_HZ} Hz")
        padded = np.pad(sound, (0, max(0, self.min_length - len(sound))))
        log_mel = self._log_mel(torch.from_numpy(np.ascontiguousarray(padded[None])))
        frame_count = log_mel.shape[-1]
        padding = -frame_count % (2 * self.n_window)
        mask = torch.ones(1, frame_count, dtype=torch.int32)
        return {
            "input_features": torch.nn.functional.pad(log_mel, (0, padding)),
            "attention_mask": torch.nn.functional.pad(mask, (0, padding)),
        }

    def _log_mel(self, sound: torch.Tensor) -> torch.Tensor:
        spectrum = torch.stft(
            sound.float(), self.n_fft, self.hop_length, window=self.window, return_complex=True
        )
        power = spectrum[..., :-1].abs() ** 2
        log_mel = (self.filters @ power).clamp(min=_LEAST_POWER).log10()
        log_mel = torch.maximum(log_mel, log_mel.max() - _RANGE)
        return (log_mel + 4.0) / 4.0


def log_mel_of(settings: dict[str, Any]) -> LogMel:
    """The features that the settings of a checkpoint's extractor describe.

    Raises:
        UnknownShape: it would compute something else.
    """
    for name, value in _ONLY.items():
        if settings.get(name, value) != value:
            raise UnknownShape(f"{name} {settings[name]}")
    n_fft = int(settings.get("n_fft", 400))
    filters = _mel_filters(1 + n_fft // 2, int(settings.get("feature_size", 128)))
    return LogMel(
        n_window=int(settings.get("n_window", 50)),
        min_length=int(settings.get("min_length", 8000)),
        hop_length=int(settings.get("hop_length", 160)),
        n_fft=n_fft,
        window=torch.hann_window(n_fft),
        # In memory as the library's, whose transpose it multiplies with: else sums differ.
        filters=torch.from_numpy(filters).float().T,
    )


def _mel_filters(frequency_count: int, mel_count: int) -> np.ndarray:
    """Triangles of equal area, shape (frequencies, mel bins), float64."""
    top_hz = SAMPLE_RATE_HZ / 2
    top_mel = _KNEE_MEL + np.log(top_hz / _KNEE_HZ) * _MEL_A_LOG
    mels = np.linspace(0.0, top_mel, mel_count + 2)
    above = _KNEE_HZ * np.exp((1 / _MEL_A_LOG) * (mels - _KNEE_MEL))
    corners_hz = np.where(mels >= _KNEE_MEL, above, mels / _MEL_A_HZ)
    widths_hz = np.diff(corners_hz)
    away_hz = corners_hz - np.linspace(0, top_hz, frequency_count)[:, None]
    rising, falling = -away_hz[:, :-2] / widths_hz[:-1], away_hz[:, 2:] / widths_hz[1:]
    filters: np.ndarray = np.maximum(0, np.minimum(rising, falling))
    return filters * (2.0 / (corners_hz[2:] - corners_hz[:-2]))
