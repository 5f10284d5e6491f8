"""Makes this process one of another system, as far as Python bears it, then runs qasr in it.

Called by the tests of this folder: `python pretend.py windows|macos every-module|ARGUMENT...`.
What that system does not have is taken away, and what does less there under the same name refuses
the rest; libraries that look at the system's name as they are imported come first, for they could
not do without what is really there. Paths stay as they are.
"""

import array
import fcntl
import importlib.util
import locale
import mmap
import os
import pkgutil
import select
import shutil
import signal
import socket
import subprocess
import sys
import termios
import time
import warnings
from types import ModuleType, SimpleNamespace
from typing import Any

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
# Slow to import: only where a command comes to them.
_MODELS_AND_DICTIONARIES = (
    *("torch", "transformers", "transformers.models.qwen3_asr.modeling_qwen3_asr"),
    *("transformers.models.qwen3_asr.processing_qwen3_asr", "safetensors.torch", "silero_vad"),
)
_IF_INSTALLED = ("nagisa", "soynlp")
_NOT_OF_WINDOWS = {
    os: (
        *("fork", "forkpty", "register_at_fork", "pread", "pwrite", "preadv", "pwritev", "uname"),
        *("geteuid", "getuid", "getegid", "getgid", "getgroups", "killpg", "getpgid", "getsid"),
        *("fchmod", "fchown", "chown", "lchown", "fchdir", "chroot", "statvfs", "fstatvfs"),
        *("ST_RDONLY", "sched_getaffinity", "sched_yield", "posix_fadvise", "posix_fallocate"),
        *("memfd_create", "mkfifo", "mknod", "sysconf", "nice", "getloadavg", "pipe2", "lockf"),
        *("setsid", "setpgid", "getpgrp", "getpriority", "setpriority", "sendfile", "splice"),
        *("waitid", "wait3", "wait4", "pidfd_open", "posix_spawn", "posix_spawnp", "openpty"),
        *("getxattr", "setxattr", "listxattr", "removexattr", "pathconf", "fpathconf", "confstr"),
        *("copy_file_range", "eventfd", "O_ACCMODE", "O_DIRECT", "O_NOATIME", "O_DSYNC"),
        *(
            "SEEK_DATA",
            "SEEK_HOLE",
            "set_blocking",
            "get_blocking",
            "fdatasync",
            "sync",
            "ttyname",
            "tcgetpgrp",
            "wait",
        ),
        *("O_CLOEXEC", "O_NOFOLLOW", "O_DIRECTORY", "O_NONBLOCK", "O_NOCTTY", "O_PATH", "O_SYNC"),
    ),
    signal: (
        *("SIGHUP", "SIGPROF", "SIGVTALRM", "SIGALRM", "SIGCHLD", "SIGPIPE", "SIGQUIT", "SIGXCPU"),
        *("SIGXFSZ", "SIGUSR1", "SIGUSR2", "SIGTSTP", "SIGCONT", "SIGSTOP", "SIGWINCH", "alarm"),
        *("SIGKILL", "SIGBUS", "SIGSYS", "SIGTRAP", "SIGTTIN", "SIGTTOU", "SIGPWR", "SIGURG"),
        *("sigpending", "sigtimedwait", "sigwaitinfo", "siginterrupt"),
        *("setitimer", "getitimer", "ITIMER_REAL", "ITIMER_PROF", "ITIMER_VIRTUAL", "sigwait"),
        *("pthread_sigmask", "pthread_kill", "SIG_BLOCK", "SIG_UNBLOCK", "SIG_SETMASK", "pause"),
    ),
    select: ("poll", "epoll"),
    socket: (
        *("AF_UNIX", "AF_NETLINK", "SO_DOMAIN", "SO_REUSEPORT", "SO_PEERCRED", "SOCK_CLOEXEC"),
        *("SOCK_NONBLOCK", "MSG_NOSIGNAL", "MSG_DONTWAIT", "TCP_FASTOPEN"),
    ),
    time: ("clock_gettime", "clock_gettime_ns", "CLOCK_BOOTTIME", "CLOCK_MONOTONIC", "tzset"),
    mmap: ("MAP_SHARED", "MAP_PRIVATE", "MAP_ANONYMOUS", "PROT_READ", "PROT_WRITE"),
    locale: ("nl_langinfo", "CODESET"),
}
_SIGNALS_THAT_CAN_BE_HANDLED = ("SIGABRT", "SIGFPE", "SIGILL", "SIGINT", "SIGSEGV", "SIGTERM")
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
    _refuse_files_as_windows()
    _refuse_processes_as_windows()
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


