"""Clips and files that failed and wait for their next try."""

import heapq
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from qasr_cli.core.outcomes import Attempt
from qasr_cli.core.types import Clip, ClipFailed
from qasr_cli.errors import QasrError
from qasr_cli.machine.clock import Clock
from qasr_cli.run.events import AttemptFailed, Event
from qasr_cli.run.file_in_work import FileInWork
from qasr_cli.run.retry.decision import GiveUp, Retry, decide
from qasr_cli.run.stop_request import StopRequest, wait_until


@dataclass(slots=True, kw_only=True, eq=False, order=False)
class _WaitingClip:
    file: FileInWork
    clip: Clip


class RetryQueue:
    """What waits for its next try: clips in this round, whole files in the next.

    Args:
        retries: how many tries may follow the first.
        on_attempt: told of every try that failed.
    """

    def __init__(
        self,
        *,
        retries: int,
        clock: Clock,
        stop: StopRequest,
        notify: Callable[[Event], None],
        on_attempt: Callable[[FileInWork, Attempt], None],
    ) -> None:
        self._retries = retries
        self._clock = clock
        self._stop = stop
        self._notify = notify
        self._on_attempt = on_attempt
        self._files: list[tuple[float, FileInWork]] = []  # due, file
        self._clips: list[tuple[float, int, _WaitingClip]] = []  # heap: due, tie-break, clip
        self._order = itertools.count()

    @property
    def has_files(self) -> bool:
        """Whether a file waits for the next round."""
        return bool(self._files)

    @property
    def has_clips(self) -> bool:
        """Whether a clip waits."""
        return bool(self._clips)

    def add_clip(self, file: FileInWork, clip: Clip, *, attempt: int, failed: ClipFailed) -> bool:
        """Note that a try of a clip failed; whether the clip gets another one.

        Args:
            attempt: the number of the try that failed.
        """
        decision = self._decide(file, attempt, failed.stage, failed.error)
        if isinstance(decision, GiveUp):
            return False
        due_s = self._clock.monotonic_s() + decision.delay_s
        waiting = _WaitingClip(file=file, clip=clip)
        heapq.heappush(self._clips, (due_s, next(self._order), waiting))
        return True

    def add_file(self, file: FileInWork, *, stage: str, error: QasrError) -> bool:
        """Note that a try of a whole file failed; whether the file gets another one.

        Its clips do not wait any more. It is tried again from its first clip in the next round:
        by then no clip of this try is in the engine any more.
        """
        self._clips = [entry for entry in self._clips if entry[2].file is not file]
        heapq.heapify(self._clips)
        decision = self._decide(file, file.try_number, stage, error)
        if isinstance(decision, GiveUp):
            return False
        again = FileInWork(job=file.job, attempts=file.attempts, try_number=file.try_number + 1)
        self._files.append((self._clock.monotonic_s() + decision.delay_s, again))
        return True

    def due_clips(self) -> Iterator[tuple[FileInWork, Clip]]:
        """Take the clips that need not wait any longer."""
        while self._clips and self._clips[0][0] <= self._clock.monotonic_s():
            _, _, waiting = heapq.heappop(self._clips)
            yield waiting.file, waiting.clip

    def wait_for_clip(self) -> None:
        """Sleep until the next clip is due, or until the run shall stop."""
        wait_until(self._clips[0][0], clock=self._clock, stop=self._stop)

    def take_files(self) -> Iterator[FileInWork]:
        """Take all files that wait, each once it is due."""
        files, self._files = self._files, []
        return self._each_once_due(files)

    def _each_once_due(self, files: list[tuple[float, FileInWork]]) -> Iterator[FileInWork]:
        for due_s, file in files:
            wait_until(due_s, clock=self._clock, stop=self._stop)
            yield file

    def _decide(
        self, file: FileInWork, number: int, stage: str, error: QasrError
    ) -> Retry | GiveUp:
        decision = decide(error, attempt=number, retries=self._retries)
        attempt = Attempt(
            attempt=number,
            stage=stage,
            error=f"{type(error).__name__}: {error}",
            timestamp=self._clock.timestamp(),
        )
        file.attempts.append(attempt)
        self._on_attempt(file, attempt)
        self._notify(
            AttemptFailed(
                media=file.job.media,
                attempt=attempt,
                retry_in_s=decision.delay_s if isinstance(decision, Retry) else None,
            )
        )
        return decision
