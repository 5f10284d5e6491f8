from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.core.timing import SAMPLES_PER_MS, samples_from_ms
from qasr_cli.core.types import Span
from qasr_cli.media.cutting import BREAK_SAMPLES, PAD_SAMPLES, ClipPlan, Cutter, SpeechRegions

FRAME = 512


def _spans_ms(*pairs_ms: tuple[int, int]) -> list[Span]:
    return [
        Span(start_sample=samples_from_ms(start), end_sample=samples_from_ms(end))
        for start, end in pairs_ms
    ]


def _as_ms(span: Span) -> tuple[int, int]:
    return span.start_sample // SAMPLES_PER_MS, span.end_sample // SAMPLES_PER_MS


def _plans(regions: Sequence[Span], *, max_ms: int, end_sample: int) -> list[ClipPlan]:
    cutter = Cutter(
        max_samples=samples_from_ms(max_ms),
        quietest=lambda earliest, latest: (earliest + latest) // 32 * 16,
    )
    plans: list[ClipPlan] = []
    while regions:
        floor_sample = plans[-1].span.end_sample if plans else 0
        plan = cutter.next_clip(regions, floor_sample=floor_sample, heard_sample=end_sample)
        plans.append(plan)
        regions = plan.rest
    return plans


def _clips_ms(
    *pairs_ms: tuple[int, int], max_ms: int = 30_000, end_ms: int | None = None
) -> list[tuple[int, int]]:
    end_sample = samples_from_ms(end_ms or pairs_ms[-1][1] + 10_000)
    plans = _plans(_spans_ms(*pairs_ms), max_ms=max_ms, end_sample=end_sample)
    return [_as_ms(plan.span) for plan in plans]


# --- rules, one by one --------------------------------------------------------------------------


def test_what_fits_is_one_clip() -> None:
    """Speech with short pauses is one clip, with a little silence on either side."""
    assert _clips_ms((1000, 3000), (3500, 8000), (9400, 12_000)) == [(750, 12_250)]


def test_padding_stays_in_the_file() -> None:
    """There is no silence to add before the first sample or after the last."""
    assert _clips_ms((100, 3000), end_ms=3100) == [(0, 3100)]


def test_long_silence_is_left_out() -> None:
    """A pause of a breath or more ends a clip and belongs to none."""
    assert _clips_ms((1000, 4000), (9000, 12_000)) == [(750, 4250), (8750, 12_250)]


def test_short_speech_joins_a_neighbour() -> None:
    """Short speech joins its neighbour over a pause that would else end the clip."""
    assert _clips_ms((1000, 4000), (6500, 6900)) == [(750, 7150)]
    assert _clips_ms((1000, 1400), (4000, 8000)) == [(750, 8250)]


def test_short_speech_far_from_all_is_kept() -> None:
    """Short speech with nothing near is a clip of its own."""
    assert _clips_ms((100, 3000), (9000, 9064), (15_000, 18_000)) == [
        (0, 3250),
        (8750, 9314),
        (14_750, 18_250),
    ]


def test_cut_in_the_longest_pause_of_the_later_half() -> None:
    """Too much speech is cut in the longest pause that leaves the clip at least half full."""
    clips = _clips_ms(
        (1000, 3000), (4400, 12_000), (12_500, 17_000), (17_800, 21_000), (21_300, 41_000)
    )

    assert clips == [(750, 17_250), (17_550, 41_250)]


def test_an_early_pause_is_better_than_none() -> None:
    """With no pause in the later half, the last one before it is taken."""
    assert _clips_ms((0, 2000), (2800, 5000), (5300, 34_000)) == [(0, 5150), (5150, 34_250)]


def test_little_is_not_left_over() -> None:
    """A cut that would leave a word alone is not made where there is another choice."""
    assert _clips_ms((0, 18_000), (18_200, 29_000), (30_400, 30_900)) == [
        (0, 18_100),
        (18_100, 31_150),
    ]


