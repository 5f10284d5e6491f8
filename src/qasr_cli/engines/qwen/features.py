"""Log-mel features, made for each clip alone, so that no clip depends on its neighbours.

A batch extracted in one go does: its mask gains a frame, its padding is the log-mel of silence in
place of zeros and bleeds through the convolutions, and the last frame mirrors the padding.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from qasr_cli.core.timing import SAMPLE_RATE_HZ


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Features:
    """Log-mel of one clip; serves the recogniser and the aligner alike.

    Attributes:
        mel: float32, CPU, shape (mel bins, frames), frames of 10 ms zero-padded to a whole number
            of the encoder's chunks.
        mask: int32, shape (frames,): 1 where the clip is, 0 in the padding.
        audio_token_count: places that the clip takes in a prompt.
    """

    mel: torch.Tensor
    mask: torch.Tensor
    audio_token_count: int


def extract(extractor: Any, pcm: npt.NDArray[np.float32]) -> Features:  # noqa: ANN401  # untyped
    """Features of one clip.

    Args:
        extractor: a `Qwen3ASRFeatureExtractor`.
        pcm: float32, mono, 16 kHz, finite; at least one sample. Below 0.5 s it is padded to that.
    """
    batch = extractor(
        pcm, sampling_rate=SAMPLE_RATE_HZ, padding="longest", return_attention_mask=True
    )
    mask = batch["attention_mask"][0].to(torch.int32)
    return Features(
        mel=batch["input_features"][0],
        mask=mask,
        audio_token_count=_audio_token_count(int(mask.sum()), 2 * extractor.n_window),
    )


def collate(clips: Sequence[Features]) -> dict[str, torch.Tensor]:
    """`input_features` and `input_features_mask` of a batch, zero-padded on the right."""
    frame_count = max(clip.mel.shape[1] for clip in clips)
    mel = torch.zeros(len(clips), clips[0].mel.shape[0], frame_count)
    mask = torch.zeros(len(clips), frame_count, dtype=torch.int32)
    for row, clip in enumerate(clips):
        mel[row, :, : clip.mel.shape[1]] = clip.mel
        mask[row, : clip.mask.shape[0]] = clip.mask
    return {"input_features": mel, "input_features_mask": mask}


def _audio_token_count(frame_count: int, chunk_frame_count: int) -> int:
    """Three convolutions of stride 2 halve each chunk of frames three times, rounding up."""
    chunk_count, rest_count = divmod(frame_count, chunk_frame_count)
    return chunk_count * -(-chunk_frame_count // 8) + -(-rest_count // 8)
