"""Small checkpoints of Nemotron's diarizer: the library's own classes, other weights.

Random ones say arbitrary things, which depend on the sound alone. Others are set so that it hears
in which band a sound is: the "voices" of `voice_files`, also at once.
"""

from pathlib import Path
from typing import Any

import torch
from transformers import (
    Nemotron3DiarizationConfig,
    Nemotron3DiarizationForAudioFrameClassification,
    Nemotron3DiarizationProcessor,
    NemotronAsrStreamingFeatureExtractor,
)

from qasr_cli.checkpoints import catalog
from qasr_cli.core.timing import SAMPLE_RATE_HZ
from tests.voice_files import BANDS_HZ

_BIN_COUNT = 128
_STACKED_COUNT = 8
_SPREAD = 0.3  # of weights: enough that voices come and go


def small_config(**changed: int) -> Nemotron3DiarizationConfig:
    """The published shape made small: a step of 1.6 s, 0.32 s behind it, 24 remembered frames."""
    settings: dict[str, Any] = {
        "audio_config": {
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "num_mel_bins": _BIN_COUNT,
        },
        "head_config": {"hidden_size": 16, "audio_hidden_size": 32},
        "streaming_config": {"speaker_cache_length": 24},
        "chunk_length": 20,
        "chunk_right_context": 4,
        "fifo_length": 6,
        "speaker_cache_update_period": 15,
    }
    return Nemotron3DiarizationConfig(**(settings | changed))


def write_nemotron(folder: Path, *, seed: int = 0, **changed: int) -> Path:
    """A folder of models that holds one with random weights, as `qasr models pull` would put it."""
    model = _small_model(**changed)
    chance = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(std=_SPREAD, generator=chance)
        model.classifier.out_proj.weight.mul_(8)
    return _saved(folder, model)


def write_band_nemotron(folder: Path) -> Path:
    """The same with one that hears "low", "middle" and "high": its first three voices."""
    model = _small_model()
    hidden_size = model.config.audio_config.hidden_size
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "norm" not in name and "upsampler" not in name:
                parameter.zero_()  # so that all layers hand on what they are given
        projection = torch.zeros(hidden_size, _STACKED_COUNT, _BIN_COUNT)
        projection[:3] = _band_means()[:, None] / _STACKED_COUNT
        # The level of all bands, both ways, makes what differs by a little small.
        projection[3] = 1 / (_STACKED_COUNT * _BIN_COUNT)
        projection[4] = -projection[3]
        model.model.audio_tower.embedder.projection.weight.copy_(projection.flatten(1))
        for voice in range(3):
            model.model.proj.weight[voice, voice] = 1
            model.model.proj.weight[voice, 3] = -1
            model.classifier.dense.weight[voice, voice] = 1
            model.classifier.out_proj.weight[voice, voice] = 10
        model.classifier.out_proj.bias.fill_(-8)
    return _saved(folder, model)


def _band_means() -> torch.Tensor:
    """The share of each bin in the mean of each band."""
    extractor = _extractor()
    bins_hz = extractor.mel_filters.argmax(dim=1) * (SAMPLE_RATE_HZ / extractor.n_fft)
    bands = [(bins_hz > low_hz) & (bins_hz < high_hz) for low_hz, high_hz in BANDS_HZ.values()]
    return torch.stack([band / band.sum() for band in bands])


def _extractor() -> Any:  # noqa: ANN401  # the library has no types for it
    extractor: Any = NemotronAsrStreamingFeatureExtractor
    return extractor(feature_size=_BIN_COUNT)


def _small_model(**changed: int) -> Any:  # noqa: ANN401  # its parts are untyped
    return Nemotron3DiarizationForAudioFrameClassification(small_config(**changed))


def _saved(folder: Path, model: Any) -> Path:  # noqa: ANN401  # as it is made
    known = catalog.lookup(catalog.NEMOTRON)
    assert known is not None
    path = folder / known.repositories[0]
    path.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(path)
    processor: Any = Nemotron3DiarizationProcessor
    processor(_extractor()).save_pretrained(path)
    return path
