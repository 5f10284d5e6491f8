"""Makes this process one of another system, as far as Python bears it, then runs qasr in it.

Called by the tests of this folder: `python pretend.py windows|macos every-module|ARGUMENT...`.
What that system does not have is taken away; libraries that look at the system's name as they are
imported come first, for they could not do without what is really there. Paths stay as they are.
"""

import array
import fcntl
import importlib
import os
import pkgutil
import select
import shutil
import signal
import socket
import sys
import termios
import warnings
from types import ModuleType

_LOOK_AT_THE_NAME = (
    *("asyncio", "ctypes", "multiprocessing.connection", "multiprocessing.reduction", "selectors"),
    *(
        "concurrent.futures",
        "subprocess",
        "tempfile",
        "uuid",
        "urllib.request",
        "mimetypes",
        "zoneinfo",
    ),
    *("typer", "typer.main", "rich.console", "rich.table", "tqdm", "numpy", "soundfile", "pydub"),
    *("onnxruntime", "imageio_ffmpeg", "charset_normalizer", "srt", "budoux", "rjieba"),
)
_NOT_OF_WINDOWS = {
    os: (
        *("fork", "forkpty", "register_at_fork", "pread", "pwrite", "preadv", "pwritev", "uname"),
        *("geteuid", "getuid", "getegid", "getgid", "getgroups", "killpg", "getpgid", "getsid"),
        *("fchmod", "fchown", "chown", "lchown", "fchdir", "chroot", "statvfs", "fstatvfs"),
        *("ST_RDONLY", "sched_getaffinity", "sched_yield", "posix_fadvise", "posix_fallocate"),
        *("memfd_create", "mkfifo", "mknod", "sysconf", "nice", "getloadavg", "pipe2", "lockf"),
        *("set_blocking", "get_blocking", "fdatasync", "sync", "ttyname", "tcgetpgrp", "wait"),
        *("O_CLOEXEC", "O_NOFOLLOW", "O_DIRECTORY", "O_NONBLOCK", "O_NOCTTY", "O_PATH", "O_SYNC"),
    ),
    signal: (
        *("SIGHUP", "SIGPROF", "SIGVTALRM", "SIGALRM", "SIGCHLD", "SIGPIPE", "SIGQUIT", "SIGXCPU"),
        *("SIGXFSZ", "SIGUSR1", "SIGUSR2", "SIGTSTP", "SIGCONT", "SIGSTOP", "SIGWINCH", "alarm"),
        *("setitimer", "getitimer", "ITIMER_REAL", "ITIMER_PROF", "ITIMER_VIRTUAL", "sigwait"),
        *("pthread_sigmask", "pthread_kill", "SIG_BLOCK", "SIG_UNBLOCK", "SIG_SETMASK", "pause"),
    ),
    select: ("poll", "epoll"),
    socket: ("AF_UNIX", "AF_NETLINK", "SO_DOMAIN", "SO_REUSEPORT"),
}
_MODULES_NOT_OF_WINDOWS = (
    *("fcntl", "resource", "pwd", "grp", "termios", "tty", "pty", "syslog", "readline", "curses"),
)
_NOT_OF_MACOS = {
    os: ("sched_getaffinity", "memfd_create", "posix_fadvise", "posix_fallocate", "O_PATH"),
    select: ("epoll",),
    socket: ("AF_NETLINK", "SO_DOMAIN"),
}


def _take_away(names: dict[ModuleType, tuple[str, ...]]) -> None:
    for module, absent in names.items():
        for name in absent:
            if hasattr(module, name):
                delattr(module, name)


def _become_macos() -> None:
    import resource

    _take_away({**_NOT_OF_MACOS, resource: ("prlimit",)})
    sys.platform = "darwin"


def _become_windows() -> None:
    _answer_for_the_kernel_of_windows()
    _take_away(_NOT_OF_WINDOWS)
    for name in _MODULES_NOT_OF_WINDOWS:
        sys.modules[name] = None  # type: ignore[assignment]  # so that its import fails
    sys.platform = "win32"


def _answer_for_the_kernel_of_windows() -> None:
    """Put there what Python has on Windows alone, as far as qasr calls it."""
    winapi, msvcrt = ModuleType("_winapi"), ModuleType("msvcrt")
    poll, hung_up, statvfs = select.poll, select.POLLHUP, os.statvfs

    def peek(handle: int, _size: int) -> tuple[int, int]:
        count = array.array("i", [0])
        fcntl.ioctl(handle, termios.FIONREAD, count)
        listener = poll()
        listener.register(handle, hung_up)
        if not count[0] and listener.poll(0):
            raise BrokenPipeError
        return count[0], 0

    winapi.PeekNamedPipe = peek  # type: ignore[attr-defined]
    msvcrt.get_osfhandle = int  # type: ignore[attr-defined]
    sys.modules.update({"_winapi": winapi, "msvcrt": msvcrt})
    usage = type(shutil.disk_usage("/"))

    def disk_usage(path: str) -> object:
        found = statvfs(path)
        total_bytes, free_bytes = (n * found.f_frsize for n in (found.f_blocks, found.f_bavail))
        return usage(total_bytes, total_bytes - free_bytes, free_bytes)

    shutil.disk_usage = disk_usage  # type: ignore[assignment]


def _import(names: tuple[str, ...]) -> None:
    for name in names:
        with warnings.catch_warnings(action="ignore"):  # pydub's, of no ffmpeg
            importlib.import_module(name)


def _import_every_module() -> int:
    import qasr_cli

    found = pkgutil.walk_packages(qasr_cli.__path__, "qasr_cli.")
    names = [module.name for module in found if not module.name.endswith("__main__")]
    for name in names:
        importlib.import_module(name)
    return len(names)


def main() -> None:
    """Be the other system, and do what was asked."""
    system, *asked = sys.argv[1:]
    _import(_LOOK_AT_THE_NAME)
    if asked == ["every-module"]:
        _import_every_module()  # and with them every library
        for name in [name for name in sys.modules if name.partition(".")[0] == "qasr_cli"]:
            del sys.modules[name]
    import imageio_ffmpeg

    program = imageio_ffmpeg.get_ffmpeg_exe()
    imageio_ffmpeg.get_ffmpeg_exe = lambda: program  # its file is named after the real system
    if system == "windows":
        _become_windows()
    else:
        _become_macos()
    if asked == ["every-module"]:
        sys.stdout.write(f"{_import_every_module()} modules\n")
        return
    from qasr_cli.__main__ import main as run

    sys.argv = ["qasr", *asked]
    run()


if __name__ == "__main__":
    main()
