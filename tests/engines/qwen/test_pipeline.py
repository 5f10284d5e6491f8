"""Every clip has its result, whatever goes wrong with its batch."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pytest
import torch

from qasr_cli.checkpoints.locate import demo_folder
from qasr_cli.core.types import Clip, ClipDone, ClipFailed, ClipResult, Timing
from qasr_cli.engines.qwen import memory_plan
from qasr_cli.engines.qwen.aligner import Aligned, Aligner, Request
from qasr_cli.engines.qwen.answer import Heard
from qasr_cli.engines.qwen.decoding.beside import Beside
from qasr_cli.engines.qwen.device import placement
from qasr_cli.engines.qwen.features import PreparedClip
from qasr_cli.engines.qwen.lazy_model import LazyModel
from qasr_cli.engines.qwen.loading.checkpoint import read
from qasr_cli.engines.qwen.memory_plan import batch_count_for, fit_together
from qasr_cli.engines.qwen.pipeline import Pipeline
from qasr_cli.engines.qwen.recogniser import Recogniser
from qasr_cli.errors import AlignmentError, DeviceMemoryError, RecognitionError
from tests.engines.conftest import make_clip, noise, outcome

CPU = placement("cpu", "float32")


class CrampedRecogniser(Recogniser):
    """The real one, on a device with room for `capacity` clips."""

    capacity = 2

    def recognise(
        self,
        clips: Sequence[PreparedClip],
        row_count: int,
        *,
        goes_on: Callable[[], bool] = lambda: True,
        beside: Beside | None = None,
    ) -> Iterator[tuple[int, Heard | RecognitionError]]:
        """Run out of memory on more at once."""
        if row_count > self.capacity:
            raise torch.OutOfMemoryError
        return super().recognise(clips, row_count, goes_on=goes_on, beside=beside)


class CrampedAligner(Aligner):
    """The real one, on a device with room for `capacity` clips."""

    capacity = 1

    def align(
        self, requests: Sequence[Request], batch_count: int
    ) -> Iterator[tuple[int, Aligned | AlignmentError]]:
        """Run out of memory on more at once."""
        if batch_count > self.capacity:
            raise torch.OutOfMemoryError
        return super().align(requests, batch_count)


@pytest.fixture(scope="module")
def recogniser() -> CrampedRecogniser:
    """The demo recogniser, cramped."""
    return CrampedRecogniser(read(demo_folder("recogniser"), "recogniser", "auto"), CPU)


@pytest.fixture(scope="module")
def aligner() -> CrampedAligner:
    """The demo aligner, cramped."""
    return CrampedAligner(read(demo_folder("aligner"), "aligner", "auto"), CPU)


@pytest.fixture(params=[False, True], ids=["both-resident", "in-turns"])
def pipeline(recogniser: Recogniser, aligner: Aligner, request: pytest.FixtureRequest) -> Pipeline:
    """Both, with more clips at once than fit at first."""
    return Pipeline(
        LazyModel(lambda: recogniser, keep_loaded=not request.param),
        LazyModel(lambda: aligner, keep_loaded=not request.param),
        device=CPU.device,
        batch_count=8,
        takes_turns=request.param,
    )


def run(pipeline: Pipeline, clips: Sequence[Clip]) -> dict[str, ClipResult]:
    """Results by clip, exactly one each."""
    results = list(pipeline.run(clips))
    assert sorted(r.clip_id for r in results) == sorted(c.clip_id for c in clips)
    return {result.clip_id: result for result in results}


def test_too_little_memory_changes_no_result(
    pipeline: Pipeline, speech: list[Clip], single_results: dict[str, ClipResult]
) -> None:
    """Batches that run out of memory are halved until they fit, and their results stay."""
    results = run(pipeline, speech)

    assert {i: outcome(r) for i, r in results.items()} == {
        i: outcome(r) for i, r in single_results.items()
    }


def test_a_clip_that_never_fits_fails(
    pipeline: Pipeline, speech: list[Clip], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where one clip alone is too much, each clip is told so."""
    monkeypatch.setattr(CrampedRecogniser, "capacity", 0)

    for result in run(pipeline, speech[:2]).values():
        assert isinstance(result, ClipFailed)
        assert isinstance(result.error, DeviceMemoryError)
        assert (result.stage, result.text) == ("recognise", None)


