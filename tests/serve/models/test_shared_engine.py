"""Models that everybody shares: turns, ends, and what is left in memory."""

import itertools
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

import pytest

from qasr_cli.core.types import Clip, ClipResult
from qasr_cli.errors import DeviceLost, EngineError, ModelLoadError
from qasr_cli.serve.models.engine_thread import State
from qasr_cli.serve.models.scheduler import Kind
from qasr_cli.serve.models.session import EngineLost
from qasr_cli.serve.models.shared_engine import SharedEngine
from tests.serve.engines import (
    PATIENCE_S,
    TURN_S,
    Asking,
    WorkingEngine,
    clip_of,
    shared_engine_with,
    until,
)


def _long(name: str, count: int) -> Iterable[Clip]:
    return (clip_of(f"{name}/{number}") for number in range(count))


def _of(name: str) -> Callable[[str], bool]:
    return lambda clip_id: clip_id.partition(":")[2].startswith(f"{name}/")


def _until_loaded(engine: WorkingEngine) -> None:
    assert engine.loaded.wait(PATIENCE_S)


def test_the_live_wait_no_longer_than_a_turn() -> None:
    """Behind three hours of bulk, whenever it comes, a live clip's turn begins within 2 s."""
    engine = WorkingEngine(cost=0.02, clips_at_once=64)
    live: list[tuple[float, Asking]] = []
    began_s: list[float] = []

    def before_turn(clips: list[Clip]) -> None:
        if _of("live")(clips[0].clip_id):
            began_s.append(engine.time.now_s)
        elif len(engine.turns) % 7 == 3:  # right behind the beginning of a turn: the worst moment
            number = len(live)
            request = Asking(shared, Kind.LIVE, [clip_of(f"live/{number}", 2.0)])
            live.append((engine.time.now_s, request.start()))
            assert request.waits.wait(PATIENCE_S)

    engine.before_turn = before_turn
    with shared_engine_with(engine) as shared:
        bulk = Asking(shared, Kind.BULK, _long("bulk", 360)).start()
        bulk.join()
        for _, request in live:
            request.join()

    assert len(bulk.results) == 360
    assert len(live) > 10
    waited_s = [begun - asked for (asked, _), begun in zip(live, began_s, strict=True)]
    assert max(waited_s) <= TURN_S
    assert max(len(turn) for turn in engine.turns) > 1  # no turn was kept small for it


def test_the_first_turn_is_one_clip() -> None:
    """While nobody knows how fast the models are, nobody waits for more than that."""
    engine = WorkingEngine(cost=1.0, clips_at_once=8)
    gate = threading.Event()
    engine.before_turn = lambda _: _waited(gate)
    with shared_engine_with(engine) as shared:
        request = Asking(shared, Kind.BULK, _long("a", 8), at_most_waiting=7).start()
        assert request.waits.wait(PATIENCE_S)
        gate.set()
        request.join()
    assert [len(turn) for turn in engine.turns] == [1] * 8  # and a clip is more than a turn's worth


def _waited(gate: threading.Event) -> None:
    assert gate.wait(PATIENCE_S)


def test_two_long_recordings_share() -> None:
    """Side by side they come on evenly, and each result comes to its own, with its own name."""
    engine = WorkingEngine(clips_at_once=40, cost=TURN_S / 120)  # four clips a turn
    gate = threading.Event()
    engine.before_turn = lambda _: _waited(gate)
    with shared_engine_with(engine) as shared:
        both = [Asking(shared, Kind.BULK, _long(name, 30), 99).start() for name in ("a", "b")]
        for request in both:
            assert request.waits.wait(PATIENCE_S)
        gate.set()
        for name, request in zip(("a", "b"), both, strict=True):
            request.join()
            assert sorted(result.clip_id for result in request.results) == sorted(
                clip.clip_id for clip in _long(name, 30)
            )

    for one, other in zip(engine.heard[::2], engine.heard[1::2], strict=True):
        assert _of("a")(one) != _of("a")(other)


