"""What became of a clip, and of a file: the values that retries, journal and report are made of."""

from dataclasses import dataclass, field

from qasr_cli.core.types import ClipDone, ClipFailed, MediaFile, Span
from qasr_cli.errors import InputError

HIDDEN = "hidden"  # where files were left out, beside the names of bins


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipOutcome:
    """What became of one clip, all tries included.

    Attributes:
        span: where it lies in the file.
        result: of the last try.
        attempts: how many tries there were.
        speaker: whose words they are, or on which channel, where that is known.
    """

    span: Span
    result: ClipDone | ClipFailed
    attempts: int = 1
    speaker: str | None = None


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
    """The file is done: its outputs are written."""

    media: MediaFile
    outputs: tuple[str, ...]
    duration_ms: int
    language: str | None
    attempts: tuple[Attempt, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFailed:
    """The file failed: it has no outputs, and why.

    Attributes:
        is_quarantined: it was not tried, because the process died over it too often.
        error: what happened, where it happened in this run.
    """

    media: MediaFile
    error_kind: str
    message: str
    attempts: tuple[Attempt, ...] = ()
    warnings: tuple[str, ...] = ()
    is_quarantined: bool = False
    error: InputError | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSkipped:
    """Nothing had to be done, and why; a warning where that may not be what the user wants."""

    media: MediaFile
    reason: str
    outputs: tuple[str, ...] = ()
    duration_ms: int | None = None
    language: str | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePending:
    """Neither done nor failed: the run ended, or is not there yet. The next one goes on with it.

    Attributes:
        reason: why it was passed over; None when it was only not reached.
    """

    media: MediaFile
    reason: str | None = None


FileOutcome = FileDone | FileFailed | FileSkipped | FilePending
