"""What holds for healing whatever the clips and their bad results."""

from collections.abc import Callable, Sequence

from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.core.timing import ms_from_samples
from qasr_cli.core.types import Clip, ClipDone, Span
from qasr_cli.engines.fake import Ailment, FakeEngine
from qasr_cli.run.healing import Healing
from tests.run.clips_to_heal import HOT, Counting, clip_of


@st.composite
def recordings(draw: st.DrawFn) -> list[Clip]:
    """The clips of two files, in order, with speech and pauses."""
    clips = []
    for file in ("f", "g"):
        position_ms = 0
        for _ in range(draw(st.integers(0, 4))):
            end_ms = position_ms + draw(st.integers(1, 12_000))
            edges = draw(st.sets(st.integers(position_ms, end_ms), min_size=2, max_size=8))
            ordered = sorted(edges)
            speech = zip(ordered[::2], ordered[1::2], strict=False)
            context = draw(st.sampled_from(("", HOT)))
            clips.append(clip_of(position_ms, end_ms, *speech, file=file, context=context))
            position_ms = end_ms + draw(st.integers(0, 3000))
    return clips


ailments = st.dictionaries(st.sampled_from("fg"), st.sampled_from(Ailment), max_size=2)
limits_s = st.sampled_from((0.5, 1.5, 3.0, 6.0))


def _most_looks(memory_s: float | None) -> Callable[[Clip], int]:
    """How often a clip and its pieces may be heard: halved twice, or four times for memory.

    With a context, the smallest pieces once more without.
    """
    halving_count = 2 if memory_s is None else 4
    without, with_context = 2 * 2**halving_count - 1, 3 * 2**halving_count - 1
    return lambda clip: with_context if clip.context else without


@given(
    clips=recordings(),
    ailments=ailments,
    healthy_s=limits_s,
    memory_s=st.none() | limits_s,
    window_count=st.integers(1, 4),
)
def test_every_clip_has_one_result_within_bounds(
    clips: Sequence[Clip],
    ailments: dict[str, Ailment],
    healthy_s: float,
    memory_s: float | None,
    window_count: int,
) -> None:
    """However ill the clips, repairs end, and words stay in order inside their clip."""
    engine = Counting(
        FakeEngine(
            ailments=ailments, healthy_s=healthy_s, memory_s=memory_s, window_count=window_count
        )
    )

    results = list(Healing(engine).run(clips))

    assert sorted(result.clip_id for result in results) == sorted(clip.clip_id for clip in clips)
    assert len(engine.clip_ids) <= sum(map(_most_looks(memory_s), clips))
    spans: dict[str, Span] = {clip.clip_id: clip.span for clip in clips}
    for result in results:
        if isinstance(result, ClipDone):
            span = spans[result.clip_id]
            times_ms = [edge for word in result.words for edge in (word.start_ms, word.end_ms)]
            assert times_ms == sorted(times_ms)
            assert all(
                ms_from_samples(span.start_sample) <= t <= ms_from_samples(span.end_sample)
                for t in times_ms
            )


@given(clips=recordings(), window_count=st.integers(1, 4))
def test_healthy_clips_pass_as_they_are(clips: Sequence[Clip], window_count: int) -> None:
    """Results of healthy clips are passed on unchanged, and no clip is recognised twice."""
    texts = {clip.clip_id: "Yes, so it is." for clip in clips}
    engine = Counting(FakeEngine(texts=texts, window_count=window_count, align=False))

    healed = list(Healing(engine).run(clips))

    assert healed == list(
        FakeEngine(texts=texts, window_count=window_count, align=False).run(clips)
    )
    assert len(engine.clip_ids) == len(clips)