def test_equal_clip_ids_are_told_apart() -> None:
    """Two requests with the same recording get an answer each, for each clip."""
    engine = WorkingEngine(clips_at_once=2)
    with shared_engine_with(engine) as shared:
        both = [Asking(shared, Kind.SHORT, _long("same", 5)).start() for _ in range(2)]
        for request in both:
            assert len(request.join().results) == 5
    assert Counter(clip_id.partition(":")[2] for clip_id in engine.heard) == Counter(
        {f"same/{number}": 2 for number in range(5)}
    )


def test_who_leaves_takes_their_clips_along() -> None:
    """Clips of a request that was stopped are not heard; others' are."""
    engine = WorkingEngine(clips_at_once=4)
    gate = threading.Event()
    engine.before_turn = lambda _: _waited(gate)
    with shared_engine_with(engine) as shared:
        gone = Asking(shared, Kind.SHORT, _long("gone", 50)).start()
        here = Asking(shared, Kind.BULK, _long("here", 3)).start()
        assert gone.waits.wait(PATIENCE_S)
        assert gone.session is not None
        gone.session.stop()
        gone.join()
        gate.set()
        here.join()
    assert gone.results == []
    assert [clip_id.partition(":")[2] for clip_id in engine.heard] == ["here/0", "here/1", "here/2"]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (DeviceLost("cuda", "the GPU fell off"), "the GPU fell off"),
        (RuntimeError("a bug"), "internal error: RuntimeError: a bug"),
    ],
)
def test_models_that_are_lost_end_every_request(error: Exception, reason: str) -> None:
    """Everybody who waits, and whoever comes later, is told; the process is told once."""
    engine = WorkingEngine()
    gate = threading.Event()
    told: list[EngineError] = []

    def fail(_: list[Clip]) -> None:
        _waited(gate)
        if engine.turns:
            raise error

    engine.before_turn = fail
    with shared_engine_with(engine, on_lost=told.append) as shared:  # type: ignore[arg-type]
        all_of_them = [Asking(shared, kind, _long(kind.name, 9)).start() for kind in Kind]
        for request in all_of_them:
            assert request.waits.wait(PATIENCE_S)
        gate.set()
        for request in all_of_them:
            assert isinstance(request.join().error, EngineLost)
            assert reason in str(request.error)
        with pytest.raises(EngineLost), shared.session(Kind.LIVE):
            pass
        assert shared.state is State.FAILED
        shared.drain()
        assert shared.state is State.FAILED

    assert [reason in str(each) for each in told] == [True]
    assert engine.closed_count


def test_a_result_that_does_not_come_is_not_waited_for() -> None:
    """An engine that leaves a clip without a result is lost: nobody hangs."""

    class Forgetful(WorkingEngine):
        def run(self, clips: Iterable[Clip], /) -> Iterator[ClipResult]:
            yield from itertools.islice(super().run(clips), len(self.turns) == 0)

    engine = Forgetful()
    with shared_engine_with(engine) as shared:
        request = Asking(shared, Kind.BULK, _long("a", 3)).start().join()
    assert isinstance(request.error, EngineLost)
    assert "without a result" in str(request.error)


def test_models_that_do_not_load_are_lost() -> None:
    """A failure while they warm up is known before anybody asks."""
    engine = WorkingEngine()
    told = threading.Event()

    def fail(_: list[Clip]) -> None:
        raise ModelLoadError("demo", "it is damaged")

    engine.before_turn = fail
    with shared_engine_with(engine, on_lost=lambda _: told.set()) as shared:  # type: ignore[arg-type]
        assert told.wait(PATIENCE_S)
        assert shared.state is State.FAILED
        assert "it is damaged" in str(shared.lost)
        with pytest.raises(EngineLost), shared.session(Kind.SHORT):
            pass


