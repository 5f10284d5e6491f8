"""The live sessions of a service: opened, come back to, watched, and what becomes of them."""

import asyncio
import contextlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass

from qasr_cli.machine.clock import Clock
from qasr_cli.options import Options
from qasr_cli.serve.jobs.all_jobs import Jobs
from qasr_cli.serve.live.captioning import Captioning, Ended
from qasr_cli.serve.live.greeting import Start
from qasr_cli.serve.live.jobs_to_be import JobsToBe
from qasr_cli.serve.live.opening import Opening
from qasr_cli.serve.models.shared_engine import SharedEngine
from qasr_cli.serve.refusals import Refused

_LAST_CLIP_S = 5.0  # as jobs have it
_LAST_WORDS_S = 10.0
_COME_AGAIN_S = 60

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveLimits:
    """How many sessions there may be at a time, and how far their text may be behind."""

    most_count: int
    max_lag_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveNumbers:
    """Sessions and connections just now; how many sessions, and how much sound, there were."""

    count: int
    reader_count: int
    lag_s: float
    begun_count: int
    sound_s: float


class LiveSessions:
    """All sessions. Belongs to the event loop, but for `close`.

    Args:
        root: the folder of their folders, on the disk of those of jobs.
        options: of every session that does not ask otherwise.
    """

    def __init__(
        self,
        root: str,
        *,
        jobs: Jobs,
        shared: SharedEngine,
        options: Options,
        limits: LiveLimits,
        clock: Clock,
    ) -> None:
        self._root = root
        self._jobs_to_be = JobsToBe(jobs, options=options, clock=clock)
        self._shared = shared
        self._opening = Opening(
            root=root, options=options, shared=shared, clock=clock, max_lag_s=limits.max_lag_s
        )
        self._clock = clock
        self._sessions: dict[str, Captioning] = {}
        self._endings: set[asyncio.Task[None]] = set()
        self._is_closed = False
        self._began, self._ended = asyncio.Event(), asyncio.Event()
        self.limits = limits
        self._begun_count = self._beginning_count = 0
        self._ended_sound_s = 0.0

    @property
    def count(self) -> int:
        """Sessions that are at work."""
        return len(self._sessions)

    def numbers(self) -> "LiveNumbers":
        """What there is to count."""
        at_work = [each.captioner for each in self._sessions.values()]
        return LiveNumbers(
            count=self.count,
            reader_count=sum(len(each.readers) for each in self._sessions.values()),
            lag_s=max((each.lag_s for each in at_work), default=0.0),
            begun_count=self._begun_count,
            sound_s=self._ended_sound_s + sum(each.sound_s for each in at_work),
        )

    async def open(self) -> None:
        """Make jobs of the sessions that processes which died have left."""
        await self._jobs_to_be.take_up(self._root)

    async def begin(self, start: Start) -> Captioning:
        """A session that was wished for.

        Raises:
            Refused: all places are taken, or it cannot be had.
        """
        with self._place():
            live, kept, incoming = await asyncio.to_thread(self._opening.parts, start)
            session = Captioning(
                live, kept, incoming, shared=self._shared, clock=self._clock, on_end=self._note_end
            )
            self._sessions[session.id] = session
        self._begun_count += 1
        self._began.set()
        session.captioner.start()
        return session

    @contextlib.contextmanager
    def _place(self) -> Iterator[None]:
        if self._is_closed:
            raise Refused.going_down()
        if self.count + self._beginning_count >= self.limits.most_count:
            message = f"{self.count} live sessions are at work, and no more are taken at a time"
            raise Refused(503, message, code="live_full", retry_after_s=_COME_AGAIN_S)
        self._beginning_count += 1
        try:
            yield
        finally:
            self._beginning_count -= 1

    def named(self, session_id: str) -> Captioning:
        """The session of an id.

        Raises:
            Refused: there is none, or none any more.
        """
        session = self._sessions.get(session_id)
        if session is None:
            message = "there is no such live session, or it has ended; what was said is a job"
            raise Refused(404, message, code="no_session")
        return session

    async def newest(self) -> Captioning:
        """The session that began last, once there is one."""
        while not self._sessions:
            self._began.clear()
            await self._began.wait()
        return next(reversed(self._sessions.values()))

    async def finished(self) -> None:
        """Wait until what was said is written down, but not for long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST_WORDS_S):
                while self._sessions:
                    self._ended.clear()
                    await self._ended.wait()

    def stop(self) -> None:
        """Take no more; what was said is written down."""
        self._is_closed = True
        for session in self._sessions.values():
            session.stop()

    def close(self) -> None:
        """Give up what is at work; what was heard of it is a job of the next process."""
        for session in tuple(self._sessions.values()):
            session.captioner.give_up_within(_LAST_CLIP_S)
            session.kept.close()

    def _note_end(self, session: Captioning, ended: Ended) -> None:
        task = asyncio.get_running_loop().create_task(self._finish(session, ended))
        self._endings.add(task)
        task.add_done_callback(self._endings.discard)

    async def _finish(self, session: Captioning, ended: Ended) -> None:
        job = None
        try:
            job = await self._jobs_to_be.job_of(session.kept, ended)
        except Refused as refused:
            error = {"code": refused.code or "failed", "message": refused.message}
            session.readers.tell({"type": "error", "error": error})
        except Exception:  # noqa: BLE001  # its client is told that there is no job
            _log.exception("a live session could not be kept")
        del self._sessions[session.id]
        self._ended_sound_s += session.captioner.sound_s
        session.readers.tell({"type": "done", "job": None if job is None else job.id})
        session.readers.end()
        self._ended.set()
