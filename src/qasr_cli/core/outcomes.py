"""What became of a clip, and of a file: the values that retries, journal and report are made of."""

from dataclasses import dataclass, field
from typing import Literal

from qasr_cli.core.types import (
    ClipDone,
    ClipFailed,
    IntervalMs,
    MediaFile,
    Span,
    Transcript,
)
from qasr_cli.core.voice_types import HeardVoices
from qasr_cli.errors import InputError

# Why files were left out, beside the names of bins.
_BREATH_MS = 1000
HIDDEN = "hidden"
COPIES = "made by --embed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipOutcome:
    """What became of one clip, all tries included.

    Attributes:
        span: where it lies in the file.
        result: of the last try.
        attempts: how many tries there were.
        speaker: whose words they are, or on which channel, where that is known.
        voices: how the voices in it sound; None where nobody listened for them.
    """

    span: Span
    result: ClipDone | ClipFailed
    attempts: int = 1
    speaker: str | None = None
    voices: HeardVoices | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One failed try, for the report.

    Attributes:
        attempt: 1 for the first try.
        stage: probe, decode, recognise, align, write ...
        error: class name and message in one line.
        timestamp: ISO 8601, UTC.
    """

    attempt: int
    stage: str
    error: str
    timestamp: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDone:
    """The file is done: its outputs are written.

    Attributes:
        is_rendered: they were made of what an earlier run heard.
    """

    media: MediaFile
    outputs: tuple[str, ...]
    duration_ms: int
    language: str | None
    attempts: tuple[Attempt, ...] = ()
    warnings: tuple[str, ...] = ()
    is_rendered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFailed:
    """The file failed, and why; it has outputs only where it is done in part.

    Attributes:
        is_partial: its outputs hold what could be heard.
        outputs, duration_ms, language: of one that is done in part.
        is_rendered: as in `FileDone`.
        is_quarantined: it was not tried, because the process died over it too often.
        error: what happened, where it happened in this run; where it came from (its cause and its
            traceback) is known of the last ones alone.
        reviewed: as in `FileSkipped`, of one that is done in part.
    """

    media: MediaFile
    error_kind: str
    message: str
    attempts: tuple[Attempt, ...] = ()
    warnings: tuple[str, ...] = ()
    is_quarantined: bool = False
    is_partial: bool = False
    outputs: tuple[str, ...] = ()
    duration_ms: int | None = None
    language: str | None = None
    is_rendered: bool = False
    error: InputError | None = field(default=None, compare=False, repr=False)
    reviewed: str | None = None

    @property
    def status(self) -> Literal["failed", "partial", "quarantined"]:
        """What a report calls it."""
        if self.is_quarantined:
            return "quarantined"
        return "partial" if self.is_partial else "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSkipped:
    """Nothing had to be done, and why; a warning where that may not be what the user wants.

    Attributes:
        reviewed: when somebody said that it is as it should be, ISO 8601; None = nobody has.
    """

    media: MediaFile
    reason: str
    outputs: tuple[str, ...] = ()
    duration_ms: int | None = None
    language: str | None = None
    warnings: tuple[str, ...] = ()
    reviewed: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePending:
    """Neither done nor failed: the run ended, or is not there yet. The next one goes on with it.

    Attributes:
        reason: why it was passed over; None when it was only not reached.
    """

    media: MediaFile
    reason: str | None = None


FileOutcome = FileDone | FileFailed | FileSkipped | FilePending


def inaudible_stretches(transcript: Transcript) -> tuple[IntervalMs, ...]:
    """Where no model could say what is spoken, after all tries; in order, not touching."""
    merged: list[IntervalMs] = []
    for clip in (clip for clip in transcript.clips if clip.status == "failed"):
        # What lies between them is a breath; and times are shown in whole seconds.
        touches = bool(merged) and merged[-1][1] + _BREATH_MS >= clip.start_ms
        merged.append((merged.pop()[0] if touches else clip.start_ms, clip.end_ms))
    return tuple(merged)
