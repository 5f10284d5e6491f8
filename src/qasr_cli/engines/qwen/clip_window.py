"""How many clips are taken ahead, so that batches can hold clips of similar lengths."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.core.types import Clip
from qasr_cli.engines.memory import available_bytes

# Enough for even batches; little enough to hear soon from every file, and to hold in memory:
# ten minutes of sound are 38 MB.
_BATCH_COUNT = 4
_CLIP_COUNT = 32
_SAMPLE_COUNT = 600 * SAMPLE_RATE_HZ
# But a batch of the longest clips there are by default, whatever they hold.
_SAMPLES_A_CLIP = 30 * SAMPLE_RATE_HZ
# Sound and features of a clip, which wait in main memory: 4 bytes a sample, and 128 numbers of 4
# bytes each 10 ms. A window may take one part in so many of what is free.
_SAMPLE_BYTES = 4 + 128 * 4 * 100 / SAMPLE_RATE_HZ
_FREE_SHARE = 8

# Batches of the longest clips in a window of a GPU: rows that end are filled from it.
_FULL_BATCHES_OF_GPU = 4
# Sound in a window of a GPU for which both models are loaded: that takes it some seconds.
_TURN_OF_GPU_S = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowSize:
    """How much a window holds; it ends with the clip that reaches either.

    Attributes:
        sample_count: of all its clips.
    """

    clip_count: int
    sample_count: int


def window_size(
    batch_count: int, *, full_batch_count: int = 1, least_s: int = 0, free_bytes: int | None = None
) -> WindowSize:
    """The size that suits batches.

    Args:
        batch_count: clips a batch.
        full_batch_count: batches of the longest clips that a window holds: rows that end early
            are filled from it, so that no batch runs half empty.
        least_s: sound that it holds in any case, where loading models for it takes long.
        free_bytes: main memory that it must not exhaust; None = not known.
    """
    sample_count = max(
        _SAMPLE_COUNT,
        full_batch_count * batch_count * _SAMPLES_A_CLIP,
        least_s * SAMPLE_RATE_HZ,
    )
    if free_bytes is not None:
        fitting_count = int(free_bytes / _FREE_SHARE / _SAMPLE_BYTES)
        sample_count = max(_SAMPLE_COUNT, min(sample_count, fitting_count))
    return WindowSize(
        # A clip of speech lasts a second or more.
        clip_count=max(_CLIP_COUNT, _BATCH_COUNT * batch_count, least_s),
        sample_count=sample_count,
    )


def size_for(kind: str, batch_count: int, *, takes_turns: bool) -> WindowSize:
    """The size that suits a kind of device, as main memory is now.

    Args:
        kind: "cpu" or "cuda".
        takes_turns: both models are loaded anew for every window.
    """
    if kind == "cpu":
        return window_size(batch_count)
    return window_size(
        batch_count,
        full_batch_count=_FULL_BATCHES_OF_GPU,
        least_s=_TURN_OF_GPU_S if takes_turns else 0,
        free_bytes=available_bytes(),
    )


def taken(clips: Iterable[Clip], size: WindowSize) -> Iterator[Clip]:
    """The clips of one window; takes no clip that it does not give."""
    sample_count = 0
    for clip_count, clip in enumerate(clips, start=1):
        sample_count += clip.span.sample_count
        yield clip
        if clip_count >= size.clip_count or sample_count >= size.sample_count:
            return
