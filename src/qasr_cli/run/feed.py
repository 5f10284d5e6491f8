"""Jobs into one stream of clips, results back into finished files.

The engine pulls; so memory holds the engine's window, the clips that wait for another try, and a
bounded stretch of sound that is decoded meanwhile. Retry is decided by `run.retry`, above the
engine.
"""

import contextlib
import heapq
import itertools
import logging
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass

from qasr_cli.core.outcomes import Attempt, ClipOutcome
from qasr_cli.core.timing import ms_from_samples
from qasr_cli.core.types import Clip, ClipFailed, ClipResult, MediaFile
from qasr_cli.errors import InputError, InternalError, OutOfMemory, QasrError, UnreadableInput
from qasr_cli.machine.clock import Clock
from qasr_cli.media.recording import Recording
from qasr_cli.run.events import (
    AttemptFailed,
    AudioDecoded,
    ClipFinished,
    Event,
    FileStarted,
)
from qasr_cli.run.file_in_work import FileInWork
from qasr_cli.run.plan.jobs import Job
from qasr_cli.run.read_ahead import Opened, ReadAhead, Reader
from qasr_cli.run.retry import GiveUp, Retry, decide
from qasr_cli.run.state.spool import Spool
from qasr_cli.run.stop_request import StopRequest, wait_until

_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True, eq=False, order=False)
class _Waiting:
    file: FileInWork
    clip: Clip


def input_error_from(cause: Exception, path: str) -> InputError:
    """The error of one file; what is no file's fault is raised again and ends the run."""
    match cause:
        case InputError():
            return cause
        case QasrError() | BrokenPipeError():
            raise cause
        case OSError():
            return UnreadableInput(path, cause.strerror or type(cause).__name__)
        case MemoryError():
            return OutOfMemory(path)
        case _:
            _log.debug("%s: internal error", path, exc_info=cause)
            return InternalError(path, f"{type(cause).__name__}: {cause}")


