"""Errors of the environment: disk, network, another run. No file is to blame."""

from qasr_cli.errors.base import ExitCode, QasrError


class OutputError(QasrError):
    """Disk full, read-only, no permission: no file is to blame, so the run stops."""

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
