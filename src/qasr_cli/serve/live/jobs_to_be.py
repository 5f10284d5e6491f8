"""What was said in a session becomes a job that is done, like one of a recording."""

import asyncio
import logging
import os
from dataclasses import replace

from qasr_cli.errors import QasrError
from qasr_cli.machine.clock import Clock
from qasr_cli.options import Options
from qasr_cli.serve.jobs.all_jobs import Jobs
from qasr_cli.serve.jobs.folder import Accepted, End, JobFolder, not_kept
from qasr_cli.serve.jobs.job import Job
from qasr_cli.serve.live.captioning import Ended
from qasr_cli.serve.live.keeping import KeptTalk, become_job, left_behind
from qasr_cli.serve.refusals import Refused

_log = logging.getLogger(__name__)


class JobsToBe:
    """Makes jobs of sessions. Belongs to the event loop.

    Args:
        options: of the service.
    """

    def __init__(self, jobs: Jobs, *, options: Options, clock: Clock) -> None:
        self._jobs = jobs
        self._options = options
        self._clock = clock

    async def take_up(self, root: str) -> None:
        """Make jobs of the sessions that processes which died have left in a folder."""
        found = await asyncio.to_thread(
            lambda: list(left_behind(root, self._options, now_s=self._now_s()))
        )
        for folder, accepted, end in found:
            try:
                await self._adopted(folder, accepted, end)
            except Refused as refused:  # the next process tries it again
                _log.warning("session %s: %s", folder.id, refused.message)

    async def job_of(self, kept: KeptTalk, ended: Ended) -> Job | None:
        """The job of a session that has ended; None where nothing was said.

        Raises:
            Refused: the disk takes no more; the next process tries it again.
        """
        if not kept.is_worth_a_job:
            await asyncio.to_thread(kept.remove)
            return None
        try:
            accepted, end = await asyncio.to_thread(
                kept.ended, self._options, duration_ms=ended.duration_ms, now_s=self._now_s()
            )
        except (OSError, QasrError) as error:
            raise not_kept(error) from error
        if ended.reason is not None:
            end = replace(end, warnings=(*end.warnings, ended.reason[1]))
        return await self._adopted(kept.folder, accepted, end)

    async def _adopted(self, folder: JobFolder, accepted: Accepted, end: End) -> Job:
        accepted = replace(accepted, number=self._jobs.register.new_number())
        moved = JobFolder(root=self._jobs.root, id=folder.id)
        try:
            await asyncio.to_thread(become_job, folder, moved, accepted, end)
        except (OSError, QasrError) as error:
            raise not_kept(error) from error
        job = Job(folder=moved, accepted=accepted, end=end)
        job.has_recording = await asyncio.to_thread(os.path.exists, moved.media)
        self._jobs.register.add(job)
        self._jobs.background.sweep()
        return job

    def _now_s(self) -> int:
        return int(self._clock.now().timestamp())
