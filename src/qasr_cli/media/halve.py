"""Cuts a clip in two, in a pause or where it is quietest. No sample is lost."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from qasr_cli.core.timing import SAMPLES_PER_MS, samples_from_ms
from qasr_cli.core.types import Clip, Span
from qasr_cli.media.quiet import quietest_index

# A second has too little around it to be understood, so nothing shorter is made.
_SHORTEST_SAMPLES = samples_from_ms(1000)


def halved(clip: Clip) -> tuple[Clip, Clip] | None:
    """The clip in two, or None where it is too short.

    Cut in the longest pause of its middle half, else at the quietest place there.
    """
    quarter = clip.span.sample_count // 4
    margin = max(quarter, _SHORTEST_SAMPLES)
    earliest, latest = clip.span.start_sample + margin, clip.span.end_sample - margin
    if earliest > latest:
        return None
    cut_sample = _middle_of_pause(clip.speech or (), earliest, latest)
    if cut_sample is None:
        offset = clip.span.start_sample
        cut_sample = offset + quietest_index(clip.pcm, earliest - offset, latest - offset)
    cut_sample -= cut_sample % SAMPLES_PER_MS
    if not clip.span.start_sample < cut_sample < clip.span.end_sample:
        return None
    return (
        _piece(clip, clip.span.start_sample, cut_sample),
        _piece(clip, cut_sample, clip.span.end_sample),
    )


def _middle_of_pause(speech: Sequence[Span], earliest: int, latest: int) -> int | None:
    pauses = [
        (right.start_sample - left.end_sample, (right.start_sample + left.end_sample) // 2)
        for left, right in pairwise(speech)
    ]
    in_reach = [pause for pause in pauses if earliest <= pause[1] <= latest]
    return max(in_reach)[1] if in_reach else None


def _piece(clip: Clip, start_sample: int, end_sample: int) -> Clip:
    first, last = start_sample - clip.span.start_sample, end_sample - clip.span.start_sample
    return replace(
        clip,
        clip_id=f"{clip.clip_id.rpartition('/')[0]}/{start_sample}-{end_sample}",
        span=Span(start_sample=start_sample, end_sample=end_sample),
        pcm=clip.pcm[first:last],
        speech=None if clip.speech is None else _inside(clip.speech, start_sample, end_sample),
        draft=(),  # it began as the whole does
    )


def _inside(speech: Sequence[Span], start_sample: int, end_sample: int) -> tuple[Span, ...]:
    edges = (
        (max(region.start_sample, start_sample), min(region.end_sample, end_sample))
        for region in speech
    )
    return tuple(Span(start_sample=first, end_sample=last) for first, last in edges if first < last)
