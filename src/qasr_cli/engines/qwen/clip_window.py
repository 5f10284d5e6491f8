"""How many clips are taken ahead, so that batches can hold clips of similar lengths."""

from collections.abc import Iterable

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.core.types import Clip

# Enough for even batches; little enough to hear soon from every file, and to hold in memory:
# ten minutes of sound are 38 MB.
_BATCH_COUNT = 4
_CLIP_COUNT = 32
_SAMPLE_COUNT = 600 * SAMPLE_RATE_HZ
# But a batch of the longest clips there are by default, whatever they hold.
_SAMPLES_A_CLIP = 30 * SAMPLE_RATE_HZ


def next_window(clips: Iterable[Clip], batch_count: int) -> list[Clip]:
    """The next clips, as many as a window holds; takes no clip that it does not return.

    Args:
        batch_count: clips a batch.
    """
    most_samples = max(_SAMPLE_COUNT, batch_count * _SAMPLES_A_CLIP)
    window: list[Clip] = []
    sample_count = 0
    for clip in clips:
        window.append(clip)
        sample_count += clip.span.sample_count
        is_full = len(window) >= max(_CLIP_COUNT, _BATCH_COUNT * batch_count)
        if is_full or sample_count >= most_samples:
            break
    return window
