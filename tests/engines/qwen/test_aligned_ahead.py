"""What the aligner does while words are still being written changes nothing but the time."""

import contextlib
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
import torch

from qasr_cli.checkpoints.locate import demo_folder
from qasr_cli.core.types import Clip
from qasr_cli.engines.qwen.aligner import Ahead, Aligner
from qasr_cli.engines.qwen.device import has_amx, has_fbgemm, multiplies_bfloat16, placement
from qasr_cli.engines.qwen.features import PreparedClip, prepare
from qasr_cli.engines.qwen.lazy_model import LazyModel
from qasr_cli.engines.qwen.loading import packed
from qasr_cli.engines.qwen.loading.checkpoint import read
from qasr_cli.engines.registry import build_engine
from qasr_cli.options import EngineOptions
from tests.engines.conftest import make_clip, noise, outcome, results_by_id

pytestmark = pytest.mark.skipif(
    not has_fbgemm(), reason="this processor proposes no tokens in 4 bits"
)


@pytest.fixture
def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EngineOptions:
    """The demo pair in folders that may be written, large enough to keep 4-bit weights for."""
    monkeypatch.setattr(packed, "_LEAST_BYTES", 0)
    for role in ("recogniser", "aligner"):
        shutil.copytree(demo_folder(role), tmp_path / role)
    return EngineOptions(model=str(tmp_path / "recogniser"), aligner=str(tmp_path / "aligner"))


@pytest.fixture(autouse=True)
def _is_loaded_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """The aligner is there before the first clip is heard; one that is not does nothing ahead."""
    monkeypatch.setattr(LazyModel, "begin_loading", LazyModel.load)


@pytest.fixture
def ahead(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Clips that were worked on ahead, and by how many threads each."""
    made: list[tuple[str, int]] = []
    work = Aligner.ahead

    def noted(aligner: Aligner, clip: PreparedClip, goes_on: Callable[[], bool]) -> Ahead:
        made.append((clip.clip.clip_id, torch.get_num_threads()))
        return work(aligner, clip, goes_on)

    monkeypatch.setattr(Aligner, "ahead", noted)
    return made


def heard(options: EngineOptions, clips: list[Clip], thread_count: int) -> dict[str, object]:
    """What a new engine makes of clips."""
    with contextlib.closing(build_engine(replace(options, threads=thread_count))) as engine:
        results = results_by_id(engine, clips)
    return {clip_id: outcome(result) for clip_id, result in results.items()}


@pytest.mark.parametrize("quantize", ["none", "int8"])
@pytest.mark.parametrize("counts", [(1, None), (3, None), (3, 1)])
def test_times_are_those_of_one_thread(
    pair: EngineOptions,
    speech: list[Clip],
    ahead: list[tuple[str, int]],
    counts: tuple[int, int | None],
    quantize: Literal["none", "int8"],
) -> None:
    """With two threads few clips are worked on ahead, by one of them; so are probabilities."""
    count, batch_size = counts
    pair = replace(pair, quantize=quantize, confidence=True, batch_size=batch_size)
    alone = heard(pair, speech[:count], 1)
    assert ahead == []

    assert heard(pair, speech[:count], 2) == alone
    assert ahead
    assert {thread_count for _, thread_count in ahead} == {1}
    assert {name for name, _ in ahead} <= {clip.clip_id for clip in speech[:count]}


@pytest.mark.parametrize("how", [("bfloat16",), ("float32", "int8")])
def test_a_prompt_read_in_two_parts_gives_the_same_numbers(how: tuple[str, ...]) -> None:
    """Times and their probabilities, for clips of less than a block, of some and of many."""
    checkpoint = read(demo_folder("aligner"), "aligner", "auto")
    aligner = Aligner(checkpoint, placement("cpu", *how), with_confidence=True)
    words = [f"word{number}" for number in range(40)]
    read_counts = []
    for seconds in (3.0, 12.5, 31.0):
        clip = prepare(make_clip(noise(seconds)), checkpoint.processor.feature_extractor)
        job = aligner._job(0, clip, words)  # noqa: SLF001  # raw answers are not rounded to times
        done = replace(job, ahead=aligner.ahead(clip, lambda: True))
        read_counts.append(done.read_count)

        (expected,), (found,) = (
            aligner._time_classes([one])  # noqa: SLF001
            for one in (job, done)
        )
        assert found == expected
        assert len(expected) == 2 * len(words)
    if has_amx() or not multiplies_bfloat16():
        pytest.skip("here attention is to all positions at once")
    assert read_counts == [0, 96, 384]


def test_more_clips_leave_no_core_free(
    pair: EngineOptions, speech: list[Clip], ahead: list[tuple[str, int]]
) -> None:
    """Nothing is done ahead of five."""
    heard(pair, speech[:5], 2)

    assert ahead == []


def test_clips_without_times_need_no_aligner(
    pair: EngineOptions, speech: list[Clip], ahead: list[tuple[str, int]]
) -> None:
    """It is not asked."""
    heard(pair, [replace(speech[0], wants_times=False)], 2)

    assert ahead == []


def test_a_failure_ahead_is_left_to_who_needs_it(
    pair: EngineOptions, speech: list[Clip], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The words have their times all the same."""
    alone = heard(pair, speech[:1], 1)

    def fail(_: Aligner, clip: PreparedClip, __: Callable[[], bool]) -> Ahead:
        raise MemoryError(clip.clip.clip_id)

    monkeypatch.setattr(Aligner, "ahead", fail)

    assert heard(pair, speech[:1], 2) == alone