class Feed:
    """The stream of clips of a run.

    Args:
        rounds: of jobs. A round is pulled when the engine has given back every clip of the one
            before it; a job when the one before it is fully decoded, and there is room ahead.
        looks_ahead: False = a job is pulled only when every clip before it was taken, since
            pulling it may take long.
        begin: called before work on a job begins, also before every new try of the whole file.
        open_recording: makes the decoder of a job.
        on_complete, on_failed: called exactly once for each file that was started, on_failed
            with the error that ended it.
    """

    def __init__(
        self,
        rounds: Iterator[Iterable[Job]],
        *,
        looks_ahead: bool,
        begin: Callable[[Job], Spool | None],
        open_recording: Callable[[Job, Callable[[int], None]], Recording],
        retries: int,
        clock: Clock,
        stop: StopRequest,
        notify: Callable[[Event], None],
        on_clip: Callable[[MediaFile, Clip], None],
        on_attempt: Callable[[FileInWork, Attempt], None],
        on_complete: Callable[[FileInWork], None],
        on_failed: Callable[[FileInWork, InputError], None],
    ) -> None:
        self._rounds = rounds
        self._round = next(rounds, None)
        self._looks_ahead = looks_ahead
        self._ahead: ReadAhead | None = None
        self._begin = begin
        self._open_recording = open_recording
        self._retries = retries
        self._clock = clock
        self._stop = stop
        self._notify = notify
        self._on_clip = on_clip
        self._on_attempt = on_attempt
        self._on_complete = on_complete
        self._on_failed = on_failed
        self._by_clip: dict[str, FileInWork] = {}
        self._again: list[tuple[float, FileInWork]] = []  # due; decoded in the next round
        self._waiting: list[tuple[float, int, _Waiting]] = []  # heap: due, tie-break, clip
        self._order = itertools.count()

    @property
    def has_work(self) -> bool:
        """True while `clips` would give more."""
        is_left = self._round is not None or self._again or self._waiting
        return bool(is_left) and not self._stop.is_set

    def clips(self) -> Generator[Clip]:
        """One round: every clip that can be had now. Ask `has_work` for another round.

        The engine may hold clips of several files at a time, but never of two rounds.
        """
        again, self._again = self._again, []
        if again:
            yield from self._clips_of_files(self._due_files(again), is_eager=False)
        elif self._round is not None:
            files = (FileInWork(job=job) for job in self._round)
            yield from self._clips_of_files(files, is_eager=self._looks_ahead)
            if self._stop.is_set:
                return
            self._round = next(self._rounds, None)
        while self._waiting and not self._stop.is_set:
            wait_until(self._waiting[0][0], clock=self._clock, stop=self._stop)
            yield from self._due_clips()

    def look_ahead(self) -> None:
        """Open files before their turn, where there is room: results make some."""
        if self._ahead is not None:
            self._ahead.look_ahead()

    def take(self, result: ClipResult) -> None:
        """Note one result; a file whose last clip this was is complete."""
        file = self._by_clip.pop(result.clip_id, None)
        if file is None:
            return  # its file failed meanwhile
        clip, attempt = file.pending[result.clip_id]
        if isinstance(result, ClipFailed) and self._will_retry(file, clip, attempt, result):
            return
        del file.pending[clip.clip_id]
        heard = ClipOutcome(span=clip.span, result=result, attempts=attempt, speaker=clip.channel)
        if file.spool is not None:
            file.spool.add(clip, heard)
        self._note_heard(file, heard)
        self._complete_if_done(file)

    def _note_heard(self, file: FileInWork, heard: ClipOutcome) -> None:
        file.heard.append(heard)
        self._notify(
            ClipFinished(
                media=file.job.media,
                start_ms=ms_from_samples(heard.span.start_sample),
                end_ms=ms_from_samples(heard.span.end_sample),
            )
        )

    def _due_files(self, again: list[tuple[float, FileInWork]]) -> Iterator[FileInWork]:
        for due_s, file in again:
            wait_until(due_s, clock=self._clock, stop=self._stop)
            yield file

    def _clips_of_files(self, files: Iterator[FileInWork], *, is_eager: bool) -> Generator[Clip]:
        wanted = itertools.takewhile(lambda _: not self._stop.is_set, files)
        with contextlib.closing(ReadAhead(wanted, self._open, is_eager=is_eager)) as ahead:
            self._ahead = ahead
            for opened in ahead:
                for clip in self._clips_of(opened):
                    ahead.look_ahead()
                    yield clip
                if self._stop.is_set:
                    return

    def _open(self, file: FileInWork) -> Reader:
        file.job = file.job.refreshed()
        file.spool = self._begin(file.job)
        return Reader(lambda on_samples: self._open_recording(file.job, on_samples))

    def _clips_of(self, opened: Opened) -> Iterator[Clip]:
        file, media = opened.file, opened.file.job.media
        try:
            reader = opened.reader()
            self._notify(FileStarted(media=media, duration_ms=reader.probe().duration_ms))
            for taken in reader.take():
                if self._stop.is_set:
                    return
                if isinstance(taken, Clip):
                    yield from self._due_clips()
                    yield from self._handed_out(file, taken)
                else:
                    self._notify(AudioDecoded(media=media, sample_count=taken))
            file.summary = reader.recording.summary
        except Exception as error:  # noqa: BLE001  # one file's trouble costs nobody else's work
            self._file_failed(file, "decode", error)
        else:
            self._complete_if_done(file)

    def _handed_out(self, file: FileInWork, clip: Clip) -> Iterator[Clip]:
        """The clip, unless an earlier run heard it."""
        self._on_clip(file.job.media, clip)
        if file.spool is not None and (heard := file.spool.find(clip)) is not None:
            self._note_heard(file, heard)
            return
        file.pending[clip.clip_id] = (clip, 1)
        self._by_clip[clip.clip_id] = file
        yield clip

    def _complete_if_done(self, file: FileInWork) -> None:
        if not file.is_complete:
            return
        try:
            self._on_complete(file)
        except Exception as error:  # noqa: BLE001  # as above
            self._file_failed(file, "write", error)

    def _file_failed(self, file: FileInWork, stage: str, cause: Exception) -> None:
        error = input_error_from(cause, file.job.media.path)
        for clip_id in file.pending:
            self._by_clip.pop(clip_id, None)
        self._waiting = [entry for entry in self._waiting if entry[2].file is not file]
        heapq.heapify(self._waiting)
        decision = decide(error, attempt=file.try_number, retries=self._retries)
        self._note_attempt(file, file.try_number, stage, error, decision)
        match decision:
            case Retry(delay_s=delay_s):
                # In the next round: by then no clip of this try is in the engine any more.
                again = FileInWork(
                    job=file.job, attempts=file.attempts, try_number=file.try_number + 1
                )
                self._again.append((self._clock.monotonic_s() + delay_s, again))
            case GiveUp():
                self._on_failed(file, error)

    def _will_retry(self, file: FileInWork, clip: Clip, attempt: int, result: ClipFailed) -> bool:
        decision = decide(result.error, attempt=attempt, retries=self._retries)
        self._note_attempt(file, attempt, result.stage, result.error, decision)
        match decision:
            case Retry(delay_s=delay_s):
                due_s = self._clock.monotonic_s() + delay_s
                file.pending[clip.clip_id] = (clip, attempt + 1)
                waiting = _Waiting(file=file, clip=clip)
                heapq.heappush(self._waiting, (due_s, next(self._order), waiting))
                return True
            case GiveUp():
                return False

    def _due_clips(self) -> Iterator[Clip]:
        while self._waiting and self._waiting[0][0] <= self._clock.monotonic_s():
            _, _, waiting = heapq.heappop(self._waiting)
            self._by_clip[waiting.clip.clip_id] = waiting.file
            yield waiting.clip

    def _note_attempt(
        self,
        file: FileInWork,
        number: int,
        stage: str,
        error: QasrError,
        decision: Retry | GiveUp,
    ) -> None:
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
