"""The contract that every engine keeps."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from qasr_cli.core.timing import ms_from_samples
from qasr_cli.core.types import Clip, ClipDone, Timing
from qasr_cli.engines.base import Engine
from qasr_cli.engines.fake import FakeEngine
from qasr_cli.engines.registry import build_engine
from qasr_cli.options import EngineOptions
from qasr_cli.run.healing import Healing
from tests.engines.conftest import make_clip, noise, results_by_id


@pytest.fixture(params=["fake", "fake backwards", "qwen"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Every engine there is."""
    match request.param:
        case "fake":
            return FakeEngine()
        case "fake backwards":
            return FakeEngine(window_count=3)
        case _:
            demo_engine: Engine = request.getfixturevalue("demo_engine")
            return demo_engine


def test_every_clip_has_one_result(engine: Engine, speech: list[Clip]) -> None:
    """As many results come out as clips go in, each under its clip's name."""
    assert len(results_by_id(engine, speech)) == len(speech)


def test_no_clips_give_no_results(engine: Engine) -> None:
    """An empty run ends at once."""
    assert list(engine.run([])) == []


def test_an_engine_runs_again(engine: Engine, speech: list[Clip]) -> None:
    """After one run the next one works, and so it does after closing."""
    first = results_by_id(engine, speech[:2])
    engine.close()
    engine.close()
    second = results_by_id(engine, speech[:2])

    assert first.keys() == second.keys()


def test_clips_are_taken_as_they_are_needed(engine: Engine) -> None:
    """Endless clips give results, and only a bounded window of them is taken ahead."""
    taken = []

    def endless() -> Iterator[Clip]:
        for number in itertools.count():
            taken.append(number)
            yield make_clip(noise(0.2), start_sample=number * 16_000)

    results = list(itertools.islice(engine.run(endless()), 3))

    assert len(results) == 3
    assert len(taken) <= 64


@pytest.mark.parametrize(
    "make_engine",
    [
        lambda: FakeEngine(window_count=3),
        lambda: Healing(FakeEngine(window_count=3)),
        lambda: build_engine(EngineOptions(model="demo", threads=1, batch_size=1, align=False)),
    ],
    ids=["fake", "healing", "qwen"],
)
def test_a_stopped_engine_leaves_what_waits(
    make_engine: Callable[[], Engine], speech: list[Clip]
) -> None:
    """Clips that were taken and not begun get no result."""
    engine = make_engine()
    results = engine.run(speech)
    next(results)

    engine.stop()

    assert list(results) == []


def test_errors_of_the_source_pass_through(engine: Engine) -> None:
    """What goes wrong while clips are made is not the engine's to judge."""

    def broken() -> Iterator[Clip]:
        yield make_clip(noise(0.2))
        raise LookupError("the disk is gone")

    with pytest.raises(LookupError):
        list(engine.run(broken()))


def test_words_lie_in_order_inside_their_clip(engine: Engine, speech: list[Clip]) -> None:
    """Words carry times of the file, never decreasing, never outside the clip."""
    results = results_by_id(engine, speech)

    for clip in speech:
        result = results[clip.clip_id]
        assert isinstance(result, ClipDone)
        assert result.words
        assert result.timing is Timing.ALIGNED
        times_ms = [t for word in result.words for t in (word.start_ms, word.end_ms)]
        assert times_ms == sorted(times_ms)
        assert times_ms[0] >= ms_from_samples(clip.span.start_sample)
        assert times_ms[-1] <= ms_from_samples(clip.span.end_sample)


def test_an_engine_names_itself(engine: Engine) -> None:
    """Fingerprint and models say which engine made a result."""
    assert engine.fingerprint
    assert engine.models.keys() == {"recogniser", "aligner"}


def test_a_clip_with_a_text_is_only_timed(engine: Engine, speech: list[Clip]) -> None:
    """What is known to be said in a clip comes back as it is, with times; others are recognised."""
    told = replace(speech[0], text="Another text, by far.", language="English")

    results = results_by_id(engine, [told, *speech[1:3]])

    result = results[told.clip_id]
    assert isinstance(result, ClipDone)
    assert (result.text, result.language) == (told.text, "English")
    assert [word.text for word in result.words] == ["Another", "text", "by", "far"]
    others = [results[clip.clip_id] for clip in speech[1:3]]
    assert all(isinstance(other, ClipDone) and other.text != told.text for other in others)
