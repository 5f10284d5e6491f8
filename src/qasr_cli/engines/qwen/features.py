"""Log-mel features, made for each clip alone, so that no clip depends on its neighbours.

A batch extracted in one go does: its mask gains a frame, its padding is the log-mel of silence in
place of zeros and bleeds through the convolutions, and the last frame mirrors the padding.
"""

from dataclasses import dataclass

import numpy as np
import torch
from transformers import Qwen3ASRFeatureExtractor

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.core.types import Clip
from qasr_cli.errors import RecognitionError


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PreparedClip:
    """A clip as both models take it.

    Attributes:
        mel: float32, CPU, shape (mel bins, frames), frames of 10 ms zero-padded to a whole number
            of the encoder's chunks.
        frame_count: frames that the clip has without the padding.
        audio_token_count: places that the clip takes in a prompt.
    """

    clip: Clip
    mel: torch.Tensor
    frame_count: int
    audio_token_count: int


def prepare(clip: Clip, extractor: Qwen3ASRFeatureExtractor) -> PreparedClip:
    """The clip with its features. A clip below 0.5 s is padded to that, as in training.

    Raises:
        RecognitionError: a sample is not finite; the models would answer with nonsense, silently.
    """
    if not np.isfinite(clip.pcm).all():
        raise RecognitionError(clip.clip_id, "its sound holds samples that are not finite")
    batch = extractor(
        clip.pcm, sampling_rate=SAMPLE_RATE_HZ, padding="longest", return_attention_mask=True
    )
    frame_count = int(batch["attention_mask"].sum())
    return PreparedClip(
        clip=clip,
        mel=batch["input_features"][0],
        frame_count=frame_count,
        audio_token_count=_audio_token_count(frame_count, 2 * extractor.n_window),
    )


def _audio_token_count(frame_count: int, chunk_frame_count: int) -> int:
    """Three convolutions of stride 2 halve each chunk of frames three times, rounding up."""
    chunk_count, rest_count = divmod(frame_count, chunk_frame_count)
    return chunk_count * -(-chunk_frame_count // 8) + -(-rest_count // 8)
