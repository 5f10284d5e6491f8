"""Trials of the sandbox: what it refuses is attempted, by every kind of process that a run has.

Nothing is sent: this machine itself (127.0.0.1) is the only address that is tried. Nobody is
disturbed: signal 0 arrives nowhere, and system calls are tried with arguments that do nothing.
"""

import contextlib
import errno
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator

from qasr_cli.media.decoding.confinement import Reach, confinement_of
from qasr_cli.media.decoding.ffmpeg import Child, ffmpeg_path
from qasr_cli.sandbox import landlock, machines, seccomp

_TIME_LIMIT_S = 60.0
_CPU_LIMIT_S = 60
_OPEN_ONE = "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM)"
_NOBODY_LISTENS = "tcp://127.0.0.1:9"
# ffmpeg ends with the error's number, negated, as a byte; before 7.0 with 1 for any error.
_REFUSED_CODES = (256 - errno.EACCES, 1)
_RAW = ("-f", "s16le", "-ar", "16000", "-ac", "1")
_SECRET = b"not for you" * 100


def processes_that_open_sockets() -> tuple[str, ...]:
    """Those that could open a network socket; () when all are refused.

    Raises:
        UsageError: there is no ffmpeg.
    """
    trials = {
        "this process": _opens_here(),
        "a Python child": _status_of([sys.executable, "-I", "-c", _OPEN_ONE]) == 0,
        "an ffmpeg child": (
            _status_of([ffmpeg_path(), "-nostdin", "-i", _NOBODY_LISTENS]) not in _REFUSED_CODES
        ),
    }
    return tuple(name for name, has_opened in trials.items() if has_opened)


def ways_into_others() -> tuple[str, ...]:
    """How this process could get at others on this machine; () when every way is refused."""
    return tuple(_ways_into_others())


def powers_of_ffmpeg() -> tuple[str, ...]:
    """What an ffmpeg could do that its walls are said to refuse; () when they hold.

    Raises:
        UsageError: there is no ffmpeg.
        OSError: there is no temporary folder.
    """
    with tempfile.TemporaryDirectory(prefix="qasr-doctor-") as folder:
        return tuple(_powers_of_ffmpeg(folder, confinement_of(ffmpeg_path()).reach))


def _ways_into_others() -> Iterator[str]:
    yield from (name for name in seccomp.REFUSED if not _is_refused(name))
    parent = os.getppid()
    if parent and _reads_memory_of(parent):
        yield "/proc/PID/mem"
    if landlock.version() < landlock.SIGNALS_FROM or (parent and _signals(parent)):
        yield "signals"
        yield "abstract Unix sockets"


def _is_refused(name: str) -> bool:
    try:
        machines.call(name, -1, -1, -1, -1, -1, 0)
    except OSError as error:
        return error.errno in (errno.EPERM, errno.ENOSYS)
    return False


def _reads_memory_of(pid: int) -> bool:
    try:
        os.close(os.open(f"/proc/{pid}/mem", os.O_RDONLY))
    except OSError:
        return False
    return True


def _signals(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def _powers_of_ffmpeg(folder: str, reach: Reach) -> Iterator[str]:
    other, new, asked = (os.path.join(folder, name) for name in ("other", "new", "asked"))
    for path in (other, os.path.join(folder, "input")):
        with open(path, "wb") as file:
            file.write(_SECRET)
    with open(os.path.join(folder, "input"), "rb") as file:
        own = f"file:/dev/fd/{file.fileno()}"
        if reach is Reach.OWN_INPUT and _SECRET in _heard(file.fileno(), f"file:{other}", "-"):
            yield "read another file"
        _heard(file.fileno(), own, f"file:{new}")
        if reach in (Reach.OWN_INPUT, Reach.READING) and os.path.exists(new):
            yield "create a file"
        if not hasattr(socket, "AF_UNIX"):
            return
        with socket.socket(socket.AF_UNIX) as listener:
            try:
                listener.bind(asked)
            except OSError:  # the folder's path is too long for a socket
                return
            listener.listen()
            listener.setblocking(False)
            _heard(file.fileno(), own, f"unix:{asked}")
            if reach is not Reach.ALL and _has_caller(listener):
                yield "open a Unix socket"


def _heard(fd: int, source: str, target: str) -> bytes:
    """What an ffmpeg, started as for a recording, writes to its standard output."""
    command = [ffmpeg_path(), "-nostdin", "-v", "quiet", *_RAW, "-i", source, *_RAW, target]
    heard = b""
    with (
        Child(command, fd=fd, cpu_limit_s=_CPU_LIMIT_S) as child,
        contextlib.suppress(TimeoutError),
    ):
        while piece := child.read(_TIME_LIMIT_S):
            heard += piece
        child.finish(_TIME_LIMIT_S)
    return heard


def _has_caller(listener: socket.socket) -> bool:
    try:
        caller, _ = listener.accept()
    except OSError:
        return False
    caller.close()
    return True


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
        start_new_session=True,  # Ctrl-C ends the doctor, and is no answer
    ).returncode