def test_an_alignment_that_never_fits_keeps_the_text(
    pipeline: Pipeline,
    speech: list[Clip],
    single_results: dict[str, ClipResult],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Recognition is not repeated or lost when only the alignment runs out of memory."""
    monkeypatch.setattr(CrampedAligner, "capacity", 0)

    (result,) = run(pipeline, speech[:1]).values()

    expected = single_results[result.clip_id]
    assert isinstance(expected, ClipDone)
    assert isinstance(result, ClipFailed)
    assert isinstance(result.error, DeviceMemoryError)
    assert (result.stage, result.text, result.language) == ("align", expected.text, "English")


def test_one_bad_clip_fails_alone(
    pipeline: Pipeline, speech: list[Clip], single_results: dict[str, ClipResult]
) -> None:
    """Sound that is no number fails its own clip only."""
    bad = make_clip(np.full(8000, np.nan, np.float32), start_sample=10**7)

    results = run(pipeline, [bad, *speech[:3]])

    failed = results.pop(bad.clip_id)
    assert isinstance(failed, ClipFailed)
    assert isinstance(failed.error, RecognitionError)
    assert {i: outcome(r) for i, r in results.items()} == {
        clip.clip_id: outcome(single_results[clip.clip_id]) for clip in speech[:3]
    }


def test_errors_of_libraries_become_ours(
    pipeline: Pipeline, speech: list[Clip], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the alignment raises is an `AlignmentError` that knows its cause."""

    def broken(*_: object) -> None:
        raise IndexError("a\nbug")

    monkeypatch.setattr(CrampedAligner, "align", broken)

    (result,) = run(pipeline, speech[:1]).values()

    assert isinstance(result, ClipFailed)
    assert isinstance(result.error, AlignmentError)
    assert str(result.error) == f"clip {result.clip_id}: alignment failed: IndexError: a bug"
    assert isinstance(result.error.__cause__, IndexError)


@pytest.mark.parametrize("duration_s", [0.001, 0.3, 2.0])
def test_silence_is_done_and_empty(pipeline: Pipeline, duration_s: float) -> None:
    """Silence of any length gives an empty result, not a failure."""
    (result,) = run(pipeline, [make_clip(0 * noise(duration_s))]).values()

    assert isinstance(result, ClipDone)
    assert (result.text, result.language, result.words) == ("", None, ())
    assert result.timing is Timing.NONE
    assert result.warnings == ()


def test_a_stop_finishes_what_is_in_the_making(pipeline: Pipeline, speech: list[Clip]) -> None:
    """Once told not to go on, it begins no other clip, and drops none."""
    asked: list[None] = []

    def goes_on() -> bool:
        asked.append(None)
        return len(asked) == 1

    results = list(pipeline.run(speech, goes_on=goes_on))

    assert 1 <= len(results) <= CrampedRecogniser.capacity < len(speech)


def test_what_is_doubtful_is_told(
    pipeline: Pipeline, speech: list[Clip], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cut answer and a loop are marked; times that are not aligned have a line for people."""
    heard = Heard(text="...!", language="English", truncated=True, repetition=True)
    monkeypatch.setattr(CrampedRecogniser, "recognise", lambda *_, **__: iter([(0, heard)]))

    (result,) = run(pipeline, speech[:1]).values()

    assert isinstance(result, ClipDone)
    assert (result.text, result.words, result.timing) == ("...!", (), Timing.PROPORTIONAL)
    assert result.truncated
    assert result.repetition
    assert result.warnings == ("word times are estimated: its text holds no words",)


def test_without_an_aligner_words_are_spread(recogniser: Recogniser, speech: list[Clip]) -> None:
    """`--no-align` is no fault, so nothing warns of it."""
    pipeline = Pipeline(
        LazyModel(lambda: recogniser, keep_loaded=True), None, device=CPU.device, batch_count=1
    )

    (result,) = run(pipeline, speech[:1]).values()

    assert isinstance(result, ClipDone)
    assert result.text
    assert (result.words, result.timing, result.warnings) == ((), Timing.PROPORTIONAL, ())


@pytest.mark.parametrize(("free_bytes", "fits"), [(None, True), (1 << 40, True), (1 << 20, False)])
def test_both_stay_where_both_fit(
    monkeypatch: pytest.MonkeyPatch, free_bytes: int | None, fits: bool
) -> None:
    """Free memory decides; where nobody knows it, it is taken for enough."""
    monkeypatch.setattr(memory_plan, "_free_bytes", lambda _: free_bytes)

    assert fit_together([demo_folder("recogniser"), demo_folder("aligner")], CPU) is fits


@pytest.mark.parametrize(
    ("dtype", "free_bytes", "clip_count"),
    [
        ("bfloat16", None, 8),
        ("bfloat16", 1 << 30, 8),
        ("bfloat16", 10 << 30, 22),
        ("bfloat16", 1 << 40, 64),
        ("float32", 1 << 40, 8),
    ],
)
def test_more_clips_at_once_where_they_gain_and_fit(
    monkeypatch: pytest.MonkeyPatch, dtype: str, free_bytes: int | None, clip_count: int
) -> None:
    """On a CPU in bfloat16 a quarter of free memory is filled with answers; else they are few."""
    monkeypatch.setattr(memory_plan, "_free_bytes", lambda _: free_bytes)

    assert batch_count_for(placement("cpu", dtype)) == clip_count