def test_speech_without_pause_is_cut_where_it_is_quietest() -> None:
    """Speech without a pause is cut between half of the longest clip and the whole."""
    asked: list[tuple[int, int]] = []

    def quietest(earliest: int, latest: int) -> int:
        asked.append((earliest // SAMPLES_PER_MS, latest // SAMPLES_PER_MS))
        return samples_from_ms(20_000)

    cutter = Cutter(max_samples=samples_from_ms(30_000), quietest=quietest)
    plan = cutter.next_clip(_spans_ms((1000, 40_000)), floor_sample=0, heard_sample=10**7)

    assert asked == [(16_000, 31_000)]
    assert _as_ms(plan.span) == (750, 20_000)
    assert [_as_ms(region) for region in plan.rest] == [(20_000, 40_000)]


def test_padding_never_makes_a_clip_too_long() -> None:
    """Where speech fills a clip, there is less silence around it, or none."""
    assert _clips_ms((1000, 31_000), (33_000, 35_000)) == [(1000, 31_000), (32_750, 35_250)]
    assert _clips_ms((1000, 30_900)) == [(950, 30_950)]


# --- for any speech -----------------------------------------------------------------------------


@st.composite
def regions(draw: st.DrawFn) -> list[Span]:
    """Regions as the detectors give them: on the grid of frames, with pauses between them."""
    pauses = st.one_of(st.integers(4, 50), st.integers(40, 300))
    lengths = st.one_of(st.integers(1, 40), st.integers(1, 700))
    spans, end = [], draw(st.integers(0, 200))
    for pause, length in draw(st.lists(st.tuples(pauses, lengths), min_size=1, max_size=12)):
        start, end = end + pause, end + pause + length
        spans.append(Span(start_sample=start * FRAME, end_sample=end * FRAME))
    return spans


max_clips_ms = st.sampled_from([1000, 1500, 5000, 8000, 12_345])


@given(regions(), max_clips_ms, st.integers(0, 40_000))
def test_every_sample_of_speech_is_in_exactly_one_clip(
    speech: list[Span], max_ms: int, tail_samples: int
) -> None:
    """Clips are in order, disjoint, in the file, not too long, and hold all speech."""
    end_sample = speech[-1].end_sample + tail_samples
    spans = [plan.span for plan in _plans(speech, max_ms=max_ms, end_sample=end_sample)]

    assert all(a.end_sample <= b.start_sample for a, b in pairwise(spans))
    assert spans[0].start_sample >= 0
    assert spans[-1].end_sample <= end_sample
    assert max(span.sample_count for span in spans) <= samples_from_ms(max_ms)
    assert sum(region.sample_count for region in speech) == sum(
        max(0, min(a.end_sample, b.end_sample) - max(a.start_sample, b.start_sample))
        for a in speech
        for b in spans
    )


@given(regions(), max_clips_ms)
def test_clips_know_their_speech(speech: list[Span], max_ms: int) -> None:
    """Each clip holds its regions of speech, and those of all clips are the speech there is."""
    plans = _plans(speech, max_ms=max_ms, end_sample=speech[-1].end_sample)

    assert sum(_sample_count(plan.speech) for plan in plans) == _sample_count(speech)
    for plan in plans:
        assert plan.span.start_sample <= plan.speech[0].start_sample
        assert plan.speech[-1].end_sample <= plan.span.end_sample


def _sample_count(regions: Sequence[Span]) -> int:
    return sum(region.sample_count for region in regions)


@given(regions(), max_clips_ms)
def test_speech_is_cut_only_where_no_pause_is_in_reach(speech: list[Span], max_ms: int) -> None:
    """A clip that ends inside speech holds no pause."""
    plans = _plans(speech, max_ms=max_ms, end_sample=speech[-1].end_sample)
    for plan in plans:
        end_sample = plan.span.end_sample
        if any(region.start_sample < end_sample < region.end_sample for region in speech):
            held = _sample_count(plan.speech)
            assert held >= plan.span.sample_count - PAD_SAMPLES


@given(regions(), max_clips_ms)
def test_no_clip_holds_long_silence(speech: list[Span], max_ms: int) -> None:
    """No pause of four seconds or more lies inside a clip."""
    for plan in _plans(speech, max_ms=max_ms, end_sample=speech[-1].end_sample):
        for before, after in pairwise(speech):
            is_inside = (
                plan.span.start_sample < before.end_sample
                and after.start_sample < plan.span.end_sample
            )
            pause = after.start_sample - before.end_sample
            assert not is_inside or pause < samples_from_ms(4000)


@given(regions(), max_clips_ms)
def test_nothing_after_the_horizon_matters(speech: list[Span], max_ms: int) -> None:
    """The first clip is the same when only what lies before the horizon is known."""
    cutter = Cutter(max_samples=samples_from_ms(max_ms), quietest=lambda first, _: first)
    horizon = -(-cutter.horizon(speech[0]) // FRAME) * FRAME
    known = [
        Span(start_sample=span.start_sample, end_sample=min(span.end_sample, horizon))
        for span in speech
        if span.start_sample < horizon
    ]

    early = cutter.next_clip(known, floor_sample=0, heard_sample=horizon)
    late = cutter.next_clip(speech, floor_sample=0, heard_sample=10**8)

    assert early.span == late.span
    assert early.speech == late.speech


@given(regions(), max_clips_ms)
def test_clips_start_on_whole_milliseconds(speech: list[Span], max_ms: int) -> None:
    """Times of words are whole ms from the clip's start, so the start must be whole, too."""
    for plan in _plans(speech, max_ms=max_ms, end_sample=speech[-1].end_sample):
        assert plan.span.start_sample % SAMPLES_PER_MS == 0


# --- from probabilities to regions --------------------------------------------------------------


def _regions_of(probabilities: Sequence[float]) -> list[tuple[int, int]]:
    found = SpeechRegions(frame_samples=FRAME)
    found.push(probabilities)
    return [(span.start_sample // FRAME, span.end_sample // FRAME) for span in found.pending]


@pytest.mark.parametrize(
    ("probabilities", "expected"),
    [
        ([0.0] * 10, []),
        ([0.0, 0.5, 0.0], [(1, 2)]),
        ([0.4, 0.6, 0.4, 0.35, 0.34, 0.4], [(1, 4)]),
        ([1.0, 0.0, 0.0, 0.0, 1.0], [(0, 5)]),
        ([1.0, 0.0, 0.0, 0.0, 0.0, 1.0], [(0, 1), (5, 6)]),
    ],
)
def test_regions_of_speech(probabilities: list[float], expected: list[tuple[int, int]]) -> None:
    """Speech begins at 0.5 and lasts down to 0.35; gaps of three frames are no pauses."""
    assert _regions_of(probabilities) == expected


def test_a_region_grows_over_portions() -> None:
    """A region goes on where the portion before ended, also after its front was taken away."""
    found = SpeechRegions(frame_samples=FRAME)
    found.push([1.0, 1.0])
    found.pending[:] = [Span(start_sample=FRAME + 16, end_sample=2 * FRAME)]
    found.push([1.0])

    assert found.pending == [Span(start_sample=FRAME + 16, end_sample=3 * FRAME)]


def test_a_region_ends_with_the_recording() -> None:
    """The last frame is filled up for the detector; the region ends with the real sound."""
    found = SpeechRegions(frame_samples=FRAME)
    found.push([0.0, 1.0])
    found.end_at(FRAME + 100)

    assert found.pending == [Span(start_sample=FRAME, end_sample=FRAME + 100)]


def test_a_break_is_longer_than_the_padding_on_both_sides() -> None:
    """Padding fits into every pause that ends a clip."""
    assert BREAK_SAMPLES > 2 * PAD_SAMPLES
