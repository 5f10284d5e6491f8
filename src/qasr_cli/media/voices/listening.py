"""From a clip to how the voices in it sound: windows over its speech, and their vectors.

Depends on the sound of the clip alone, so who hears it again, or finds it kept, has the same.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from qasr_cli.core.timing import ms_from_samples, samples_from_ms
from qasr_cli.core.types import Clip, Span
from qasr_cli.core.voice_types import VECTOR_SIZE, HeardVoices
from qasr_cli.media.voices.features import FRAME_SAMPLES, HOP_SAMPLES, log_mel_energies
from qasr_cli.media.voices.model import VoiceModel

_WINDOW_SAMPLES = samples_from_ms(1500)
_SHIFT_SAMPLES = samples_from_ms(750)
# A pause this short parts no voices, and a window may stretch over it.
_JOIN_SAMPLES = samples_from_ms(200)
# Less holds too few sounds to tell a voice by.
_LEAST_SAMPLES = samples_from_ms(500)


def voices_of(clip: Clip, model: VoiceModel) -> HeardVoices:
    """How the voices in a clip sound, stretch by stretch of its speech."""
    stretches: list[tuple[int, int]] = []
    windows: list[npt.NDArray[np.float32]] = []
    told: list[int] = []
    for region in _regions(clip):
        energies = log_mel_energies(_sound(clip, region))
        for window, stretch in _windows(region):
            if window.sample_count >= _LEAST_SAMPLES:
                told.append(len(stretches))
                windows.append(_frames(energies, window, region))
            stretches.append(
                (ms_from_samples(stretch.start_sample), ms_from_samples(stretch.end_sample))
            )
    vectors = np.zeros((len(stretches), VECTOR_SIZE), np.float32)
    if windows:
        vectors[told] = model.vectors_of(windows)
    return HeardVoices.of(stretches, vectors.astype("<f2").tobytes())


def _regions(clip: Clip) -> Iterator[Span]:
    """Its speech, without the short pauses; all of it where nobody looked for speech."""
    speech: Sequence[Span] = (clip.span,) if clip.speech is None else clip.speech
    joined: Span | None = None
    for region in speech:
        if joined is None:
            joined = region
        elif region.start_sample - joined.end_sample < _JOIN_SAMPLES:
            joined = Span(start_sample=joined.start_sample, end_sample=region.end_sample)
        else:
            yield joined
            joined = region
    if joined is not None:
        yield joined


def _windows(region: Span) -> Iterator[tuple[Span, Span]]:
    """Each window of a region, and the stretch in its middle that its vector speaks for."""
    last = max(region.start_sample, region.end_sample - _WINDOW_SAMPLES)
    starts = [*range(region.start_sample, last, _SHIFT_SAMPLES), last]
    spans = [
        Span(start_sample=start, end_sample=min(start + _WINDOW_SAMPLES, region.end_sample))
        for start in starts
    ]
    middles = [(span.start_sample + span.end_sample) // 2 for span in spans]
    between = [(left + right) // 2 for left, right in pairwise(middles)]
    edges = [region.start_sample, *between, region.end_sample]
    for span, (start_sample, end_sample) in zip(spans, pairwise(edges), strict=True):
        yield span, Span(start_sample=start_sample, end_sample=end_sample)


def _sound(clip: Clip, region: Span) -> npt.NDArray[np.float32]:
    offset = clip.span.start_sample
    return clip.pcm[region.start_sample - offset : region.end_sample - offset]


def _frames(
    energies: npt.NDArray[np.float32], window: Span, region: Span
) -> npt.NDArray[np.float32]:
    count = 1 + (window.sample_count - FRAME_SAMPLES) // HOP_SAMPLES
    first = (window.start_sample - region.start_sample) // HOP_SAMPLES
    first = max(0, min(first, len(energies) - count))
    return energies[first : first + count]
