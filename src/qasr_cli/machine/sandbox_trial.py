"""A trial of the sandbox: every kind of process that a run has tries to open a network socket.

Nothing is sent: this machine itself (127.0.0.1) is the only address that is tried.
"""

import errno
import socket
import subprocess
import sys

from qasr_cli.media.decoding.ffmpeg import ffmpeg_path

_TIME_LIMIT_S = 60.0
_OPEN_ONE = "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM)"
_NOBODY_LISTENS = "tcp://127.0.0.1:9"
# ffmpeg ends with the error's number, negated, as a byte; before 7.0 with 1 for any error.
_REFUSED_CODES = (256 - errno.EACCES, 1)


def processes_that_open_sockets() -> tuple[str, ...]:
    """Those that could open a network socket; () when all are refused.

    Raises:
        UsageError: there is no ffmpeg.
    """
    trials = {
        "this process": _opens_here(),
        "a Python child": _status_of([sys.executable, "-c", _OPEN_ONE]) == 0,
        "an ffmpeg child": (
            _status_of([ffmpeg_path(), "-nostdin", "-i", _NOBODY_LISTENS]) not in _REFUSED_CODES
        ),
    }
    return tuple(name for name, has_opened in trials.items() if has_opened)


def _opens_here() -> bool:
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.socket(family, socket.SOCK_DGRAM).close()
        except OSError:
            continue
        return True
    return False


def _status_of(command: list[str]) -> int:
    return subprocess.run(  # noqa: S603  # our own Python and ffmpeg, fixed arguments
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=_TIME_LIMIT_S,
        check=False,
    ).returncode
