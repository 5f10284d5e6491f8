"""The root of the error tree, and the exit codes."""

from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """What the process tells its caller; documented in docs/exit-codes.md."""

    OK = 0
    SOME_FAILED = 1
    USAGE = 2
    ENVIRONMENT = 3
    BUG = 70  # EX_SOFTWARE of sysexits.h
    TRY_LATER = 75  # EX_TEMPFAIL of sysexits.h
    HUNG_UP = 129  # 128 + SIGHUP
    INTERRUPTED = 130  # 128 + SIGINT
    UNREAD = 141  # 128 + SIGPIPE
    TERMINATED = 143  # 128 + SIGTERM


class QasrError(Exception):
    """Base of every error qasr raises on purpose."""

    exit_code: ClassVar[ExitCode] = ExitCode.BUG
    retryable: ClassVar[bool] = False


class UsageError(QasrError):
    """The command line contradicts itself or names something absent."""

    exit_code = ExitCode.USAGE
