"""The loop of a run: clips to the engine, results back, until every file has its outcome."""

import contextlib
from collections.abc import Callable, Iterable, Iterator

from qasr_cli.core.types import Clip, MediaFile
from qasr_cli.engines.base import Engine
from qasr_cli.errors import DeviceLost, OutputExists, QasrError
from qasr_cli.machine.clock import Clock
from qasr_cli.media.condition import export_clip
from qasr_cli.media.recording import Recording
from qasr_cli.options import RunOptions
from qasr_cli.run.collector import Collector
from qasr_cli.run.events import Event, ModelsLoading
from qasr_cli.run.feed import Feed
from qasr_cli.run.file_in_work import FileInWork, FilesInWork
from qasr_cli.run.file_policy import FilePolicies
from qasr_cli.run.finish import Finisher
from qasr_cli.run.ledger import Books
from qasr_cli.run.plan.jobs import Job
from qasr_cli.run.read_ahead import room_for
from qasr_cli.run.retry.queue import RetryQueue
from qasr_cli.run.stop_request import StopRequest


class EngineLoop:
    """Lets an engine work on the jobs of a run until there are no more, or it cannot go on."""

    def __init__(
        self,
        *,
        engine: Engine,
        options: RunOptions,
        policies: FilePolicies,
        ledger: Books,
        in_work: FilesInWork,
        finisher: Finisher,
        clock: Clock,
        stop: StopRequest,
        notify: Callable[[Event], None],
    ) -> None:
        self._engine = engine
        self._options = options
        self._policies = policies
        self._ledger = ledger
        self._in_work = in_work
        self._finisher = finisher
        self._clock = clock
        self._stop = stop
        self._notify = notify
        self._models_announced = False
        self._clips_exist_of: set[str] = set()

    def run(self, rounds: Iterator[Iterable[Job]]) -> QasrError | None:
        """Do all rounds of jobs; what ended them early, or None.

        Args:
            rounds: as in `Feed`.
        """
        retry_queue = RetryQueue(
            retries=self._options.retries,
            clock=self._clock,
            stop=self._stop,
            notify=self._notify,
            on_attempt=lambda file, attempt: self._ledger.note_attempt(file.job, attempt),
        )
        collector = Collector(
            retry_queue=retry_queue,
            notify=self._notify,
            on_complete=self._finisher.complete,
            on_failed=self._finisher.fail,
        )
        feed = Feed(
            rounds,
            looks_ahead=self._options.wait_stable_s is None,
            begin=self._in_work.begin,
            open_recording=self._open_recording,
            on_clip=self._on_clip,
            retry_queue=retry_queue,
            collector=collector,
            stop=self._stop,
            notify=self._notify,
            room=lambda: room_for(self._engine.clips_at_once),
        )
        try:
            self._do_all(feed, collector)
        except QasrError as error:
            # Engine gone or disk full: what is done stays done.
            if isinstance(error, DeviceLost):
                self._in_work.blame()
            return error
        return None

    def _do_all(self, feed: Feed, collector: Collector) -> None:
        while feed.has_work:
            # Closing ends the decoder of the file at hand when the engine gives up.
            with contextlib.closing(feed.clips()) as clips:
                for result in self._engine.run(self._announced(clips)):
                    collector.take(result)
                    feed.look_ahead()
                    if self._stop.is_set:
                        self._engine.stop()

    def _open_recording(self, file: FileInWork, on_samples: Callable[[int], None]) -> Recording:
        policy = self._policies.of(file.job.media)
        if policy.diarizer is not None:
            # In this thread and before the others: two that load models get in each other's way.
            policy.diarizer.load()
        return policy.recording_of(file.job, on_samples=on_samples, spool=file.spool)

    def _announced(self, clips: Iterable[Clip]) -> Iterator[Clip]:
        """The clips; that models load for the first of them is told."""
        for clip in clips:
            if not self._models_announced:
                self._models_announced = True
                self._notify(ModelsLoading(models=self._engine.models))
            yield clip

    def _on_clip(self, media: MediaFile, clip: Clip) -> None:
        folder = self._options.keep_clips_dir
        if folder is not None:
            self._keep(clip, media, folder)

    def _keep(self, clip: Clip, media: MediaFile, folder: str) -> None:
        overwrite = self._policies.of(media).options.output.overwrite
        try:
            export_clip(clip, media=media, folder=folder, overwrite=overwrite)
        except OutputExists as error:
            # The subtitles are what was asked for: they do not fail for a clip, but it is said.
            if media.path not in self._clips_exist_of:
                self._clips_exist_of.add(media.path)
                self._ledger.warn(f"--keep-clips: {error}")
