"""Live sessions in this process, with an engine that works when it is let to."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qasr_cli.core.types import Clip
from qasr_cli.options import Options, SplitOptions
from qasr_cli.serve.jobs.all_jobs import JobLimits, Jobs
from qasr_cli.serve.jobs.asked import Asked
from qasr_cli.serve.live.captioning import Captioning
from qasr_cli.serve.live.greeting import Start
from qasr_cli.serve.live.readers import Message, Reader
from qasr_cli.serve.live.sessions import LiveLimits, LiveSessions
from qasr_cli.serve.models.shared_engine import SharedEngine
from tests.serve.engines import PATIENCE_S, TURN_S, WorkingEngine
from tests.serve.engines import until as until_it_is
from tests.serve.live.speaking import RATE_HZ, Samples

_OPTIONS = Options(split=SplitOptions(vad="energy"))


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


async def spoken(
    session: Captioning, samples: Samples, *, frame_count: int = 1600, hall: Hall | None = None
) -> None:
    """Say something into a session; in its time, on the clock of a hall, else at once."""
    for at in range(0, len(samples), frame_count):
        if hall is not None:
            hall.engine.time.pass_s(frame_count / RATE_HZ)
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


def play(scene: Scene, folder: Path, limits: LiveLimits) -> None:
    """Play a scene with sessions in a folder."""
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
