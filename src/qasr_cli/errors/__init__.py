"""Every error qasr raises on purpose, and the exit code each stands for.

QasrError
├── UsageError               2   options contradict, or name something absent
├── InputError               1   this file cannot be done; the batch goes on
│   ├── UnreadableInput          permission denied, vanished, not a regular file
│   ├── MalformedInput           a result or subtitle file that is none, or is damaged
│   ├── DecodeError              ffmpeg refused it or stopped half-way
│   │   └── DecoderLost          ffmpeg was ended by a signal, or stood still
│   ├── FellBehind               live sound came faster than it could be recognised
│   ├── NoAudioStream            a picture, a silent video
│   ├── TrackNotFound            --audio-track names a track this file does not have
│   ├── ChannelNotFound          --channels names a channel that this recording does not have
│   ├── EmptyAudio               no samples although the container claims a duration
│   ├── AudioTooLong             past the cap on decoded seconds
│   ├── MediaChanged             written to while it was read (worth another try)
│   ├── ChangedElsewhere         `qasr edit`: another program wrote to it since it was opened
│   ├── OutputExists             a file qasr did not write stands where the output would go
│   ├── OutputRefused            the place of its outputs takes no file: permission, name too long
│   ├── NotEmbedded              --embed, and its container carries no subtitles
│   ├── OutOfMemory              main memory did not suffice to read it (worth another try)
│   ├── CorrectionFailed         a row of --corrections takes too long, or makes too much text
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
│   ├── WorkerUnlike             fatal: a worker has other models, or another number format
│   ├── WorkersMixed             fatal: two workers would compute in unlike number formats
│   ├── RecognitionError         this clip; retryable
│   └── AlignmentError           this clip; retryable, the text is kept
├── OutputError              3   disk full, read-only: stops the run; no file's fault
├── LocksUnknown             3   the disk has no file locks, and nobody said --no-lock
├── NotOnWindows             3   it needs locks, or files handed on, that Windows does not have
├── ClusterTrouble           3   `--executor ray`: the cluster cannot be had, or is gone
├── DownloadError            3   `qasr models pull` could not get it
├── ListenError              3   `qasr serve` gets no socket: a port is taken, an address not here
└── LockHeld                75   another run owns this output folder

`str(error)` is one line a user can act on. Constructors hand every argument to
`super().__init__` and build the sentence in `__str__`, so errors survive pickling.
"""

from qasr_cli.errors.base import ExitCode, QasrError, UsageError
from qasr_cli.errors.engine import (
    AlignmentError,
    DeviceLost,
    DeviceMemoryError,
    DeviceUnavailable,
    EngineError,
    ModelLoadError,
    ModelMissing,
    RecognitionError,
    WorkerLost,
    WorkersMixed,
    WorkerUnlike,
)
from qasr_cli.errors.environment import (
    ClusterTrouble,
    DownloadError,
    ListenError,
    LockHeld,
    LocksUnknown,
    NotOnWindows,
    OutputError,
)
from qasr_cli.errors.inputs import (
    AudioTooLong,
    ChangedElsewhere,
    ChannelNotFound,
    ClipsFailed,
    CorrectionFailed,
    DecodeError,
    DecoderLost,
    EmptyAudio,
    FellBehind,
    InputError,
    InternalError,
    LowCoverage,
    MalformedInput,
    MediaChanged,
    NoAudioStream,
    NotEmbedded,
    OutOfMemory,
    OutputExists,
    OutputRefused,
    Quarantined,
    TrackNotFound,
    UnreadableInput,
)

__all__ = [
    "AlignmentError",
    "AudioTooLong",
    "ChangedElsewhere",
    "ChannelNotFound",
    "ClipsFailed",
    "ClusterTrouble",
    "CorrectionFailed",
    "DecodeError",
    "DecoderLost",
    "DeviceLost",
    "DeviceMemoryError",
    "DeviceUnavailable",
    "DownloadError",
    "EmptyAudio",
    "EngineError",
    "ExitCode",
    "FellBehind",
    "InputError",
    "InternalError",
    "ListenError",
    "LockHeld",
    "LocksUnknown",
    "LowCoverage",
    "MalformedInput",
    "MediaChanged",
    "ModelLoadError",
    "ModelMissing",
    "NoAudioStream",
    "NotEmbedded",
    "NotOnWindows",
    "OutOfMemory",
    "OutputError",
    "OutputExists",
    "OutputRefused",
    "QasrError",
    "Quarantined",
    "RecognitionError",
    "TrackNotFound",
    "UnreadableInput",
    "UsageError",
    "WorkerLost",
    "WorkerUnlike",
    "WorkersMixed",
]