def _refuse_files_as_windows() -> None:
    """No descriptor of a folder, no path from one; an open file keeps its name."""
    shutil._use_fd_functions = False  # type: ignore[attr-defined]  # noqa: SLF001  # as it sees there
    real_open, real_lstat, real_rename, real_replace = os.open, os.lstat, os.rename, os.replace

    def opened(path: str, flags: int, mode: int = 0o777) -> int:
        if os.path.isdir(path):
            raise PermissionError(13, "Permission denied", path)
        return real_open(path, flags, mode)

    def renamed(source: str, target: str) -> None:
        if os.path.lexists(target):
            raise FileExistsError(17, "File exists", source, None, target)
        real_rename(source, target)

    def replaced(source: str, target: str) -> None:
        for path in (source, target):
            if _is_open(path):
                raise PermissionError(13, "The process cannot access the file", path)
        real_replace(source, target)

    os.open, os.rename, os.replace = opened, renamed, replaced  # type: ignore[assignment]
    os.lstat = lambda path: real_lstat(path)  # type: ignore[assignment,misc]  # noqa: PLW0108


def _is_open(path: str) -> bool:
    if not os.path.lexists(path):
        return False
    wanted = os.lstat(path)
    for number in os.listdir("/proc/self/fd"):
        try:
            found = os.fstat(int(number))
        except OSError:  # the descriptor of that very listing
            continue
        if os.path.samestat(found, wanted):
            return True
    return False


def _refuse_processes_as_windows() -> None:
    """No descriptors for children, nothing done in them; six signals that can be handled."""
    start, kill, sigkill = subprocess.Popen.__init__, os.kill, signal.SIGKILL
    handle = signal.signal
    handled = [getattr(signal, name) for name in _SIGNALS_THAT_CAN_BE_HANDLED]

    def started(process: Any, *arguments: Any, **options: Any) -> None:  # noqa: ANN401  # as Popen's
        for name in ("pass_fds", "preexec_fn"):
            if options.get(name):
                raise ValueError(f"{name} is not supported on Windows platforms")
        options.pop("creationflags", None)
        start(process, *arguments, **options)

    def signalled(number: signal.Signals, what: object) -> object:
        if number not in handled:
            raise ValueError("invalid signal value")
        return handle(number, what)  # type: ignore[arg-type]

    def killed(process: subprocess.Popen[bytes]) -> None:
        if process.poll() is None:
            kill(process.pid, sigkill)

    subprocess.Popen.__init__ = started  # type: ignore[assignment,method-assign]
    subprocess.Popen.kill = killed  # type: ignore[assignment,method-assign]
    signal.signal = signalled  # type: ignore[assignment]


def _import(names: tuple[str, ...]) -> None:
    for name in names:
        with warnings.catch_warnings(action="ignore"):  # pydub's, of no ffmpeg
            importlib.import_module(name)


def _import_models_and_dictionaries() -> None:
    installed = [name for name in _IF_INSTALLED if importlib.util.find_spec(name)]
    _import((*_MODELS_AND_DICTIONARIES, *installed))


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
    if "doctor" in asked or "demo" in asked:
        _import_models_and_dictionaries()
    import imageio_ffmpeg
    import soundfile

    # It looks at the name again whenever it opens a file.
    soundfile._sys = SimpleNamespace(  # noqa: SLF001
        platform=sys.platform, getfilesystemencoding=sys.getfilesystemencoding
    )
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
