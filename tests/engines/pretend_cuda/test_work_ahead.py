"""While a pretend GPU works on a window, the next one is collected, and its features are made."""

import threading
from collections.abc import Iterator

import pytest

from qasr_cli.core.types import Clip
from qasr_cli.engines.qwen import clip_window, features, memory_plan
from qasr_cli.engines.qwen.features import PreparedClip
from tests.engines.pretend_cuda.conftest import engine_with, results_of, said
from tests.engines.pretend_cuda.machine import Machine
from tests.engines.pretend_cuda.pretend import pretend

Said = dict[str, tuple[object, ...]]


@pytest.fixture
def _small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clip_window, "_CLIP_COUNT", 2)
    monkeypatch.setattr(clip_window, "_BATCH_COUNT", 2)


def own_threads() -> set[str]:
    """Threads that work on windows."""
    return {t.name for t in threading.enumerate() if t.name == "qasr-models"}


@pytest.mark.usefixtures("machine", "_small_windows")
def test_the_next_window_is_taken_before_this_one_is_done(short: list[Clip], on_cpu: Said) -> None:
    """Clips of the second window are asked for before the last result of the first."""
    taken_counts: list[int] = []
    given: list[Clip] = []

    def source() -> Iterator[Clip]:
        for clip in short:
            given.append(clip)
            yield clip

    engine = engine_with(device="cuda", dtype="float32", batch_size=1)
    results = {}
    for result in engine.run(source()):
        results[result.clip_id] = result
        taken_counts.append(len(given))
    engine.close()

    assert said(results) == on_cpu
    assert taken_counts[1] > 2
    assert not own_threads()


@pytest.mark.usefixtures("machine", "_small_windows")
def test_who_takes_no_more_results_leaves_no_thread(short: list[Clip]) -> None:
    """A run that is broken off ends its work."""
    engine = engine_with(device="cuda", dtype="float32", batch_size=1)
    results = engine.run(short)
    next(results)
    results.close()  # type: ignore[attr-defined]  # a generator
    engine.close()

    assert not own_threads()


@pytest.mark.usefixtures("machine", "_small_windows")
def test_what_the_source_raises_is_raised(short: list[Clip]) -> None:
    """Where clips come to an end with an error, it is the run's, and no thread is left."""

    def source() -> Iterator[Clip]:
        yield from short[:3]
        raise ZeroDivisionError

    engine = engine_with(device="cuda", dtype="float32", batch_size=1)
    with pytest.raises(ZeroDivisionError):
        list(engine.run(source()))
    engine.close()

    assert not own_threads()


@pytest.mark.usefixtures("machine", "_small_windows")
def test_a_stop_begins_no_other_window(short: list[Clip]) -> None:
    """Clips in the models are finished, others get no result."""
    engine = engine_with(device="cuda", dtype="float32", batch_size=1)
    results = []
    for result in engine.run(short):
        results.append(result)
        engine.stop()
    engine.close()

    assert 1 <= len(results) <= 2


def test_features_are_made_once_and_elsewhere(
    short: list[Clip], on_cpu: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In threads of their own, also where memory runs out and clips are tried again."""
    made: list[tuple[str, str]] = []

    def noted(clip: Clip, extractor: object) -> PreparedClip:
        made.append((clip.clip_id, threading.current_thread().name))
        return prepare(clip, extractor)  # type: ignore[arg-type]  # as it came

    prepare = features.prepare
    monkeypatch.setattr(features, "prepare", noted)
    monkeypatch.setattr(memory_plan, "_WORKSPACE_BYTES", 1 << 19)
    with pretend(Machine(total_bytes=28 << 20, claimed_bytes=80 << 30)) as machine:
        found = said(results_of(short, device="cuda", dtype="float32", batch_size=4))

    assert found == on_cpu
    assert machine.refused_count > 0
    assert sorted(clip_id for clip_id, _ in made) == sorted(clip.clip_id for clip in short)
    assert all(name.startswith("qasr-features") for _, name in made)
