"""What the kernel is asked by number: system calls by name, and how to make one."""

import ctypes
import errno
import functools
import os
import sys
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Machine:
    """One architecture.

    Attributes:
        audit_arch: its name in a filter's eyes (linux/audit.h).
        has_x32: it has a third set of system calls, by numbers of their own.
        numbers: system calls by name; those that the architecture lacks are left out.
    """

    audit_arch: int
    has_x32: bool
    numbers: dict[str, int]


# x86-64 (asm/unistd_64.h) and aarch64 (asm-generic/unistd.h); None = it has no such call.
_BOTH: dict[str, tuple[int, int | None]] = {
    "close": (3, 57),
    "openat": (257, 56),
    "socket": (41, 198),
    "socketpair": (53, 199),
    "connect": (42, 203),
    "bind": (49, 200),
    "sendto": (44, 206),
    "sendmsg": (46, 211),
    "sendmmsg": (307, 269),
    "ioctl": (16, 29),
    "prlimit64": (302, 261),
    "seccomp": (317, 277),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kcmp": (312, 272),
    "perf_event_open": (298, 241),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "bpf": (321, 280),
    "userfaultfd": (323, 282),
    "mount": (165, 40),
    "truncate": (76, 45),
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "chown": (92, None),
    "lchown": (94, None),
    "fchown": (93, 55),
    "fchownat": (260, 54),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "utimensat": (280, 88),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "kill": (62, 129),
    "tkill": (200, 130),
    "tgkill": (234, 131),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "msgget": (68, 186),
    "msgsnd": (69, 189),
    "msgrcv": (70, 188),
    "msgctl": (71, 187),
    "semget": (64, 190),
    "semop": (65, 193),
    "semtimedop": (220, 192),
    "semctl": (66, 191),
    "mq_open": (240, 180),
    "mq_unlink": (241, 181),
}
# Since Linux 5.0 a new call has one number everywhere.
_EVERYWHERE = {
    "pidfd_send_signal": 424,
    "io_uring_setup": 425,
    "io_uring_enter": 426,
    "io_uring_register": 427,
    "fsopen": 430,
    "pidfd_getfd": 438,
    "landlock_create_ruleset": 444,
    "landlock_add_rule": 445,
    "landlock_restrict_self": 446,
    "fchmodat2": 452,
    "setxattrat": 463,
    "removexattrat": 466,
    "file_setattr": 469,
}
MACHINES = {
    "x86_64": Machine(
        audit_arch=0xC000003E,
        has_x32=True,
        numbers={name: numbers[0] for name, numbers in _BOTH.items()} | _EVERYWHERE,
    ),
    "aarch64": Machine(
        audit_arch=0xC00000B7,
        has_x32=False,
        numbers={name: numbers[1] for name, numbers in _BOTH.items() if numbers[1] is not None}
        | _EVERYWHERE,
    ),
}
_PR_SET_NO_NEW_PRIVS = 38


@functools.cache
def this_machine() -> Machine | None:
    """The numbers of this process; None where there is nothing to confine it with."""
    is_known = sys.platform == "linux" and sys.byteorder == "little" and sys.maxsize > 2**32
    return MACHINES.get(os.uname().machine) if is_known else None


def call(name: str, *arguments: int) -> int:
    """What the kernel answers to a system call; addresses are given as numbers.

    Raises:
        OSError: it refuses, or knows no such call; another system or processor.
    """
    machine = this_machine()
    if machine is None:
        raise OSError(errno.ENOSYS, f"{name}: not on this machine")
    libc = _libc()
    words = [ctypes.c_long(argument) for argument in (machine.numbers[name], *arguments)]
    return _checked(int(libc.syscall(*words)), name)


def renounce_privileges() -> None:
    """Let no program that this thread will execute win privileges by its set-user-id bit.

    Whoever has none to win may put up walls without asking an administrator.

    Raises:
        OSError: an old kernel.
    """
    words = [ctypes.c_ulong(word) for word in (1, 0, 0, 0)]
    _checked(int(_libc().prctl(_PR_SET_NO_NEW_PRIVS, *words)), "prctl")


def _checked(answer: int, name: str) -> int:
    if answer < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return answer


@functools.cache
def _libc() -> ctypes.PyDLL:
    # These calls are short, so other threads of Python may wait: each one that let them run would
    # have to wait for them in turn, and a child behind walls takes some thirty.
    libc = ctypes.PyDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    return libc
