"""Which jobs are at work: begun in their order, several at once, stopped with the service."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for

from qasr_cli.errors import ExitCode
from qasr_cli.machine.clock import Clock
from qasr_cli.options import Options
from qasr_cli.serve.jobs.events import News
from qasr_cli.serve.jobs.folder import End
from qasr_cli.serve.jobs.hearing import Hearing, Twin
from qasr_cli.serve.jobs.job import AtWork, Job, JobState, Piece, Reached
from qasr_cli.serve.jobs.register import Register
from qasr_cli.serve.models.shared_engine import SharedEngine

# How long a clip that is in the models may take once the service is to end.
_LAST_CLIP_S = 5.0

_log = logging.getLogger(__name__)


class Workers:
    """The threads of jobs. Their methods belong to the event loop, but for `close`.

    Args:
        options: of the service.
        on_end: called when a job has ended.
    """

    def __init__(
        self,
        register: Register,
        *,
        shared: SharedEngine,
        options: Options,
        at_once_count: int,
        clock: Clock,
        news: News,
        on_end: Callable[[], None],
    ) -> None:
        self._register = register
        self._shared = shared
        self._options = options
        self._at_once_count = at_once_count
        self._clock = clock
        self._news = news
        self._on_end = on_end
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_ready = False
        self._is_closed = False
        self._works: list[AtWork] = []
        self._threads = ThreadPoolExecutor(at_once_count, thread_name_prefix="qasr-job")

    def open(self) -> None:
        """Begin once the models are loaded: a death until then is no recording's fault."""
        self._loop = asyncio.get_running_loop()
        self._shared.when_ready(lambda: self._tell(self._get_ready))

    def begin(self) -> None:
        """Begin what may be begun."""
        if not self._is_ready and any(job.state is JobState.QUEUED for job in self._register):
            self._shared.load()  # where nobody has asked for the models yet
        if not self._is_ready or self._is_closed or self._shared.lost is not None:
            return
        jobs = list(self._register)
        at_work = {job.accepted.key for job in jobs if job.at_work is not None}
        done = {job.accepted.key: job for job in jobs if job.state is JobState.DONE}
        has_suspect = any(job.at_work is not None and job.deaths for job in jobs)
        waiting = [job for job in jobs if job.state is JobState.QUEUED]
        for job in sorted(waiting, key=lambda job: job.deaths):
            if len(self._works) >= self._at_once_count:
                return
            # Of those over which the process may have died only one at a time: the guilty one
            # shows, and the others come through. Of equal ones only one: the others will have its
            # result.
            if (job.deaths and has_suspect) or job.accepted.key in at_work:
                continue
            at_work.add(job.accepted.key)
            has_suspect |= job.deaths > 0
            self._start(job, done.get(job.accepted.key))

    def give_up(self, work: AtWork) -> None:
        """End the work on a job that nobody wants."""
        work.stop.ask("the job was removed", ExitCode.INTERRUPTED)
        if work.session is not None:
            work.session.stop()

    def stop(self) -> None:
        """Begin nothing more; what is at work ends at a clip, and another process goes on."""
        self._is_closed = True
        for work in self._works:
            work.stop.ask("the service ends", ExitCode.TERMINATED)

    def close(self) -> None:
        """Wait until nothing is at work; after the event loop."""
        self.stop()
        wait_for([work.thread for work in self._works], timeout=_LAST_CLIP_S)
        for work in self._works:
            if work.session is not None:
                work.session.stop()
        self._threads.shutdown()

    def _get_ready(self) -> None:
        self._is_ready = True
        self.begin()

    def _start(self, job: Job, twin: Job | None) -> None:
        work = job.at_work = AtWork()
        job.state = JobState.DECODING
        job.state_number = self._news.take_number()
        hearing = Hearing(
            folder=job.folder,
            accepted=job.accepted,
            twin=None if twin is None or twin.end is None else Twin(twin.folder, twin.end),
            death_count=job.deaths,
            options=self._options,
            shared=self._shared,
            at_work=work,
            clock=self._clock,
            on_reached=lambda reached: self._tell(lambda: self._note_reached(job, reached)),
            on_piece=lambda piece: self._tell(lambda: self._note_piece(job, piece)),
        )
        self._works.append(work)
        work.thread = self._threads.submit(hearing.end)
        work.thread.add_done_callback(lambda thread: self._tell(lambda: self._ended(job, thread)))

    def _tell(self, act: Callable[[], None]) -> None:
        """Have something done in the event loop; from any thread."""
        with contextlib.suppress(RuntimeError):  # it has ended
            if self._loop is not None:
                self._loop.call_soon_threadsafe(act)

    def _note_reached(self, job: Job, reached: Reached) -> None:
        if job.state is JobState.DECODING and reached.done_ms:
            job.state = JobState.WORKING
            job.state_number = self._news.take_number()
        job.reached = reached
        job.reached_number = self._news.take_number()

    def _note_piece(self, job: Job, piece: Piece) -> None:
        job.pieces.append((self._news.take_number(), piece))
        job.language = piece.language or job.language

    def _ended(self, job: Job, thread: Future[End | None]) -> None:
        if job.at_work is not None:
            self._works.remove(job.at_work)
            job.at_work = None
        try:
            end = thread.result()
        except Exception:  # noqa: BLE001  # the others go on
            _log.exception("job %s: its thread ended", job.id)
            error = {"message": "internal error", "code": "internal_error"}
            end = End(ended_s=int(self._clock.now().timestamp()), error=error)
        if job.state is JobState.CANCELLED:
            pass
        elif end is None:
            job.state = JobState.QUEUED
        else:
            self._register.note_end(job, end)
            self._on_end()
        self.begin()
