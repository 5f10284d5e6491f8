"""Short clips, the demo pair on a pretend GPU, and what it gives on the CPU."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from qasr_cli.checkpoints.locate import demo_folder
from qasr_cli.core.types import Clip, ClipDone, ClipResult
from qasr_cli.engines.base import Engine
from qasr_cli.engines.qwen.device import placement
from qasr_cli.engines.qwen.features import PreparedClip, prepare
from qasr_cli.engines.qwen.loading.checkpoint import read
from qasr_cli.engines.qwen.recogniser import Recogniser
from qasr_cli.engines.registry import build_engine
from qasr_cli.options import EngineOptions
from tests.engines.conftest import ROLES, Recording, make_clip
from tests.engines.pretend_cuda.machine import Machine
from tests.engines.pretend_cuda.pretend import IS_POSSIBLE, pretend

Results = dict[str, ClipResult]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip all of this folder where there is a real GPU, or no way to pretend one."""
    here = Path(__file__).parent
    for item in items:
        if not IS_POSSIBLE and here in item.path.parents:
            item.add_marker(pytest.mark.skip(reason="no pretend GPU on this machine"))


@pytest.fixture
def machine() -> Iterator[Machine]:
    """Two GPUs with plenty of memory, which this test sees."""
    with pretend(Machine()) as machine:
        yield machine


@pytest.fixture(scope="session")
def short(lesson: Recording, chinese: Recording) -> list[Clip]:
    """Four short clips, in both languages of the demo pair."""
    shift = len(lesson.pcm)
    return [
        *(lesson.clip(number) for number in (0, 1)),
        *(
            make_clip(clip.pcm, start_sample=clip.span.start_sample + shift)
            for clip in map(chinese.clip, (0, 1))
        ),
    ]


def engine_with(**options: Any) -> Engine:  # noqa: ANN401  # those of `EngineOptions`
    """The demo pair, by its folders: so the number format is what is asked for."""
    recogniser, aligner = (str(demo_folder(role)) for role in ROLES)
    return build_engine(EngineOptions(model=recogniser, aligner=aligner, **options))


def results_of(clips: Sequence[Clip], **options: Any) -> Results:  # noqa: ANN401  # as above
    """What a whole engine gives, exactly one result for each clip."""
    engine = engine_with(**options)
    try:
        results = list(engine.run(clips))
    finally:
        engine.close()
    assert sorted(r.clip_id for r in results) == sorted(c.clip_id for c in clips)
    return {result.clip_id: result for result in results}


def said(results: Results) -> dict[str, tuple[object, ...]]:
    """Texts, languages and times, to compare them."""
    assert all(isinstance(result, ClipDone) for result in results.values()), results
    return {
        clip_id: (result.text, result.language, result.words)
        for clip_id, result in results.items()
        if isinstance(result, ClipDone)
    }


def unsure(results: Results) -> Results:
    """The same without probabilities."""
    plain: Results = {}
    for clip_id, result in results.items():
        assert isinstance(result, ClipDone)
        words = tuple(replace(word, time_probability=None) for word in result.words)
        plain[clip_id] = replace(result, words=words, tokens=())
    return plain


@pytest.fixture(scope="session")
def on_cpu(short: list[Clip]) -> dict[str, tuple[object, ...]]:
    """What the short clips give on the CPU in float32."""
    return said(results_of(short, device="cpu", dtype="float32", threads=1))


def recogniser_on(device: str, dtype: str = "float32", *, cuda_graphs: bool = False) -> Recogniser:
    """The demo recogniser at a place."""
    place = placement(device, dtype, cuda_graphs=cuda_graphs)
    return Recogniser(read(demo_folder("recogniser"), "recogniser", "auto"), place)


def prepared(recogniser: Recogniser, clips: Sequence[Clip]) -> list[PreparedClip]:
    """Clips with their features."""
    return [prepare(clip, recogniser.extractor) for clip in clips]
