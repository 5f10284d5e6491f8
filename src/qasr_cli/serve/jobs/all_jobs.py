"""The jobs of a service: taken, kept for a while, removed."""

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, replace

from qasr_cli.errors import QasrError
from qasr_cli.machine.clock import Clock
from qasr_cli.options import Options
from qasr_cli.saved.in_place.worst_first import Ranked
from qasr_cli.serve.forms.uploads import Upload
from qasr_cli.serve.jobs.asked import Asked
from qasr_cli.serve.jobs.deaths import deaths_of
from qasr_cli.serve.jobs.events import News
from qasr_cli.serve.jobs.folder import Accepted, End, JobFolder, folders_in, not_kept
from qasr_cli.serve.jobs.in_place import jobs_in_place
from qasr_cli.serve.jobs.job import Job, JobState
from qasr_cli.serve.jobs.playing import remove_parts
from qasr_cli.serve.jobs.register import Register
from qasr_cli.serve.jobs.workers import Workers
from qasr_cli.serve.models.shared_engine import SharedEngine
from qasr_cli.serve.refusals import Refused
from qasr_cli.storage.documents import DamagedDocument

# There are fewer, so the numbers of events go on where those of an earlier process ended.
_EVENTS_A_MS = 1000
_SOONEST_SWEEP_S = 1.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLimits:
    """How many jobs there may be, and how long.

    Attributes:
        most_count: of those that have not ended.
        at_once_count: of those that are at work.
        keep_s: from their end on.
    """

    most_count: int
    at_once_count: int
    keep_s: float


class Jobs:
    """The life of all jobs. Belongs to the event loop, but for `close`.

    Args:
        root: the folder of their folders, which nobody else writes to.
        options: of every job that does not ask otherwise.
        in_place: the user's own files that are corrected where they stand.
    """

    def __init__(
        self,
        root: str,
        *,
        shared: SharedEngine,
        options: Options,
        limits: JobLimits,
        clock: Clock,
        in_place: Sequence[Ranked] = (),
    ) -> None:
        self.root = root
        self._in_place = in_place
        self._shared = shared
        self._clock = clock
        self._arriving_count = 0
        self._is_closed = False
        self.options = options
        self.limits = limits
        self.news = News(int(clock.now().timestamp() * 1000) * _EVENTS_A_MS)
        self.register = Register(self.news)
        self.background = _Background(self.register, limits.keep_s, clock, self.remove)
        self._workers = Workers(
            self.register,
            shared=shared,
            options=options,
            at_once_count=limits.at_once_count,
            clock=clock,
            news=self.news,
            on_end=self.background.sweep,
        )

    def open(self) -> None:
        """Take up what earlier processes left."""
        found = [_found(folder, now_s=self._now_s()) for folder in folders_in(self.root)]
        for job in sorted(found, key=lambda job: job.accepted.number):
            self.register.add(job)
        number = self.register.last_number + 1
        for each in jobs_in_place(self.root, self._in_place, first_number=number):
            self.register.add(Job(end=End(ended_s=self._now_s()), **each))
        self._workers.open()
        self.background.begin()

    def stop(self) -> None:
        """Take no more; what is at work ends at a clip, and goes on in another process."""
        self._is_closed = True
        self._workers.stop()
        self.news.end()
        self.background.stop()

    def close(self) -> None:
        """Wait until nothing is at work; after the event loop."""
        self._workers.close()

    @contextlib.contextmanager
    def place(self) -> Iterator[None]:
        """A place for one more job; take it before its recording arrives.

        Raises:
            Refused: all are taken.
        """
        if self._is_closed:
            raise Refused.going_down()
        unended_count = self.register.waiting_count + self.register.at_work_count
        if unended_count + self._arriving_count >= self.limits.most_count:
            raise Refused.full(self._shared.predicted_s(0.0))
        self._arriving_count += 1
        try:
            yield
        finally:
            self._arriving_count -= 1

    async def accept(self, upload: Upload, asked: Asked, *, is_held: bool = False) -> Job:
        """Make a job of an upload; it outlives this process.

        Args:
            is_held: nothing is heard before `start`.

        Raises:
            Refused: what it asks for cannot be had, or the disk is full.
        """
        asked.check(self.options)
        number = self.register.new_number()
        name = upload.name or "recording"
        accepted = Accepted(
            name=name, sha256=upload.sha256, number=number, asked=asked, is_held=is_held
        )
        job = Job(folder=JobFolder.new(self.root), accepted=accepted)
        equal = (each for each in self.register if each.accepted.key == accepted.key)
        twin = next((each for each in equal if each.state is JobState.DONE), None)
        try:
            now_s = self._now_s()
            job.end = await asyncio.to_thread(_take, upload.path, job, twin, now_s=now_s)
        except (OSError, QasrError) as error:
            raise not_kept(error) from error
        self.register.add(job)
        self._workers.begin()
        self.background.sweep()
        return job

    async def start(self, job: Job) -> None:
        """Begin a job that is held, or has failed; any other goes on as it does.

        Raises:
            Refused: the disk is full, the job was removed, or the process ends.
        """
        if self._is_closed:
            raise Refused.going_down()
        async with job.changing:
            if job.state in {JobState.HELD, JobState.FAILED}:
                accepted = replace(job.accepted, is_held=False)
                try:
                    await asyncio.to_thread(job.folder.begin_anew, accepted)
                except (OSError, QasrError) as error:
                    raise not_kept(error) from error
                self.register.named(job.id)
                job.accepted = accepted
                self.register.note_begun_anew(job)
                self._workers.begin()
        self.register.named(job.id)

    async def remove(self, job: Job) -> None:
        """Cancel a job, if it has not ended, and remove all of it.

        Raises:
            Refused: it stands for the user's own files.
        """
        if job.in_place is not None:
            message = "it stands in its folder, from which nothing is removed here"
            raise Refused(409, message, code="in_place")
        if not self.register.drop(job):
            return
        async with job.changing:  # a folder that is written to meanwhile would stay
            await asyncio.to_thread(job.folder.disown)
            if job.at_work is not None:
                self._workers.give_up(job.at_work)
                await asyncio.wait([asyncio.wrap_future(job.at_work.thread)])
            await asyncio.to_thread(job.folder.remove)

    def _now_s(self) -> int:
        return int(self._clock.now().timestamp())


