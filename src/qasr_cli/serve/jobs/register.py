"""Every job there is, and what clients see of them. Belongs to the event loop."""

from collections import deque
from collections.abc import Iterator

from qasr_cli.serve.jobs.events import News
from qasr_cli.serve.jobs.folder import End
from qasr_cli.serve.jobs.job import Job, JobEvent, JobState, Reached
from qasr_cli.serve.refusals import Refused

# Ended jobs whose sentences are still at hand for streams that are behind.
_REMEMBERED_COUNT = 32
_GONE_COUNT = 1000  # removed jobs that streams are told of


class Register:
    """The jobs of a service by their ids.

    Attributes:
        last_number: of the order in which they came.
    """

    def __init__(self, news: News) -> None:
        self._news = news
        self._jobs: dict[str, Job] = {}
        self._gone: deque[JobEvent] = deque(maxlen=_GONE_COUNT)
        self._remembered: deque[Job] = deque()
        self.last_number = 0

    def __iter__(self) -> Iterator[Job]:
        """All jobs, in the order in which they came."""
        return iter(self._jobs.values())

    def new_number(self) -> int:
        """For one more job."""
        self.last_number += 1
        return self.last_number

    def named(self, job_id: str) -> Job:
        """The job of an id.

        Raises:
            Refused: there is none.
        """
        job = self._jobs.get(job_id)
        if job is None:
            raise Refused.not_found("there is no such job; ended ones are kept for a while only")
        return job

    @property
    def waiting_count(self) -> int:
        """Jobs that are neither at work nor at their end."""
        return sum(job.end is None and job.at_work is None for job in self)

    @property
    def at_work_count(self) -> int:
        """Jobs that are at work."""
        return sum(job.at_work is not None for job in self)

    def with_positions(self) -> Iterator[tuple[Job, int | None]]:
        """All jobs, and the place in the queue, from 1, of those that wait."""
        place = 0
        for job in self:
            is_waiting = job.state is JobState.QUEUED
            place += is_waiting
            yield job, place if is_waiting else None

    def document_of(self, job: Job) -> dict[str, object]:
        """A job as clients see it."""
        position = next((place for each, place in self.with_positions() if each is job), None)
        return job.to_document(position=position)

    def events_after(self, number: int, *, job_id: str | None = None) -> Iterator[JobEvent]:
        """What is new since an event, in no order.

        Args:
            job_id: of this job alone; None = of all.
        """
        for job, position in self.with_positions():
            if job_id in {None, job.id} and job.last_number > number:
                yield from job.events_after(number, position=position)
        for event in self._gone:
            if event[0] > number and job_id in {None, event[2]["id"]}:
                yield event

    def is_at_end(self, job_id: str) -> bool:
        """Whether nothing more will come of a job."""
        job = self._jobs.get(job_id)
        return job is None or job.end is not None

    def add(self, job: Job) -> None:
        """One more job."""
        self.last_number = max(self.last_number, job.accepted.number)
        self._jobs[job.id] = job
        if job.end is None:
            job.state = JobState.HELD if job.accepted.is_held else JobState.QUEUED
            job.state_number = self._news.take_number()
        else:
            self.note_end(job, job.end)

    def note_end(self, job: Job, end: End) -> None:
        """A job has ended."""
        job.end = end
        job.state = JobState.DONE if end.error is None else JobState.FAILED
        job.state_number = self._news.take_number()
        job.end_number = self._news.take_number()
        self._remembered.append(job)
        if len(self._remembered) > _REMEMBERED_COUNT:
            self._remembered.popleft().pieces.clear()

    def note_changed(self, job: Job) -> None:
        """Something else is to be said of a job."""
        job.state_number = self._news.take_number()

    def note_begun_anew(self, job: Job) -> None:
        """A job that was held, or has failed, waits for its turn."""
        if job in self._remembered:
            self._remembered.remove(job)
        job.end = None
        job.deaths = 0
        job.pieces.clear()
        job.reached = Reached()
        job.state = JobState.QUEUED
        job.state_number = self._news.take_number()

    def drop(self, job: Job) -> bool:
        """A job is removed; False where it was already."""
        if self._jobs.pop(job.id, None) is None:
            return False
        if job in self._remembered:
            self._remembered.remove(job)
        job.state = JobState.CANCELLED
        self._gone.append((self._news.take_number(), "state", job.to_document(position=None)))
        return True
