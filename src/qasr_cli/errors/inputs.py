"""Errors of one file: it cannot be done, and the batch goes on."""

from typing import ClassVar

from qasr_cli.errors.base import ExitCode, QasrError


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


class FellBehind(InputError):
    """Live sound came faster than it could be recognised, for longer than is allowed."""


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


class ChangedElsewhere(InputError):
    """Another program wrote to a file since it was opened to be corrected."""

    def __str__(self) -> str:
        return f"{self.path}: another program changed it since it was opened; nothing was saved"


class OutputExists(InputError):
    """A file that qasr did not write stands where an output would go."""

    def __init__(self, path: str, output: str) -> None:
        super().__init__(path, output)
        self.output = output

    def __str__(self) -> str:
        return f"{self.path}: {self.output} exists; --overwrite replaces it"


class OutputRefused(InputError):
    """The place for this input's outputs takes no file, though the disk works."""

    def __init__(self, output: str, reason: str) -> None:
        super().__init__(output, reason)

    def __str__(self) -> str:
        return f"cannot write {self.path}: {self.reason}; -o DIR writes elsewhere"


class NotEmbedded(InputError):
    """There is no copy of the recording with its subtitles in it; its other outputs stand."""


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


class CorrectionFailed(InputError):
    """A row of `--corrections` takes too long over this file's text, or makes too much of it."""

    def __str__(self) -> str:
        return f"{self.path}: --corrections {self.reason}"


class LowCoverage(InputError):
    """Too little of the speech has words, and the user asked for that to be a failure."""


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
