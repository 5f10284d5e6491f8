"""Every error qasr raises on purpose, and the exit code each stands for.

QasrError
├── UsageError               2   options contradict, or name something absent
├── InputError               1   this file cannot be done; the batch goes on
│   ├── UnreadableInput          permission denied, vanished, not a regular file
│   ├── MalformedInput           a result or subtitle file that is none, or is damaged
│   ├── DecodeError              ffmpeg refused it or stopped half-way
│   │   └── DecoderLost          ffmpeg was ended by a signal, or stood still
│   ├── NoAudioStream            a picture, a silent video
│   ├── TrackNotFound            --audio-track names a track this file does not have
│   ├── ChannelNotFound          --channels names a channel that this recording does not have
│   ├── EmptyAudio               no samples although the container claims a duration
│   ├── AudioTooLong             past the cap on decoded seconds
│   ├── MediaChanged             written to while it was read (worth another try)
│   ├── OutputExists             a file qasr did not write stands where the output would go
│   ├── OutputRefused            the place of its outputs takes no file: permission, name too long
│   ├── OutOfMemory              main memory did not suffice to read it (worth another try)
│   ├── LowCoverage              --strict, and too little of its speech has words
│   ├── ClipsFailed              some of its clips could not be recognised, after all tries
│   ├── Quarantined              the process died over it too often; it is not tried
│   └── InternalError            a bug of ours that this file brought to light
├── EngineError              3
│   ├── ModelMissing             fatal: the checkpoint is not on this machine
│   ├── ModelLoadError           fatal: it is there, and is not what it should be
│   ├── DeviceUnavailable        fatal: --device names what this machine lacks
│   ├── DeviceLost               fatal for this process: only a new one can use the device again
│   ├── DeviceMemoryError        retryable
│   ├── WorkerLost               retryable
│   ├── RecognitionError         this clip; retryable
│   └── AlignmentError           this clip; retryable, the text is kept
├── OutputError              3   disk full, read-only: stops the run; no file's fault
├── DownloadError            3   `qasr models pull` could not get it
└── LockHeld                75   another run owns this output folder

`str(error)` is one line a user can act on. Constructors hand every argument to
`super().__init__` and build the sentence in `__str__`, so errors survive pickling.
"""

from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """What the process tells its caller; documented in README.md."""

    OK = 0
    SOME_FAILED = 1
    USAGE = 2
    ENVIRONMENT = 3
    BUG = 70  # EX_SOFTWARE of sysexits.h
    TRY_LATER = 75  # EX_TEMPFAIL of sysexits.h
    HUNG_UP = 129  # 128 + SIGHUP
    INTERRUPTED = 130  # 128 + SIGINT
    TERMINATED = 143  # 128 + SIGTERM


class QasrError(Exception):
    """Base of every error qasr raises on purpose."""

    exit_code: ClassVar[ExitCode] = ExitCode.BUG
    retryable: ClassVar[bool] = False


class UsageError(QasrError):
    """The command line contradicts itself or names something absent."""

    exit_code = ExitCode.USAGE


# --- one file -------------------------------------------------------------------------------


class InputError(QasrError):
    """One file cannot be done; the batch goes on.

    Attributes:
        lasting: the same file would fail again under the same settings.
    """

    exit_code = ExitCode.SOME_FAILED
    lasting: ClassVar[bool] = False

    def __init__(self, path: str, reason: str = "") -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


class UnreadableInput(InputError):
    """Permission denied, vanished, or not a regular file."""


class MalformedInput(InputError):
    """The file opens and does not hold what it should: a result, subtitles."""


class DecodeError(InputError):
    """Ffmpeg refused the file or stopped half-way."""

    lasting = True

    def __str__(self) -> str:
        return f"{self.path}: cannot be decoded: {self.reason}"


class DecoderLost(DecodeError):
    """Ffmpeg was ended or stood still: memory or a drive may be to blame, not the file."""

    lasting = False


class NoAudioStream(InputError):
    """The file opens and holds no sound."""

    lasting = True

    def __str__(self) -> str:
        return f"{self.path}: has no audio stream"


class TrackNotFound(InputError):
    """`--audio-track` names a track that this file does not have."""

    lasting = True

    def __init__(self, path: str, wanted: str, available: tuple[str, ...]) -> None:
        super().__init__(path, wanted)
        self.args = (path, wanted, available)
        self.wanted = wanted
        self.available = available

    def __str__(self) -> str:
        return (
            f"{self.path}: has no audio track {self.wanted!r}; "
            f"--audio-track takes one of: {', '.join(self.available)}"
        )


class ChannelNotFound(InputError):
    """`--channels` names a channel that a mono recording does not have."""

    lasting = True

    def __str__(self) -> str:
        return f"{self.path}: is mono; --channels {self.reason} needs two channels, so leave it out"


class EmptyAudio(InputError):
    """No samples came out although the container claims a duration."""

    lasting = True

    def __str__(self) -> str:
        return f"{self.path}: no audio could be decoded: {self.reason}"


class AudioTooLong(InputError):
    """More sound than the cap on decoded seconds allows."""

    lasting = True

    def __init__(self, path: str, limit_s: float) -> None:
        super().__init__(path, "")
        self.args = (path, limit_s)
        self.limit_s = limit_s

    def __str__(self) -> str:
        return f"{self.path}: holds more sound than --max-duration allows ({self.limit_s:g} s)"


class MediaChanged(InputError):
    """The file was written to while it was read."""

    retryable = True

    def __str__(self) -> str:
        return f"{self.path}: changed while it was read; run again when it is complete"


