"""Every clip has its result, whatever goes wrong with its batch."""

from collections.abc import Sequence
from itertools import chain

import numpy as np
import pytest
import torch

from qasr_cli.core.types import Clip, ClipDone, ClipFailed, ClipResult, Timing
from qasr_cli.engines.qwen.aligner import Aligned, Aligner, Request
from qasr_cli.engines.qwen.answer import Heard
from qasr_cli.engines.qwen.checkpoint import Checkpoint
from qasr_cli.engines.qwen.features import PreparedClip
from qasr_cli.engines.qwen.pipeline import Pipeline
from qasr_cli.engines.qwen.recogniser import Recogniser
from qasr_cli.errors import AlignmentError, DeviceMemoryError, RecognitionError
from tests.engines.conftest import make_clip, noise, outcome


class CrampedRecogniser(Recogniser):
    """The real one, on a device with room for `capacity` clips."""

    capacity = 2

    def recognise(self, clips: Sequence[PreparedClip]) -> list[Heard]:
        """Run out of memory on larger batches."""
        if len(clips) > self.capacity:
            raise torch.OutOfMemoryError
        return super().recognise(clips)


class CrampedAligner(Aligner):
    """The real one, on a device with room for `capacity` clips."""

    capacity = 1

    def align(self, requests: Sequence[Request]) -> list[Aligned]:
        """Run out of memory on larger batches."""
        if len(requests) > self.capacity:
            raise torch.OutOfMemoryError
        return super().align(requests)


@pytest.fixture(scope="module")
def recogniser(recogniser_checkpoint: Checkpoint) -> CrampedRecogniser:
    """The demo recogniser, cramped."""
    return CrampedRecogniser(recogniser_checkpoint)


@pytest.fixture(scope="module")
def aligner(aligner_checkpoint: Checkpoint) -> CrampedAligner:
    """The demo aligner, cramped."""
    return CrampedAligner(aligner_checkpoint)


@pytest.fixture
def pipeline(
    recogniser: Recogniser, aligner: Aligner, recogniser_checkpoint: Checkpoint
) -> Pipeline:
    """Both, with batches that do not fit at first."""
    return Pipeline(
        recogniser,
        aligner,
        extractor=recogniser_checkpoint.processor.feature_extractor,
        batch_count=8,
    )


def run(pipeline: Pipeline, clips: Sequence[Clip]) -> dict[str, ClipResult]:
    """Results by clip, exactly one each."""
    results = list(chain.from_iterable(pipeline.run(clips)))
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


def test_what_is_doubtful_is_told(
    pipeline: Pipeline, speech: list[Clip], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cut answer and a loop are marked; times that are not aligned have a line for people."""
    heard = Heard(text="Selam.", language="Turkish", truncated=True, repetition=True)
    monkeypatch.setattr(CrampedRecogniser, "recognise", lambda _, clips: [heard] * len(clips))

    (result,) = run(pipeline, speech[:1]).values()

    assert isinstance(result, ClipDone)
    assert (result.text, result.words, result.timing) == ("Selam.", (), Timing.PROPORTIONAL)
    assert result.truncated
    assert result.repetition
    assert result.warnings == ("word times are estimated: the aligner does not know Turkish",)


def test_without_an_aligner_words_are_spread(
    recogniser: Recogniser, recogniser_checkpoint: Checkpoint, speech: list[Clip]
) -> None:
    """`--no-align` is no fault, so nothing warns of it."""
    extractor = recogniser_checkpoint.processor.feature_extractor
    pipeline = Pipeline(recogniser, None, extractor=extractor, batch_count=1)

    (result,) = run(pipeline, speech[:1]).values()

    assert isinstance(result, ClipDone)
    assert result.text
    assert (result.words, result.timing, result.warnings) == ((), Timing.PROPORTIONAL, ())
