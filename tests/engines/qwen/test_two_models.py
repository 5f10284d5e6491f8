"""Recogniser and aligner in too little memory: nothing but time is lost."""

import gc
import weakref
from collections.abc import Sequence
from typing import Any

import pytest

from qasr_cli.core.types import Clip, ClipResult
from qasr_cli.engines.qwen import memory_plan
from qasr_cli.engines.qwen.aligner import Aligner
from qasr_cli.engines.qwen.loading.checkpoint import Checkpoint, read
from qasr_cli.engines.qwen.loading.choice import choose
from qasr_cli.engines.qwen.loading.keeper import Keeper
from qasr_cli.engines.qwen.model_loading import load_pipeline
from qasr_cli.engines.qwen.pipeline import Pipeline
from qasr_cli.engines.qwen.recogniser import Recogniser
from qasr_cli.options import EngineOptions
from tests.engines.conftest import outcome


def pipeline_of(options: EngineOptions) -> Pipeline:
    """The demo pair, loaded as memory allows."""
    models = choose("demo", "recogniser", options), choose("demo", "aligner", options)
    return load_pipeline(*models, options, Keeper())


def assert_as_alone(
    pipeline: Pipeline, clips: Sequence[Clip], single_results: dict[str, ClipResult]
) -> None:
    """Every clip has the one result that it has by itself."""
    results = list(pipeline.run(clips))
    assert sorted(r.clip_id for r in results) == sorted(c.clip_id for c in clips)
    assert {r.clip_id: outcome(r) for r in results} == {
        clip.clip_id: outcome(single_results[clip.clip_id]) for clip in clips
    }


def test_models_take_turns_where_both_do_not_fit(
    monkeypatch: pytest.MonkeyPatch,
    speech: list[Clip],
    single_results: dict[str, ClipResult],
) -> None:
    """With too little memory one model is gone before the other one comes, and nothing changes."""
    monkeypatch.setattr(memory_plan, "_free_bytes", lambda _: 1)
    living: list[weakref.ref[object]] = []
    most = 0

    def counted(*given: Any) -> Checkpoint:  # noqa: ANN401  # as `read`
        nonlocal most
        gc.collect()
        checkpoint = read(*given)
        living.append(weakref.ref(checkpoint.processor))
        most = max(most, sum(ref() is not None for ref in living))
        return checkpoint

    monkeypatch.setattr("qasr_cli.engines.qwen.model_loading.read", counted)
    options = EngineOptions(model="demo", threads=1)
    pipeline = pipeline_of(options)

    for clips in (speech, speech[:2]):
        assert_as_alone(pipeline, clips, single_results)
    assert (len(living), most) == (1 + 4, 1)  # the aligner is looked at before it is needed


def test_models_take_turns_once_memory_lacks_for_the_second(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    speech: list[Clip],
    single_results: dict[str, ClipResult],
) -> None:
    """It is loaded beside the first clips: what was heard of them by then is not lost."""
    living: list[weakref.ref[Recogniser]] = []

    class Second(Aligner):
        def __init__(self, *given: Any, **settings: Any) -> None:  # noqa: ANN401  # as `Aligner`
            gc.collect()
            if any(ref() is not None for ref in living):
                raise MemoryError("no room beside the recogniser")
            super().__init__(*given, **settings)

    class First(Recogniser):
        def __init__(self, *given: Any, **settings: Any) -> None:  # noqa: ANN401  # as `Recogniser`
            super().__init__(*given, **settings)
            living.append(weakref.ref(self))

    monkeypatch.setattr("qasr_cli.engines.qwen.model_loading.Aligner", Second)
    monkeypatch.setattr("qasr_cli.engines.qwen.model_loading.Recogniser", First)
    options = EngineOptions(model="demo", threads=1, device="cpu", batch_size=2)
    pipeline = pipeline_of(options)

    for clips in (speech, speech[:1]):
        assert_as_alone(pipeline, clips, single_results)
    assert [record.getMessage() for record in caplog.records] == [
        "memory has no room for both models at once: they take turns"
    ]
