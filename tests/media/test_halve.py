"""Clips are cut in two where it harms least, and lose nothing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.core.timing import SAMPLE_RATE_HZ, SAMPLES_PER_MS, samples_from_ms
from qasr_cli.core.types import Clip, Span
from qasr_cli.media.halve import halved
from tests.strategies import span_of


def clip_of(
    duration_ms: int, *speech_ms: tuple[int, int], start_ms: int = 0, quiet_ms: int | None = None
) -> Clip:
    """Loud sound with these regions of speech, and perhaps a quiet 100 ms somewhere."""
    span = span_of(start_ms, start_ms + duration_ms)
    pcm = np.full(span.sample_count, 0.5, np.float32)
    if quiet_ms is not None:
        pcm[samples_from_ms(quiet_ms - 50) : samples_from_ms(quiet_ms + 50)] = 0.0
    return Clip(
        clip_id=f"in/talk.wav/{span.start_sample}-{span.end_sample}",
        span=span,
        language="English",
        pcm=pcm,
        speech=tuple(span_of(start_ms + first, start_ms + last) for first, last in speech_ms),
    )


def cut_ms(clip: Clip) -> int | None:
    """Where it is cut, from its start; None where it is not."""
    pieces = halved(clip)
    return None if pieces is None else (pieces[1].span.start_sample - clip.span.start_sample) // 16


@pytest.mark.parametrize(
    ("speech_ms", "expected"),
    [
        (((0, 4000), (4400, 6000), (7000, 10_000)), 6500),
        (((0, 1000), (3000, 5000), (5200, 10_000)), 5100),
        (((0, 10_000),), 3300),
        ((), 3300),
    ],
    ids=["longest pause", "only in the middle half", "no pause", "no speech"],
)
def test_the_cut_lies_in_a_pause(speech_ms: tuple[tuple[int, int], ...], expected: int) -> None:
    """The longest pause of the middle half is cut through, else its quietest place."""
    clip = clip_of(10_000, *speech_ms, start_ms=7000, quiet_ms=3300)

    assert cut_ms(clip) == expected


@pytest.mark.parametrize(("duration_ms", "is_cut"), [(1, False), (1999, False), (2000, True)])
def test_what_is_too_short_is_left_whole(duration_ms: int, *, is_cut: bool) -> None:
    """No piece is shorter than a second."""
    assert (cut_ms(clip_of(duration_ms)) is not None) is is_cut


@st.composite
def clips(draw: st.DrawFn) -> Clip:
    """Clips of up to 40 s, anywhere in a file, also off the whole millisecond."""
    count = draw(st.integers(1, 40 * SAMPLE_RATE_HZ))
    start_sample = draw(st.integers(0, 10**9))
    edges = sorted(draw(st.sets(st.integers(0, count), max_size=12)))
    return Clip(
        clip_id=f"f/{start_sample}-{start_sample + count}",
        span=Span(start_sample=start_sample, end_sample=start_sample + count),
        language=None,
        pcm=np.random.default_rng(count).uniform(-1, 1, count).astype(np.float32),
        speech=tuple(
            Span(start_sample=start_sample + first, end_sample=start_sample + last)
            for first, last in zip(edges[::2], edges[1::2], strict=False)
        ),
    )


@given(clips())
def test_the_pieces_are_the_clip(clip: Clip) -> None:
    """Samples and speech lie in exactly one piece each, in order, and both pieces are long."""
    pieces = halved(clip)
    if pieces is None:
        assert clip.span.sample_count < 2 * SAMPLE_RATE_HZ + SAMPLES_PER_MS
        return
    left, right = pieces

    assert left.span.start_sample == clip.span.start_sample
    assert left.span.end_sample == right.span.start_sample
    assert right.span.end_sample == clip.span.end_sample
    np.testing.assert_array_equal(np.concatenate((left.pcm, right.pcm)), clip.pcm)
    assert sum(r.sample_count for p in pieces for r in p.speech or ()) == sum(
        region.sample_count for region in clip.speech or ()
    )
    for piece in pieces:
        assert piece.clip_id == f"f/{piece.span.start_sample}-{piece.span.end_sample}"
        assert piece.pcm.shape == (piece.span.sample_count,)
        assert piece.span.sample_count >= clip.span.sample_count // 4 - SAMPLES_PER_MS
        assert piece.span.sample_count >= SAMPLE_RATE_HZ - SAMPLES_PER_MS
