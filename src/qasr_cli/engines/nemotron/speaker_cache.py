"""What the model remembers of a recording so far: frames of each speaker, and the latest ones.

Its rules are the library's own; here it is made anew, copied and kept.
"""

import copy
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from transformers import Nemotron3DiarizationConfig, Nemotron3DiarizationSpeakerCache

_MEMORIES = ("embeds", "probs", "fifo")


def empty_cache(config: Nemotron3DiarizationConfig) -> Nemotron3DiarizationSpeakerCache:
    """That of a recording of which nothing was heard, with the sizes for whole recordings."""
    audio: Any = config.audio_config  # to mypy it may be a plain dict, as the next
    streaming: Any = config.streaming_config
    cache = Nemotron3DiarizationSpeakerCache(
        streaming,
        fifo_length=config.fifo_length,
        speaker_cache_update_period=config.speaker_cache_update_period,
    )
    cache.embeds = torch.zeros(1, cache.speaker_cache_length, audio.hidden_size)
    cache.probs = torch.zeros(1, cache.speaker_cache_length, cache.num_speakers)
    cache.fifo = torch.zeros(1, cache.fifo_length, audio.hidden_size)
    cache.is_initialized = True  # else it would ask torch's compiler for addresses that stay
    return cache


def copied(
    cache: Nemotron3DiarizationSpeakerCache, device: torch.device
) -> Nemotron3DiarizationSpeakerCache:
    """One like it on a device; a step that fails half-way leaves the first as it was."""
    other = copy.copy(cache)
    for name in _MEMORIES:
        setattr(other, name, getattr(cache, name).to(device, copy=True))
    return other


def bytes_from_cache(cache: Nemotron3DiarizationSpeakerCache, *, step_count: int) -> bytes:
    """What is in it, after so many steps."""
    numbers = (
        step_count,
        cache.num_cache_frames,
        cache.num_fifo_frames,
        int(cache.is_compressed),
    )
    memories = {name: getattr(cache, name).cpu().contiguous() for name in _MEMORIES}
    return bytes(save({**memories, "numbers": torch.tensor(numbers, dtype=torch.int64)}))


def cache_from_bytes(
    data: bytes, config: Nemotron3DiarizationConfig
) -> tuple[Nemotron3DiarizationSpeakerCache, int]:
    """The same in main memory, and the number of steps.

    Raises:
        ValueError: the bytes hold none, or one of another model.
    """
    try:
        found = load(data)
        step_count, cache_count, fifo_count, is_compressed = found["numbers"].tolist()
    except (SafetensorError, KeyError, ValueError) as error:
        raise ValueError("no memory of speakers") from error
    cache = empty_cache(config)
    for name in _MEMORIES:
        wanted = getattr(cache, name)
        kept = found.get(name)
        if kept is None or (kept.shape, kept.dtype) != (wanted.shape, wanted.dtype):
            raise ValueError("the memory of another model")
        setattr(cache, name, kept.clone())
    is_possible = 0 <= cache_count <= cache.speaker_cache_length
    if not is_possible or not 0 <= fifo_count <= cache.fifo_length or step_count < 0:
        raise ValueError("a memory of more than there is room for")
    cache.num_cache_frames, cache.num_fifo_frames = cache_count, fifo_count
    cache.is_compressed = bool(is_compressed)
    return cache, step_count
