"""Errors of the models and of the device they run on."""

from typing import ClassVar

from qasr_cli.errors.base import ExitCode, QasrError


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
    """`--device` names what this machine does not have.

    Attributes:
        possible: what `--device` takes here; () where that is not the trouble.
    """

    def __init__(self, device: str, reason: str, possible: tuple[str, ...] = ()) -> None:
        super().__init__(device, reason, possible)
        self.device = device
        self.reason = reason
        self.possible = possible

    def __str__(self) -> str:
        if self.device == "cpu":
            return f"--device cpu: {self.reason}"
        if not self.possible:
            return f"--device {self.device}: {self.reason}; --device cpu always works"
        here = ", ".join(self.possible)
        return (
            f"--device {self.device}: {self.reason}; possible here: {here}; qasr doctor says more"
        )


class DeviceLost(EngineError):
    """The device stopped working in this process; a new process may find it working."""

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

    def __init__(self, worker: str, how: str = "") -> None:
        super().__init__(worker, how)
        self.worker = worker
        self.how = how

    def __str__(self) -> str:
        return f"the worker {self.worker} died" + (f": {self.how}" if self.how else "")


class WorkerUnlike(EngineError):
    """A worker would hear with other models, or in other numbers, than the rest of its run."""

    def __init__(self, worker: str) -> None:
        super().__init__(worker)
        self.worker = worker

    def __str__(self) -> str:
        return (
            f"the worker {self.worker} has other models, or computes in other numbers, than this "
            f"machine: name --model and --dtype, and have the same models everywhere"
        )


class WorkersMixed(EngineError):
    """Two workers of one run would compute in unlike number formats."""

    def __init__(self, worker: str, number_format: str, other: str, other_format: str) -> None:
        super().__init__(worker, number_format, other, other_format)
        self.worker = worker
        self.number_format = number_format
        self.other = other
        self.other_format = other_format

    def __str__(self) -> str:
        return (
            f"the worker {self.worker} computes in {self.number_format}, and {self.other} in "
            f"{self.other_format}, so a recording's text would hang on who hears it: name --dtype, "
            f"or --allow-mixed"
        )


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
