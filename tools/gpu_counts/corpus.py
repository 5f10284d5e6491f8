"""The clips of a window that is counted, and how much is said in each; they have no sound."""

import random
from collections.abc import Iterator, Sequence
from statistics import NormalDist
from typing import Any

import numpy as np
import torch

from qasr_cli.core.types import Clip, Span
from tools.bench.jobs import SAMPLE_RATE_HZ, WORD, WORDS_A_S
from tools.gpu_counts.sources import part

CLIP_S = 30
# Tokens of an answer: of "language English<asr_text>", and of the speech. Not two clips are equally
# dense, and the longest answer of a batch is what it waits for.
_HEADER_COUNT = 3
_DENSITY = NormalDist(4.0, 1.2)  # tokens a second; estimates
_MOST_A_S = 7.0
_SHORTEST_S = 2.0
_FRAMES_A_S = 100
_MEL_COUNT = 128


def full_clips(count: int) -> list[int]:
    """Lengths in samples: all as long as clips become by default."""
    return [CLIP_S * SAMPLE_RATE_HZ] * count


def mixed_clips(total_s: int) -> list[int]:
    """Lengths in samples of clips of any length that together reach that time."""
    chance = random.Random(0)  # noqa: S311  # no secret
    lengths: list[int] = []
    while sum(lengths) < total_s * SAMPLE_RATE_HZ:
        lengths.append(round(chance.uniform(_SHORTEST_S, CLIP_S) * SAMPLE_RATE_HZ))
    return lengths


def token_counts(sample_counts: Sequence[int]) -> list[int]:
    """Tokens of the answer to each clip: evenly drawn from how densely people speak."""
    shares = [(number + 0.5) / len(sample_counts) for number in range(len(sample_counts))]
    random.Random(1).shuffle(shares)  # noqa: S311  # no secret
    return [
        _HEADER_COUNT + round(count / SAMPLE_RATE_HZ * min(max(density, 0.0), _MOST_A_S))
        for count, density in zip(sample_counts, map(_DENSITY.inv_cdf, shares), strict=True)
    ]


def prepared(sample_counts: Sequence[int]) -> Iterator[Any]:
    """Clips with features that have a shape alone."""
    features = part("features")
    start_sample = 0
    for number, count in enumerate(sample_counts):
        span = Span(start_sample=start_sample, end_sample=start_sample + count)
        start_sample += count
        frame_count = -(-count * _FRAMES_A_S // SAMPLE_RATE_HZ)
        padded_count = frame_count + -frame_count % _FRAMES_A_S
        sound = np.broadcast_to(np.float32(0), count)
        clip = Clip(clip_id=f"none/{number}", span=span, language=None, pcm=sound)
        yield features.PreparedClip(
            clip=clip,
            mel=torch.empty(_MEL_COUNT, padded_count, device="meta"),
            frame_count=frame_count,
            audio_token_count=features._audio_token_count(frame_count, _FRAMES_A_S),  # noqa: SLF001
        )


def words_for(sample_count: int) -> str:
    """What is said in a clip, for the aligner."""
    return WORD * max(1, round(sample_count / SAMPLE_RATE_HZ * WORDS_A_S))
