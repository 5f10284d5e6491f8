"""Errors of the environment: disk, network, another run. No file is to blame."""

import shlex

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
    """`qasr models pull` could not get a checkpoint, or `unpack` could not put it there.

    Attributes:
        doing: what failed.
    """

    exit_code = ExitCode.ENVIRONMENT

    def __init__(self, repository: str, reason: str, doing: str = "download") -> None:
        super().__init__(repository, reason, doing)
        self.repository = repository
        self.reason = reason
        self.doing = doing

    def __str__(self) -> str:
        return f"{self.repository}: {self.doing} failed: {self.reason}"


class ClusterTrouble(QasrError):
    """The machines that were to hear a batch cannot be had, or are gone."""

    exit_code = ExitCode.ENVIRONMENT

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(address, reason)
        self.address = address
        self.reason = reason

    def __str__(self) -> str:
        return f"cluster {self.address}: {self.reason}"


class ListenError(QasrError):
    """`qasr serve` cannot answer at an address that it was given.

    Attributes:
        place: address and port, or the descriptor of a service manager.
    """

    exit_code = ExitCode.ENVIRONMENT

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(place, reason)
        self.place = place
        self.reason = reason

    def __str__(self) -> str:
        return f"cannot listen on {self.place}: {self.reason}"


class LockHeld(QasrError):
    """Another run owns this output folder.

    Attributes:
        marker: the file that says so, on a disk without locks; "" where the system says it.
        advice: who has it, and what to do.
    """

    exit_code = ExitCode.TRY_LATER

    def __init__(
        self,
        folder: str,
        marker: str = "",
        advice: str = "another qasr run is writing here; wait for it, or use another -o",
    ) -> None:
        super().__init__(folder, marker, advice)
        self.folder = folder
        self.marker = marker
        self.advice = advice

    def __str__(self) -> str:
        held = f"{self.folder}: {self.advice}"
        if not self.marker:
            return held
        remove = f"rm {shlex.quote(self.marker)}"
        return f"{held}; if none is (that one was killed on another machine), {remove}"


class NotOnWindows(QasrError):
    """What was asked for needs what Windows itself does not have."""

    exit_code = ExitCode.ENVIRONMENT

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what

    def __str__(self) -> str:
        return (
            f"{self.what} needs Linux or macOS; on Windows, run qasr inside WSL "
            f"(`wsl --install` sets it up)"
        )


class LocksUnknown(QasrError):
    """The disk of this output folder has no locks, so nothing keeps two runs apart."""

    exit_code = ExitCode.ENVIRONMENT

    def __init__(self, folder: str, reason: str) -> None:
        super().__init__(folder, reason)
        self.folder = folder
        self.reason = reason

    def __str__(self) -> str:
        return (
            f"{self.folder}: this disk has no file locks ({self.reason}), which keep two runs "
            f"apart; use -o DIR with a folder on a local disk, or --no-lock to go on without"
        )
