"""Counts, speed and remaining time of a run. No terminal here."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from qasr_cli.core.outcomes import FileFailed, FileOutcome, FileSkipped
from qasr_cli.core.timing import ms_from_samples
from qasr_cli.run.events import (
    AudioDecoded,
    ClipFinished,
    Event,
    FileFinished,
    FileStarted,
    ModelsLoading,
    RunStarted,
    RunWaiting,
)


@dataclass(slots=True)
class _InWork:
    size_bytes: int
    claimed_ms: int
    decoded_ms: int = 0
    heard_ms: int = 0

    @property
    def part_heard(self) -> float:
        duration_ms = max(self.claimed_ms, self.decoded_ms)
        return min(1.0, self.heard_ms / duration_ms) if duration_ms else 0.0


class Progress:
    """How far a run is, in figures. Shared by the two observers that draw bars."""

    def __init__(self, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._monotonic_s = monotonic_s
        self._started_s = monotonic_s()
        self.file_count = 0
        self.finished_count = 0
        self.failed_count = 0
        self.total_bytes = 0
        self.heard_ms = 0
        self.stage = "looking for work"
        self._finished_bytes = 0
        self._worked_bytes = 0
        self._in_work: dict[str, _InWork] = {}

    def on(self, event: Event) -> None:
        """Update the figures."""
        match event:
            case RunStarted():
                self.file_count, self.total_bytes = event.file_count, event.total_bytes
            case FileStarted(media=media, duration_ms=duration_ms):
                self._in_work[media.relative_path] = _InWork(media.size_bytes, duration_ms or 0)
                self.stage = f"decoding {media.relative_path}"
            case RunWaiting():
                self.stage = "waiting for recordings"
            case ModelsLoading():
                self.stage = "loading the models"
            case AudioDecoded(media=media, sample_count=count):
                self.stage = f"decoding {media.relative_path}"
                if (file := self._in_work.get(media.relative_path)) is not None:
                    file.decoded_ms += ms_from_samples(count)
            case ClipFinished(media=media):
                self.heard_ms += event.end_ms - event.start_ms
                if (file := self._in_work.get(media.relative_path)) is not None:
                    file.heard_ms = max(file.heard_ms, event.end_ms)
                self.stage = f"recognising {media.relative_path}"
            case FileFinished(outcome=outcome):
                self._finish(outcome)
            case _:
                pass

    def _finish(self, outcome: FileOutcome) -> None:
        self.finished_count += 1
        self.failed_count += isinstance(outcome, FileFailed)
        self._finished_bytes += outcome.media.size_bytes
        if not isinstance(outcome, FileSkipped):
            self._worked_bytes += outcome.media.size_bytes
        self._in_work.pop(outcome.media.relative_path, None)

    @property
    def elapsed_s(self) -> float:
        """Wall seconds since the start."""
        return self._monotonic_s() - self._started_s

    @property
    def speed(self) -> float:
        """Audio seconds recognised a wall second."""
        return self.heard_ms / 1000 / max(self.elapsed_s, 1e-9)

    @property
    def part_done(self) -> float:
        """0 to 1, by bytes: the durations of files not yet opened are unknown."""
        return min(1.0, (self._finished_bytes + self._bytes_in_work()) / max(self.total_bytes, 1))

    @property
    def eta_s(self) -> float | None:
        """Seconds to go, or None before there is anything to go by."""
        worked = self._worked_bytes + self._bytes_in_work()
        left = self.total_bytes - self._finished_bytes - self._bytes_in_work()
        return self.elapsed_s * left / worked if worked > 0 else None

    def _bytes_in_work(self) -> float:
        return sum(file.size_bytes * file.part_heard for file in self._in_work.values())
