"""Jobs as one stream of clips.

The engine pulls; so memory holds the engine's window, the clips that wait for another try, and a
bounded stretch of sound that is decoded meanwhile. Retry is decided by `run.retry`, above the
engine.
"""

import contextlib
import itertools
from collections.abc import Callable, Generator, Iterable, Iterator

from qasr_cli.core.types import Clip, MediaFile
from qasr_cli.media.recording import Recording
from qasr_cli.run.collector import Collector
from qasr_cli.run.events import AudioDecoded, Event, FileStarted
from qasr_cli.run.file_in_work import FileInWork
from qasr_cli.run.plan.jobs import Job
from qasr_cli.run.read_ahead import Opened, ReadAhead, Reader, Room
from qasr_cli.run.retry.queue import RetryQueue
from qasr_cli.run.state.spool import Spool
from qasr_cli.run.stop_request import StopRequest


class Feed:
    """The stream of clips of a run.

    Args:
        rounds: of jobs. A round is pulled when the engine has given back every clip of the one
            before it; a job when the one before it is fully decoded, and there is room ahead.
        looks_ahead: False = a job is pulled only when every clip before it was taken, since
            pulling it may take long.
        begin: called before work on a job begins, also before every new try of the whole file.
        open_recording: makes the decoder of a file, whose spool is open.
        on_clip: told of each clip, also of one that an earlier run heard.
        retry_queue: gives what is to be tried again.
        collector: told of each clip that is handed out, and of files that fail.
        room: how much sound may be read ahead, asked again and again.
    """

    def __init__(
        self,
        rounds: Iterator[Iterable[Job]],
        *,
        looks_ahead: bool,
        begin: Callable[[Job], Spool | None],
        open_recording: Callable[[FileInWork, Callable[[int], None]], Recording],
        on_clip: Callable[[MediaFile, Clip], None],
        retry_queue: RetryQueue,
        collector: Collector,
        stop: StopRequest,
        notify: Callable[[Event], None],
        room: Callable[[], Room] = Room,
    ) -> None:
        self._room = room
        self._rounds = rounds
        self._round = next(rounds, None)
        self._looks_ahead = looks_ahead
        self._ahead: ReadAhead | None = None
        self._begin = begin
        self._open_recording = open_recording
        self._on_clip = on_clip
        self._retry_queue = retry_queue
        self._collector = collector
        self._stop = stop
        self._notify = notify

    @property
    def has_work(self) -> bool:
        """True while `clips` would give more."""
        waits = self._retry_queue.has_files or self._retry_queue.has_clips
        return (self._round is not None or waits) and not self._stop.is_set

    def clips(self) -> Generator[Clip]:
        """One round: every clip that can be had now. Ask `has_work` for another round.

        The engine may hold clips of several files at a time, but never of two rounds.
        """
        if self._retry_queue.has_files:
            yield from self._clips_of_files(self._retry_queue.take_files(), is_eager=False)
        elif self._round is not None:
            files = (FileInWork(job=job) for job in self._round)
            yield from self._clips_of_files(files, is_eager=self._looks_ahead)
            if self._stop.is_set:
                return
            self._round = next(self._rounds, None)
        while self._retry_queue.has_clips and not self._stop.is_set:
            self._retry_queue.wait_for_clip()
            yield from self._due_clips()

    def look_ahead(self) -> None:
        """Open files before their turn, where there is room: results make some."""
        if self._ahead is not None:
            self._ahead.look_ahead()

    def _clips_of_files(self, files: Iterator[FileInWork], *, is_eager: bool) -> Generator[Clip]:
        wanted = itertools.takewhile(lambda _: not self._stop.is_set, files)
        ahead = ReadAhead(wanted, self._open, is_eager=is_eager, room=self._room)
        with contextlib.closing(ahead):
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
        return Reader(lambda on_samples: self._open_recording(file, on_samples), room=self._room)

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
                elif taken or reader.recording.is_heard:
                    self._notify(AudioDecoded(media=media, sample_count=taken))
            file.summary = reader.recording.summary
        except Exception as error:  # noqa: BLE001  # one file's trouble costs nobody else's work
            self._collector.fail(file, stage="decode", cause=error)
        else:
            self._collector.complete_if_done(file)

    def _handed_out(self, file: FileInWork, clip: Clip) -> Iterator[Clip]:
        """The clip, unless an earlier run heard it."""
        self._on_clip(file.job.media, clip)
        if file.spool is not None and (heard := file.spool.find(clip)) is not None:
            self._collector.note_heard(file, heard, is_recalled=True)
            return
        self._collector.expect(file, clip)
        yield clip

    def _due_clips(self) -> Iterator[Clip]:
        for file, clip in self._retry_queue.due_clips():
            self._collector.expect_again(file, clip)
            yield clip
