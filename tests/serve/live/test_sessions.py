"""Live sessions in this process, with an engine that works when it is let to."""

import asyncio
import contextlib
import os
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from qasr_cli.core.types import Clip
from qasr_cli.errors import DeviceLost
from qasr_cli.options import Options, SplitOptions
from qasr_cli.serve.jobs.all_jobs import JobLimits, Jobs
from qasr_cli.serve.jobs.asked import Asked
from qasr_cli.serve.live import captioning
from qasr_cli.serve.live.captioning import Captioning
from qasr_cli.serve.live.greeting import Start
from qasr_cli.serve.live.readers import Message, Reader, Readers
from qasr_cli.serve.live.sessions import LiveLimits, LiveSessions
from qasr_cli.serve.models.scheduler import Kind
from qasr_cli.serve.models.shared_engine import SharedEngine
from tests.serve.engines import PATIENCE_S, TURN_S, Asking, WorkingEngine, clip_of
from tests.serve.engines import until as until_it_is
from tests.serve.live.speaking import Samples, bursts

_OPTIONS = Options(split=SplitOptions(vad="energy"))
_TALK = bursts((0.9, 2.6), length_s=4.0)


@dataclass(slots=True, kw_only=True)
class Hall:
    """Sessions, and their engine.

    Attributes:
        gate: the models work while it is open.
        begun: set when a turn wants to begin.
    """

    sessions: LiveSessions
    jobs: Jobs
    shared: SharedEngine
    engine: WorkingEngine
    gate: threading.Event
    begun: threading.Event
    held: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    async def begun_session(self, **wished: Any) -> tuple[Captioning, Reader]:  # noqa: ANN401
        """A session that is ready, and who speaks to it."""
        session = await self.sessions.begin(Start(asked=Asked(), **wished))
        reader = Reader()
        session.speak(reader)
        self.held.enter_context(session.readers.reading(reader))
        session.greet(reader)
        assert (await until(reader, "ready"))["session"] == session.id
        return session, reader


async def until(reader: Reader, kind: str) -> Message:
    """The next message of a kind."""
    async with asyncio.timeout(PATIENCE_S):
        while (message := await reader.next()) is not None:
            if message["type"] == kind:
                return message
    raise AssertionError(f"no {kind}")


async def so(is_it: Callable[[], bool]) -> None:
    """Wait until something is so, in another thread."""
    await asyncio.to_thread(until_it_is, is_it)


async def spoken(session: Captioning, samples: Samples, *, frame_count: int = 1600) -> None:
    """Say something into a session."""
    for at in range(0, len(samples), frame_count):
        await session.take(samples[at : at + frame_count].tobytes())


Scene = Callable[[Hall], Coroutine[Any, Any, None]]
Played = Callable[..., None]


@contextlib.asynccontextmanager
async def _opened(
    folder: Path, shared: SharedEngine, engine: WorkingEngine, limits: LiveLimits
) -> AsyncIterator[tuple[LiveSessions, Jobs]]:
    """Sessions, and the jobs that become of them; at the end no session may be left."""
    at_work: Any = {"shared": shared, "options": _OPTIONS, "clock": engine.time.clock()}
    job_limits = JobLimits(most_count=9, at_once_count=1, keep_s=1e9)
    jobs = Jobs(str(folder / "jobs"), limits=job_limits, **at_work)
    sessions = LiveSessions(str(folder / "live"), jobs=jobs, limits=limits, **at_work)
    jobs.open()
    shared.start()
    try:
        yield sessions, jobs
    finally:
        jobs.stop()
        sessions.stop()
        await sessions.finished()
        assert sessions.count == 0
        jobs.close()


def _play(scene: Scene, folder: Path, limits: LiveLimits) -> None:
    gate, begun = threading.Event(), threading.Event()
    gate.set()

    def before_turn(clips: list[Clip]) -> None:
        if clips[0].clip_id != "warm-up":
            begun.set()
        assert gate.wait(PATIENCE_S)

    engine = WorkingEngine(before_turn=before_turn)
    shared = SharedEngine(engine, clock=engine.time.clock(), turn_s=TURN_S)

    async def played() -> None:
        async with _opened(folder, shared, engine, limits) as (sessions, jobs):
            try:
                at_work: Any = {"shared": shared, "engine": engine, "gate": gate, "begun": begun}
                await scene(Hall(sessions=sessions, jobs=jobs, **at_work))
            finally:
                gate.set()

    try:
        asyncio.run(played())
    finally:
        shared.close()


@pytest.fixture
def played(tmp_path: Path) -> Played:
    """Play a scene in a hall; at its end no thread and no file of it may be left."""
    for name in ("jobs", "live"):
        (tmp_path / name).mkdir()

    def play(scene: Scene, *, max_lag_s: float = 30.0) -> None:
        _play(scene, tmp_path, LiveLimits(most_count=4, max_lag_s=max_lag_s))
        assert [each.name for each in threading.enumerate() if "live" in each.name] == []
        assert os.listdir(tmp_path / "live") == []

    return play