class OutputExists(InputError):
    """A file that qasr did not write stands where an output would go."""

    def __init__(self, path: str, output: str) -> None:
        super().__init__(path, output)
        self.output = output

    def __str__(self) -> str:
        return f"{self.path}: {self.output} exists and is left as it is; --overwrite replaces it"


class OutputRefused(InputError):
    """The place for this input's outputs takes no file, though the disk is well."""

    def __init__(self, output: str, reason: str) -> None:
        super().__init__(output, reason)

    def __str__(self) -> str:
        return f"cannot write {self.path}: {self.reason}; -o DIR writes elsewhere"


class ClipsFailed(InputError):
    """Some clips of the file could not be recognised, after all tries."""

    def __init__(self, path: str, clip_count: int, first: str) -> None:
        super().__init__(path, first)
        self.args = (path, clip_count, first)
        self.clip_count = clip_count
        self.first = first

    def __str__(self) -> str:
        return (
            f"{self.path}: {self.clip_count} clip(s) could not be recognised; first: {self.first}"
        )


class OutOfMemory(InputError):
    """Main memory did not suffice to read the file."""

    retryable = True

    def __str__(self) -> str:
        return f"{self.path}: this machine ran out of memory; a smaller --max-chunk-s needs less"


class LowCoverage(InputError):
    """Too little of the speech has words, and the user wants to hear of it as a failure."""


class Quarantined(InputError):
    """The process died too often while this file was in work."""

    def __init__(self, path: str, crash_count: int) -> None:
        super().__init__(path, "")
        self.args = (path, crash_count)
        self.crash_count = crash_count

    def __str__(self) -> str:
        return (
            f"{self.path}: left out: qasr died {self.crash_count} times over it; "
            f"--retry-failed tries it again"
        )


class InternalError(InputError):
    """A bug of ours that this file brought to light."""

    def __str__(self) -> str:
        return f"{self.path}: internal error, please report it: {self.reason}"


# --- the engine -----------------------------------------------------------------------------


class EngineError(QasrError):
    """Recognition or alignment cannot go on."""

    exit_code = ExitCode.ENVIRONMENT


class ModelMissing(EngineError):
    """A checkpoint is not on this machine."""

    def __init__(self, model: str, searched: tuple[str, ...], remedy: str) -> None:
        super().__init__(model, searched, remedy)
        self.model = model
        self.searched = searched
        self.remedy = remedy

    def __str__(self) -> str:
        where = ", ".join(self.searched) or "nowhere"
        return f"model {self.model} is not on this machine (looked in {where}); {self.remedy}"


class ModelLoadError(EngineError):
    """A checkpoint is there and is not what it should be."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.path}: not a usable checkpoint: {self.reason}"


class DeviceUnavailable(EngineError):
    """`--device` names what this machine does not have."""

    def __init__(self, device: str, reason: str) -> None:
        super().__init__(device, reason)
        self.device = device
        self.reason = reason

    def __str__(self) -> str:
        return f"--device {self.device}: {self.reason}; --device cpu always works"


class DeviceLost(EngineError):
    """The device stopped working in this process; a new one may find it well."""

    def __init__(self, device: str, reason: str) -> None:
        super().__init__(device, reason)
        self.device = device
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.device} stopped working: {self.reason}"


class DeviceMemoryError(EngineError):
    """The device ran out of memory on a batch of clips."""

    retryable = True

    def __init__(self, device: str, clip_count: int) -> None:
        super().__init__(device, clip_count)
        self.device = device
        self.clip_count = clip_count

    def __str__(self) -> str:
        return (
            f"{self.device} ran out of memory on {self.clip_count} clip(s); "
            f"a smaller --batch-size or --max-chunk-s helps"
        )


class WorkerLost(EngineError):
    """The process that held the models died."""

    retryable = True

    def __init__(self, worker: str) -> None:
        super().__init__(worker)
        self.worker = worker

    def __str__(self) -> str:
        return f"the worker {self.worker} died"


class _ClipError(EngineError):
    exit_code = ExitCode.SOME_FAILED
    retryable = True
    stage: ClassVar[str]

    def __init__(self, clip_id: str, reason: str) -> None:
        super().__init__(clip_id, reason)
        self.clip_id = clip_id
        self.reason = reason

    def __str__(self) -> str:
        return f"clip {self.clip_id}: {self.stage} failed: {self.reason}"


class RecognitionError(_ClipError):
    """The words of one clip could not be recognised."""

    stage = "recognition"


class AlignmentError(_ClipError):
    """The words of one clip could not be timed; its text is kept."""

    stage = "alignment"


# --- the surroundings -----------------------------------------------------------------------


class OutputError(QasrError):
    """Disk full, read-only, no permission: no file's fault, so the run stops."""

    exit_code = ExitCode.ENVIRONMENT

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return f"cannot write {self.path}: {self.reason}"


class DownloadError(QasrError):
    """`qasr models pull` could not get a checkpoint."""

    exit_code = ExitCode.ENVIRONMENT

    def __init__(self, repository: str, reason: str) -> None:
        super().__init__(repository, reason)
        self.repository = repository
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.repository}: download failed: {self.reason}"


class LockHeld(QasrError):
    """Another run owns this output folder."""

    exit_code = ExitCode.TRY_LATER

    def __init__(self, folder: str) -> None:
        super().__init__(folder)
        self.folder = folder

    def __str__(self) -> str:
        return f"{self.folder}: another qasr run is writing here; wait for it, or use another -o"
