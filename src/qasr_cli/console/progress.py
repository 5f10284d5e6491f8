"""Counts, speed and remaining time of a run. No terminal here."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from qasr_cli.console.lines import speed_text, watching_text
from qasr_cli.console.remaining import Pace, Remaining, SoundToCome, WorkClock
from qasr_cli.core.counts import counted
from qasr_cli.core.outcomes import FileDone, FileFailed, FileOutcome
from qasr_cli.core.timing import clock, ms_from_samples
from qasr_cli.core.types import MediaFile
from qasr_cli.run.events import (
    AudioDecoded,
    ClipFinished,
    Event,
    FileFinished,
    FileStarted,
    ModelsLoading,
    RunStarted,
    RunWaiting,
    WatchStarted,
)

_LOADING = "loading the models, which then recognise the first clips"


@dataclass(slots=True)
class _InWork:
    media: MediaFile
    claimed_ms: int
    decoded_ms: int = 0
    heard_ms: int = 0

    @property
    def length_ms(self) -> int:
        return max(self.claimed_ms, self.decoded_ms)

    @property
    def part_heard(self) -> float:
        return min(1.0, self.heard_ms / self.length_ms) if self.length_ms else 0.0


class Progress:
    """How far a run is, in figures. Shared by the two observers that draw bars."""

    def __init__(self, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._monotonic_s = monotonic_s
        self.file_count = 0
        self.finished_count = 0
        self.failed_count = 0
        self.total_bytes = 0
        self.heard_ms = 0
        self.stage = "looking for work"
        self._folders: tuple[str, ...] = ()
        self._finished_bytes = 0
        self._in_work: dict[str, _InWork] = {}
        self._sound = SoundToCome()
        self._work = WorkClock()
        self._remaining = Remaining()

    def on(self, event: Event) -> None:
        """Update the figures."""
        match event:
            case RunStarted():
                self.file_count, self.total_bytes = event.file_count, event.total_bytes
                self._sound.expect(event)
            case FileStarted(media=media, duration_ms=duration_ms):
                self._start(media, duration_ms)
            case WatchStarted(folders=folders):
                self._folders = folders
            case RunWaiting():
                self.stage = watching_text(self._folders)
                self._work.rest(self._monotonic_s())
                self._remaining = Remaining()
            case ModelsLoading():
                self.stage = _LOADING
            case AudioDecoded(media=media, sample_count=count):
                self._show_decoding(media, is_picture=count == 0)
                if (file := self._in_work.get(media.relative_path)) is not None:
                    file.decoded_ms += ms_from_samples(count)
            case ClipFinished():
                self._hear(event)
            case FileFinished(outcome=outcome):
                self._finish(outcome)
            case _:
                pass

    def _start(self, media: MediaFile, duration_ms: int | None) -> None:
        self._work.go_on(self._monotonic_s())
        self._in_work[media.relative_path] = _InWork(media, duration_ms or 0)
        self._sound.open(media, duration_ms)
        self._show_decoding(media)

    def _show_decoding(self, media: MediaFile, *, is_picture: bool = False) -> None:
        # Sound for the first clips is read meanwhile; it is the models that take their time.
        if self.stage != _LOADING:
            what = "looking for cuts of the picture:" if is_picture else "decoding"
            self.stage = f"{what} {media.relative_path}"

    def _hear(self, event: ClipFinished) -> None:
        clip_ms = event.end_ms - event.start_ms
        if (file := self._in_work.get(event.media.relative_path)) is not None:
            file.heard_ms += clip_ms
        if event.is_recalled:
            return
        self.heard_ms += clip_ms
        self.stage = f"recognising {event.media.relative_path}"
        self._remaining.note(self._pace())

    def _finish(self, outcome: FileOutcome) -> None:
        self.finished_count += 1
        self.failed_count += isinstance(outcome, FileFailed)
        self._finished_bytes += outcome.media.size_bytes
        self._in_work.pop(outcome.media.relative_path, None)
        self._sound.end(outcome)
        if isinstance(outcome, FileDone):
            self._remaining.note(self._pace())

    @property
    def speed(self) -> float:
        """Audio seconds recognised a second of work; 0 before there are any."""
        return self.heard_ms / 1000 / max(self._work.elapsed_s(self._monotonic_s()), 1e-9)

    @property
    def part_done(self) -> float:
        """0 to 1, by bytes: the durations of files not yet opened are unknown."""
        in_work = sum(file.media.size_bytes * file.part_heard for file in self._in_work.values())
        return min(1.0, (self._finished_bytes + in_work) / max(self.total_bytes, 1))

    @property
    def eta_s(self) -> float | None:
        """Seconds to go, or None before there is anything to go by."""
        return self._remaining.at(self._pace())

    @property
    def figures(self) -> str:
        """All of it in one line; what is not known yet is left out."""
        if not self.file_count:
            return ""
        files = counted(self.file_count, "file").removeprefix(f"{self.file_count}")
        parts = [f"{self.finished_count}/{self.file_count}{files}"]
        if self.heard_ms:
            parts += [f"{clock(self.heard_ms / 1000)} of sound", speed_text(self.speed)]
        if self.failed_count:
            parts.append(f"{self.failed_count} failed")
        if (eta_s := self.eta_s) is not None:
            parts.append(f"{clock(eta_s)} to go")
        return "  ".join(parts)

    def _pace(self) -> Pace:
        files = self._in_work.values()
        in_work_ms = sum(max(0, file.length_ms - file.heard_ms) for file in files)
        now_s = self._monotonic_s()
        return Pace(
            now_s=now_s,
            worked_s=self._work.elapsed_s(now_s),
            heard_ms=self.heard_ms,
            left_ms=in_work_ms + self._sound.unopened_ms,
        )
