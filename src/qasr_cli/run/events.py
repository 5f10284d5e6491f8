"""What a run tells its observers. No terminal here: `console` draws."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Protocol

from qasr_cli.core.outcomes import Attempt, FileOutcome
from qasr_cli.core.types import MediaFile, Transcript
from qasr_cli.media.suffixes import suffix_of


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted:
    """The files are known; their durations are not yet, so sizes serve for an estimate.

    Attributes:
        bytes_by_suffix: the same bytes, since a minute of film is larger than one of sound.
    """

    file_count: int
    total_bytes: int
    bytes_by_suffix: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileStarted:
    """Decoding of a file begins. `duration_ms` is the container's claim, None if it has none."""

    media: MediaFile
    duration_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelsLoading:
    """The first clip is on its way to the models."""

    models: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioDecoded:
    """So much more sound of a file was read (samples at 16 kHz); 0 = its picture is looked at."""

    media: MediaFile
    sample_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipFinished:
    """One clip of a file came back from the models.

    Attributes:
        is_recalled: an earlier run heard it, so it took no time.
    """

    media: MediaFile
    start_ms: int
    end_ms: int
    is_recalled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptFailed:
    """A try failed; `retry_in_s` is None when it was the last."""

    media: MediaFile
    attempt: Attempt
    retry_in_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTranscribed:
    """All of a file was heard; its outputs stand."""

    media: MediaFile
    transcript: Transcript


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFinished:
    """A file has its outcome; comes exactly once a file."""

    outcome: FileOutcome


class Rest(Enum):
    """What does the rest of a run that ended before its end."""

    NONE_LEFT = auto()
    SAME_COMMAND = auto()
    WITHOUT_OVERWRITE = auto()  # with it, everything is done again
    SKIPPING_EXISTING = auto()  # no state is kept, but outputs stand
    BEGINNING_AGAIN = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished:
    """Every file has its outcome.

    Attributes:
        summary: as in the report.
        stopped_by: why the run ended before its end, in one line; None when it reached it.
        left_out: as in the report.
        rest: means something where it was stopped.
    """

    summary: dict[str, float | int]
    stopped_by: str | None = None
    rest: Rest = Rest.SAME_COMMAND
    left_out: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunWarned:
    """Something about the run as a whole that its user should know."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchStarted:
    """A watch over folders begins; its rounds look like one run, which it ends."""

    folders: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunWaiting:
    """Everything is done that there is; a watch waits for more."""


def bytes_by_suffix(files: Iterable[MediaFile]) -> Mapping[str, int]:
    """How large files are, kind by kind: `.mp3` and so on."""
    sizes: Counter[str] = Counter()
    for media in files:
        sizes[suffix_of(media.relative_path)] += media.size_bytes
    return sizes


Event = (
    RunStarted
    | FileStarted
    | ModelsLoading
    | AudioDecoded
    | ClipFinished
    | AttemptFailed
    | FileTranscribed
    | FileFinished
    | RunFinished
    | RunWarned
    | WatchStarted
    | RunWaiting
)


class Observer(Protocol):
    """Is told what a run does. Called in the run's own thread; must not raise."""

    def on(self, event: Event, /) -> None:
        """Take note of one event."""
        ...

    def close(self) -> None:
        """Leave the terminal as it was."""
        ...


class Unwatched:
    """The observer of a run that nobody watches."""

    def on(self, event: Event, /) -> None:
        """Ignore the event."""

    def close(self) -> None:
        """Do nothing."""