def test_unloaded_models_come_back_with_the_next_clip() -> None:
    """`unload` gives their memory back; a clip loads them again, and so does `load`."""
    engine = WorkingEngine()
    with shared_engine_with(engine) as shared:
        _until_loaded(engine)
        for _ in range(2):
            shared.unload()
            until(lambda: shared.state is State.UNLOADED)
            assert not engine.loaded.is_set()
            request = Asking(shared, Kind.SHORT, _long("a", 2)).start()
            assert len(request.join().results) == 2
            assert engine.loaded.is_set()
        shared.unload()
        until(lambda: shared.state is State.UNLOADED)
        shared.load()
        until(lambda: shared.state is State.READY)
        assert engine.loaded.is_set()


def test_models_at_work_are_not_unloaded() -> None:
    """They leave memory once nobody is served, not in the middle of a recording."""
    engine = WorkingEngine()
    unloaded_before: list[int] = []

    def before_turn(_: list[Clip]) -> None:
        unloaded_before.append(engine.closed_count)
        if len(engine.turns) == 2:
            shared.unload()

    engine.before_turn = before_turn
    with shared_engine_with(engine) as shared:
        request = Asking(shared, Kind.BULK, _long("a", 6)).start()
        assert len(request.join().results) == 6
        until(lambda: shared.state is State.UNLOADED)
    assert unloaded_before == [0] * 7  # warming up, too


def test_to_load_what_is_loading_changes_nothing() -> None:
    """A request to load that comes before the models' thread runs does not keep it from it."""
    engine = WorkingEngine()
    shared = SharedEngine(engine, clock=engine.time.clock(), turn_s=TURN_S)
    shared.load()
    shared.start()
    until(lambda: shared.state is State.READY)
    shared.close()


def test_models_that_nobody_needs_leave_memory() -> None:
    """After so long without work they are unloaded, and stay so until they are needed."""
    engine = WorkingEngine()
    with shared_engine_with(engine, idle_unload_s=0.05) as shared:
        until(lambda: shared.state is State.UNLOADED)
        request = Asking(shared, Kind.SHORT, _long("a", 2)).start()
        assert len(request.join().results) == 2
        until(lambda: shared.state is State.UNLOADED)


def test_the_end_waits_for_the_clips_in_the_models_alone() -> None:
    """Who still waits then, or comes then, gets no further result, and does not hang."""
    engine = WorkingEngine()
    gate, is_at_work = threading.Event(), threading.Event()

    def before_turn(_: list[Clip]) -> None:
        if engine.turns:
            is_at_work.set()
            _waited(gate)

    engine.before_turn = before_turn
    shared = SharedEngine(engine, clock=engine.time.clock(), turn_s=TURN_S)
    shared.start()
    request = Asking(shared, Kind.BULK, _long("a", 50)).start()
    assert is_at_work.wait(PATIENCE_S)
    closing = threading.Thread(target=shared.close)
    closing.start()
    request.join()
    gate.set()
    closing.join(PATIENCE_S)

    assert not closing.is_alive()
    assert len(engine.turns) == 1
    assert request.error is None
    late = Asking(shared, Kind.LIVE, _long("late", 2)).start().join()
    assert (late.results, late.error) == ([], None)


def test_the_prediction_is_what_the_models_took() -> None:
    """Until they have heard something it is nothing; then it is their work for so much sound."""
    engine = WorkingEngine(cost=0.5)
    with shared_engine_with(engine) as shared:
        assert shared.predicted_s(60.0) == 0
        Asking(shared, Kind.SHORT, _long("a", 3)).start().join()
        until(lambda: shared.state is State.READY)
        assert shared.predicted_s(60.0) == pytest.approx(30.0)
        with shared.session(Kind.SHORT), shared.session(Kind.BULK):
            assert shared.shared_s(60.0) == pytest.approx(60.0)
        assert shared.pace.done_s == pytest.approx(90.0)
        assert shared.pace.work_s == pytest.approx(45.0)
