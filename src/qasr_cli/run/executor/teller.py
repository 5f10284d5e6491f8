"""The worker's books: all that its driver is told of files, by lines and by way of the disk."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from qasr_cli.core.outcomes import Attempt, FileOutcome
from qasr_cli.core.types import MediaFile
from qasr_cli.run.events import (
    AttemptFailed,
    AudioDecoded,
    ClipFinished,
    Event,
    FileStarted,
    ModelsLoading,
    RunWarned,
)
from qasr_cli.run.executor.messages import Message, document_of_outcome
from qasr_cli.run.executor.told import ToldFile
from qasr_cli.run.plan.jobs import Job

# Sound is decoded in blocks of milliseconds; whoever watches looks ten times a second at most.
_DECODED_EVERY_S = 0.25


class Teller:
    """Tells what becomes of files, and how far they are.

    Args:
        say: gives the driver a line.
    """

    def __init__(self, say: Callable[[Message], None]) -> None:
        self._say = say
        self._files: Mapping[str, ToldFile] = {}
        self._early: list[str] = []
        self._numbers: dict[str, int] = {}
        self._decoded: dict[str, int] = {}
        self._decoded_s = 0.0

    def open(self, files: Mapping[str, ToldFile]) -> None:
        """Tell from now on by these files, of each root."""
        self._files = files
        early, self._early = self._early, []
        for text in early:
            self.warn(text)

    def expect(self, numbers: Mapping[str, int]) -> None:
        """Speak of files by these numbers, by relative path."""
        self._numbers = dict(numbers)

    # --- the books ------------------------------------------------------------------------------

    def warn(self, text: str) -> None:
        """Tell what the user should know of the run as a whole."""
        root = next(iter(self._files), None)
        if root is None:
            self._early.append(text)  # there is no place for it yet
        else:
            self._tell("warning", root, {"warning": text})

    def known(self, job: Job, outcome: FileOutcome) -> None:
        """Tell an outcome that needs no line in the journal."""
        self._tell_outcome(job, {"outcome": document_of_outcome(outcome), "is_known": True})

    def finish(
        self, job: Job, outcome: FileOutcome, *, lasting: dict[str, Any] | None = None
    ) -> None:
        """Tell the outcome of a job that was worked on."""
        document = document_of_outcome(outcome)
        self._tell_outcome(job, {"outcome": document, "lasting": lasting, "is_known": False})

    def note_attempt(self, job: Job, attempt: Attempt) -> None:
        """Tell nothing: `on` tells of each attempt."""

    def _tell_outcome(self, job: Job, document: Message) -> None:
        number = self._numbers[job.media.relative_path]
        self._tell("outcome", self._root_of(job), document, job=number)

    def _root_of(self, job: Job) -> str:
        if job.store is None:
            raise AssertionError("only files of a batch are handed out")
        return job.store.root

    def _tell(self, what: str, root: str, document: Message, **more: object) -> None:
        place = self._files[root].add(document)
        self._say({"event": "told", "what": what, "root": root, **more, **place})

    # --- how far it is --------------------------------------------------------------------------

    def on(self, event: Event) -> None:
        """Tell what an observer of this run would be told."""
        match event:
            case FileStarted(media=media, duration_ms=duration_ms):
                self._of_file("started", media, duration_ms=duration_ms)
            case AudioDecoded(media=media, sample_count=sample_count):
                self._decoded_more(media.relative_path, sample_count)
            case ClipFinished():
                self._tell_decoded()
                self._of_file(
                    "heard",
                    event.media,
                    start_ms=event.start_ms,
                    end_ms=event.end_ms,
                    is_recalled=event.is_recalled,
                )
            case ModelsLoading(models=models):
                self._say({"event": "loading", "models": models})
            case AttemptFailed(media=media, attempt=attempt, retry_in_s=retry_in_s):
                document = {"attempt": asdict(attempt), "retry_in_s": retry_in_s}
                root = next(iter(self._files))
                self._tell("attempt", root, document, job=self._numbers[media.relative_path])
            case RunWarned(text=text):
                self.warn(text)
            case _:
                pass  # what the driver knows itself, or nobody watches

    def close(self) -> None:
        """Hold nothing."""

    def _of_file(self, event: str, media: MediaFile, **more: object) -> None:
        self._say({"event": event, "job": self._numbers[media.relative_path], **more})

    def _decoded_more(self, relative_path: str, sample_count: int) -> None:
        self._decoded[relative_path] = self._decoded.get(relative_path, 0) + sample_count
        if time.monotonic() >= self._decoded_s + _DECODED_EVERY_S:
            self._tell_decoded()

    def _tell_decoded(self) -> None:
        for relative_path, sample_count in self._decoded.items():
            number = self._numbers.get(relative_path)
            if number is not None:
                self._say({"event": "decoded", "job": number, "samples": sample_count})
        self._decoded.clear()
        self._decoded_s = time.monotonic()


class EngineWarnings(logging.Handler):
    """Tells what the engine warns of, which knows no run: it has a logger only."""

    def __init__(self, teller: Teller) -> None:
        super().__init__(logging.WARNING)
        self._teller = teller

    def emit(self, record: logging.LogRecord) -> None:
        """Tell one."""
        self._teller.warn(record.getMessage())
