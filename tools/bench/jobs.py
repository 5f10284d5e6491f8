"""What `bench_engine` has every system do. Imports neither qasr nor the other systems."""

from collections.abc import Sequence
from typing import Any

import numpy as np

SAMPLE_RATE_HZ = 16_000
TOKENS_A_S = 4
WORDS_A_S = 2.5
WORD = "the "  # one that the demo tokenizer knows

# Its fields are those of `job_of`; a system's settings are one, too.
Job = dict[str, Any]


def job_of(kind: str, clip_count: int, clip_s: int, at_once: int) -> Job:
    """The recognition or alignment of clips of one length, `at_once` at a time."""
    return {
        "what": kind,
        "clip_s": [clip_s] * clip_count,
        "tokens": [clip_s * TOKENS_A_S] * clip_count,
        "words": [round(clip_s * WORDS_A_S)] * clip_count,
        "batch": at_once,
    }


def noise(clip_s: int, seed: int) -> np.ndarray:
    """Noise with an envelope like that of speech, float32, shape (samples,).

    Numbers decide no kernel here, but may decide how much power it takes.
    """
    chance = np.random.default_rng(seed)
    envelope = np.abs(np.interp(np.arange(clip_s * SAMPLE_RATE_HZ) / 4000, *_bumps(chance, clip_s)))
    sound: np.ndarray = (0.1 * envelope * chance.normal(size=len(envelope))).astype(np.float32)
    return sound


def _bumps(chance: np.random.Generator, clip_s: int) -> tuple[np.ndarray, np.ndarray]:
    places = np.arange(4 * clip_s + 1)
    return places, chance.normal(size=len(places))


def batch_of(size: int, first: int, *lists: Sequence[Any]) -> list[Sequence[Any]]:
    """The items of a batch that begins at `first`, of each list."""
    return [items[first : first + size] for items in lists]