def test_a_session_that_is_too_far_behind_ends(played: Played) -> None:
    """It is told by how much, then why it ends; what was heard is written down, and is a job."""

    async def scene(hall: Hall) -> None:
        session, reader = await hall.begun_session(partials=False)
        hall.engine.time.pass_s(1000)  # so nobody speaks faster than time goes
        hall.gate.clear()
        await spoken(session, bursts((0.9, 2.6), length_s=12.0))
        assert (await until(reader, "lag"))["seconds"] >= 5
        await spoken(session, bursts(length_s=5.0))
        error = (await until(reader, "error"))["error"]
        assert error["code"] == "lag"
        hall.gate.set()
        assert (await until(reader, "final"))["text"] == "word1 word2."
        done = await until(reader, "done")
        job = hall.jobs.register.named(done["job"])
        assert job.end is not None
        assert job.end.warnings == (error["message"],)

    played(scene, max_lag_s=10.0)


def test_sound_faster_than_speech_waits(played: Played) -> None:
    """A recording sent at once is heard at the models' pace, and ends no session for its lag."""

    async def scene(hall: Hall) -> None:
        session, reader = await hall.begun_session(partials=False)
        hall.gate.clear()
        sending = asyncio.ensure_future(spoken(session, bursts((0.9, 2.6), length_s=60.0)))
        await asyncio.to_thread(hall.begun.wait, PATIENCE_S)
        await so(lambda: not session.captioner.has_room)
        assert not sending.done()
        hall.gate.set()
        await sending
        session.stop()
        assert (await until(reader, "final"))["text"] == "word1 word2."
        await until(reader, "done")

    played(scene)


def test_who_does_not_come_back_is_finished(
    played: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a while a session without a speaker ends, and is a job."""
    monkeypatch.setattr(captioning, "BACK_WITHIN_S", 0.05)

    async def scene(hall: Hall) -> None:
        session, reader = await hall.begun_session(partials=False)
        await spoken(session, _TALK)
        session.leave(reader)
        done = await until(reader, "done")
        assert hall.jobs.register.named(done["job"]).known_language == "English"
        assert hall.sessions.count == 0

    played(scene)


def test_who_says_nothing_for_long_is_finished(
    played: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection without sound does not keep a place for ever."""
    monkeypatch.setattr(captioning, "IDLE_S", 0.05)

    async def scene(hall: Hall) -> None:
        _, reader = await hall.begun_session()
        assert (await until(reader, "done"))["job"] is None

    played(scene)


def test_a_final_does_not_wait_behind_a_partial(played: Played) -> None:
    """A look at a phrase that the models have not begun with is skipped once the phrase ends."""

    async def scene(hall: Hall) -> None:
        session, reader = await hall.begun_session()
        hall.gate.clear()
        film = Asking(hall.shared, Kind.BULK, [clip_of("film")]).start()
        await asyncio.to_thread(hall.begun.wait, PATIENCE_S)
        await spoken(session, bursts((0.9, 2.6), length_s=2.4))
        session.flush()
        await spoken(session, bursts(length_s=0.2))
        await so(lambda: session.captioner.heard_sample >= 2.6 * 16_000)
        hall.gate.set()
        assert (await until(reader, "final"))["text"] == "word1 word2."
        await asyncio.to_thread(film.join)
        session.stop()
        await until(reader, "done")
        assert not any(clip.is_partial for turn in hall.engine.turns for clip in turn)

    played(scene)


def test_models_that_are_lost_end_a_session(played: Played) -> None:
    """Who speaks is told why; what was final before is a job."""

    async def scene(hall: Hall) -> None:
        session, reader = await hall.begun_session(partials=False)
        await spoken(session, _TALK)
        await until(reader, "times")

        def lose(_: list[Clip]) -> None:
            raise DeviceLost("cuda:0", "fell off the bus")

        hall.engine.before_turn = lose
        await spoken(session, _TALK)
        assert (await until(reader, "error"))["error"]["code"] == "engine_lost"
        done = await until(reader, "done")
        assert hall.jobs.register.named(done["job"]).end is not None

    played(scene)


def test_nothing_new_begins_once_the_service_ends(played: Played) -> None:
    """Whoever asks then is told so; whoever waits for a session is not kept."""

    async def scene(hall: Hall) -> None:
        hall.sessions.stop()
        with pytest.raises(Exception, match="going down"):
            await hall.begun_session()

    played(scene)


def test_who_reads_too_slowly_is_let_go() -> None:
    """Messages that nobody reads do not fill the memory; a partial replaces the one before."""

    async def scene() -> None:
        readers, reader = Readers(), Reader()
        with readers.reading(reader):
            for number in range(10):
                readers.tell({"type": "partial", "id": 1, "tail": str(number)})
            readers.tell({"type": "final", "id": 1})
            assert [(await reader.next() or {}).get("tail") for _ in range(2)] == ["9", None]
            for number in range(5000):
                readers.tell({"type": "final", "id": number})
            assert reader.is_behind
            count = 0
            while await reader.next() is not None:
                count += 1
            assert count < 5000
        assert len(readers) == 0

    asyncio.run(scene())