class _Background:
    """Removes ended jobs once they were kept long enough; looks through the user's own.

    Args:
        remove: what of one is to be done.
    """

    def __init__(
        self,
        register: Register,
        keep_s: float,
        clock: Clock,
        remove: Callable[[Job], Coroutine[None, None, None]],
    ) -> None:
        self._register = register
        self._keep_s = keep_s
        self._clock = clock
        self._remove = remove
        self._is_stopped = False
        self._looking: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._removals: set[asyncio.Task[None]] = set()

    def begin(self) -> None:
        """Begin with both."""
        self.sweep()
        self._looking = asyncio.ensure_future(_look_through(self._register))

    def sweep(self) -> None:
        """Remove what was kept long enough; again when there is something to remove."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        now_s, loop = self._clock.now().timestamp(), asyncio.get_running_loop()
        due_s = {
            job: job.end.ended_s + self._keep_s
            for job in self._register
            if job.end is not None and job.in_place is None
        }
        for job in [job for job in due_s if due_s[job] <= now_s]:
            del due_s[job]
            task = loop.create_task(self._remove(job))
            self._removals.add(task)
            task.add_done_callback(self._removals.discard)
        if due_s and not self._is_stopped:
            wait_s = max(_SOONEST_SWEEP_S, min(due_s.values()) - now_s)
            self._timer = loop.call_later(wait_s, self.sweep)

    def stop(self) -> None:
        """Begin nothing more."""
        self._is_stopped = True
        if self._looking is not None:
            self._looking.cancel()
        if self._timer is not None:
            self._timer.cancel()


async def _look_through(register: Register) -> None:
    """Find out, one after the other, how much is in doubt of what nobody has looked through."""
    for job in list(register):
        if job.in_place is not None and job.in_place.word_count is None:
            await asyncio.to_thread(job.in_place.look_through)
            register.note_changed(job)


def _take(upload_path: str, job: Job, twin: Job | None, *, now_s: int) -> End | None:
    """In a thread: the upload becomes a job; how it ended, where an equal one is done."""
    if twin is not None and twin.end is not None:
        end = replace(twin.end, ended_s=now_s)
        with contextlib.suppress(OSError, QasrError):  # it is gone: then the usual way
            job.folder.take_done(twin.folder, job.accepted, end)
            return end
    job.folder.take(upload_path, job.accepted)
    return None


def _found(folder: JobFolder, *, now_s: int) -> Job:
    remove_parts(folder)
    end = folder.end()
    try:
        accepted = folder.accepted()
    except DamagedDocument as damage:
        _log.warning("job %s is damaged: %s", folder.id, damage)
        accepted = Accepted(name="", sha256=folder.id, number=0, asked=Asked())
        error = {"message": f"its record is damaged: {damage}", "code": "damaged"}
        end = replace(end or End(ended_s=now_s), error=error)
        with contextlib.suppress(QasrError):
            folder.write_end(end)
    death_count = deaths_of(folder) if end is None else 0
    job = Job(folder=folder, accepted=accepted, end=end, deaths=death_count)
    job.has_recording = os.path.exists(folder.media)
    return job
