"""The model with its features, in memory: a step of sound to likelihoods of voices.

Classes are the library's, with weights that were checked. It runs in float32, as published; its
answers go to a threshold, and it is small.
"""

import logging
import threading
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from transformers import (
    Nemotron3DiarizationForAudioFrameClassification,
    Nemotron3DiarizationProcessor,
    Nemotron3DiarizationSpeakerCache,
)

from qasr_cli.checkpoints import layout
from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.engines import pretrained
from qasr_cli.engines.nemotron import speaker_cache
from qasr_cli.engines.own_threads import limit_here
from qasr_cli.engines.qwen.device import free_memory, is_lost, is_out_of_memory, made_current
from qasr_cli.errors import DeviceLost, ModelLoadError

_log = logging.getLogger(__name__)


class NemotronModel:
    """A loaded model; several threads may use it, one step at a time.

    Args:
        path: the folder of its checkpoint.
        thread_count: threads of the CPU for a step there: recognisers need the others.

    Attributes:
        extractor: makes features of sound.
    """

    def __init__(self, path: Path, device: torch.device, *, thread_count: int = 1) -> None:
        layout.require_role(path, "diarizer")
        with pretrained.reading(path):
            processor = Nemotron3DiarizationProcessor.from_pretrained(
                path, local_files_only=True, trust_remote_code=False
            )
            self._model: Any = pretrained.whole_model(
                Nemotron3DiarizationForAudioFrameClassification, path, dtype=torch.float32
            )
        self.extractor: Any = processor.feature_extractor
        self._check(path)
        self._turn = threading.Lock()
        self._thread_count = thread_count
        self._device = device
        try:
            self._model.to(device)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            self._leave_device()

    @property
    def config(self) -> Any:  # noqa: ANN401  # to mypy its groups may be plain dicts
        """Its shapes: a `Nemotron3DiarizationConfig`."""
        return self._model.config

    def empty_cache(self) -> Nemotron3DiarizationSpeakerCache:
        """What it remembers of a recording of which nothing was heard."""
        return speaker_cache.empty_cache(self.config)

    def step(
        self,
        features: torch.Tensor,
        cache: Nemotron3DiarizationSpeakerCache,
        *,
        back_count: int,
        ahead_count: int,
    ) -> tuple[npt.NDArray[np.float32], Nemotron3DiarizationSpeakerCache]:
        """How likely each voice speaks in each frame, and what to remember from then on.

        Args:
            back_count, ahead_count: encoder frames at either end that are only listened to.

        Raises:
            MemoryError: main memory does not suffice.
            DeviceLost: the device takes no more work from this process.
        """
        with self._turn:
            try:
                return self._step(features, cache, back_count, ahead_count)
            except Exception as error:
                if is_lost(self._device):
                    raise DeviceLost(str(self._device), str(error).partition("\n")[0]) from error
                if not is_out_of_memory(error):
                    raise
                if self._device.type == "cpu":
                    raise MemoryError from error
            self._leave_device()
            return self._step(features, cache, back_count, ahead_count)

    def _step(
        self,
        features: torch.Tensor,
        cache: Nemotron3DiarizationSpeakerCache,
        back_count: int,
        ahead_count: int,
    ) -> tuple[npt.NDArray[np.float32], Nemotron3DiarizationSpeakerCache]:
        limit_here(self._thread_count)
        with torch.inference_mode(), made_current(self._device):
            following = speaker_cache.copied(cache, self._device)
            output = self._model(
                features.to(self._device),
                speaker_cache=following,
                num_lookahead_frames=ahead_count,
                num_lookback_frames=back_count,
            )
            likelihoods = output.logits[0].float().sigmoid().cpu().numpy()
        return np.asarray(likelihoods, np.float32), following

    def _leave_device(self) -> None:
        _log.warning(
            "%s has no room for the model that tells voices apart; the CPU does that", self._device
        )
        self._device = torch.device("cpu")
        self._model.to(self._device)
        free_memory()

    def _check(self, path: Path) -> None:
        config, extractor = self.config, self.extractor
        rate_hz = extractor.sampling_rate
        if rate_hz != SAMPLE_RATE_HZ:
            raise ModelLoadError(str(path), f"hears sound at {rate_hz} Hz, not {SAMPLE_RATE_HZ}")
        if extractor.feature_size != config.audio_config.num_mel_bins:
            raise ModelLoadError(
                str(path),
                f"its processor gives {extractor.feature_size} features a frame, and the model "
                f"takes {config.audio_config.num_mel_bins}",
            )
