"""The filter that the kernel runs at every system call (seccomp): its rules, and putting it up.

It sees numbers, never what an address points to: so it can refuse a kind of socket, or a call as
a whole, but no path.
"""

import ctypes
import errno
import functools
import socket
import struct
from collections.abc import Iterable, Iterator

from qasr_cli.sandbox import machines
from qasr_cli.sandbox.machines import Machine

# Ways into another process: its memory, its descriptors (a socket of its own, say), its clock of
# events. The kernel lets every process of the same user take them, but where Yama forbids it.
_INTO_OTHERS = (
    *("ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "kcmp", "perf_event_open"),
)
# What has the kernel do for a process what itself may not: rings open sockets without the call
# `socket`, keys are fetched by a program that asks name servers, a mounted share is a connection.
_BY_THE_KERNEL = (
    *("io_uring_setup", "io_uring_enter", "io_uring_register"),
    *("add_key", "request_key", "keyctl", "mount", "fsopen", "bpf", "userfaultfd"),
)
# Changes to files that Landlock does not see, or saw late (`truncate`: 6.2).
_TO_FILES = (
    *("truncate", "chmod", "fchmod", "fchmodat", "fchmodat2"),
    *("chown", "lchown", "fchown", "fchownat"),
    *("utime", "utimes", "futimesat", "utimensat"),
    *("setxattr", "lsetxattr", "fsetxattr", "setxattrat"),
    *("removexattr", "lremovexattr", "fremovexattr", "removexattrat", "file_setattr"),
)
# What reaches other programs without a file or a socket: signals, System V's and POSIX's queues
# and shared memory.
_TO_OTHERS = (
    *("kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_send_signal"),
    *("shmget", "shmat", "shmctl", "msgget", "msgsnd", "msgrcv", "msgctl"),
    *("semget", "semop", "semtimedop", "semctl", "mq_open", "mq_unlink"),
)
REFUSED = (*_INTO_OTHERS, *_BY_THE_KERNEL)
_REFUSED_TO_A_DECODER = (*REFUSED, *_TO_FILES, *_TO_OTHERS)

# `ioctl`s that put words into the terminal as if they had been typed; the shell would obey them.
_TYPING = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX (asm-generic/ioctls.h)
_FILE_FLAGS = (0x4008_6602, 0x401C_5820)  # FS_IOC_SETFLAGS, FS_IOC_FSSETXATTR (linux/fs.h)

# struct seccomp_data (linux/seccomp.h), little-endian: where the filter finds what it looks at.
_NUMBER_AT, _ARCH_AT, _FIRST_ARGUMENT_AT, _SECOND_ARGUMENT_AT = 0, 4, 16, 24

# Classic BPF (linux/bpf_common.h): load a word, compare, return.
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW = 0x7FFF_0000
_REFUSE = 0x0005_0000  # plus the error that the caller sees
_X32_BIT = 0x4000_0000  # set in the numbers of x86-64's third set of system calls

_SET_MODE_FILTER, _GET_ACTION_AVAIL = 1, 2
# SECCOMP_FILTER_FLAG_TSYNC; and _SPEC_ALLOW (Linux 4.17), since before 5.16 a filter would else
# slow the processor down against attacks from code that shares the process: there is none.
_ALL_THREADS, _FULL_SPEED = 1, 4

Instruction = tuple[int, int, int, int]  # code, jump if true, jump if false, operand


def confine_process() -> None:
    """Put the filter up for this process, all its threads and all its children, for good.

    Raises:
        OSError: an old kernel, or one that forbids it.
    """
    _put_up(is_decoder=False, flags=_ALL_THREADS | _FULL_SPEED)


def confine_decoder() -> None:
    """Put a stricter one up for this thread and the children that it starts: no socket at all.

    Raises:
        OSError: as above.
    """
    _put_up(is_decoder=True, flags=_FULL_SPEED)


def is_known() -> bool:
    """Whether this machine has filters."""
    action = ctypes.c_uint32(_REFUSE)
    try:
        machines.call("seccomp", _GET_ACTION_AVAIL, 0, ctypes.addressof(action))
    except OSError:
        return False
    return True


def program_of(machine: Machine, *, is_decoder: bool = False) -> list[Instruction]:
    """What the kernel runs at every system call.

    System calls of another architecture (32-bit programs, `int 0x80`) are refused one and all:
    there a socket's family may lie in memory (`socketcall`), where no filter can look.
    """
    numbers = machine.numbers
    refuse = (_RETURN, 0, 0, _REFUSE | errno.EACCES)
    # EPERM is what the kernel itself says where these are switched off, so callers know it.
    refuse_call = (_RETURN, 0, 0, _REFUSE | errno.EPERM)
    allow = (_RETURN, 0, 0, _ALLOW)
    sockets = [
        (_LOAD, 0, 0, _FIRST_ARGUMENT_AT),
        *([] if is_decoder else _when(_EQUAL, socket.AF_UNIX, [allow])),
        refuse,
    ]
    requests = [
        (_LOAD, 0, 0, _SECOND_ARGUMENT_AT),
        *_each(_TYPING + (_FILE_FLAGS if is_decoder else ()), refuse_call),
        allow,
    ]
    # One's own limits only: 0 stands for the caller.
    limits = [(_LOAD, 0, 0, _FIRST_ARGUMENT_AT), *_when(_EQUAL, 0, [allow]), refuse_call]
    refused = [
        numbers[name]
        for name in (_REFUSED_TO_A_DECODER if is_decoder else REFUSED)
        if name in numbers
    ]
    native = [
        (_LOAD, 0, 0, _NUMBER_AT),
        *(_when(_AT_LEAST, _X32_BIT, [refuse]) if machine.has_x32 else []),
        *_when(_EQUAL, numbers["socket"], sockets),
        *_when(_EQUAL, numbers["socketpair"], sockets),
        *_when(_EQUAL, numbers["ioctl"], requests),
        *(_when(_EQUAL, numbers["prlimit64"], limits) if is_decoder else []),
        *_each(refused, refuse_call),
        allow,
    ]
    return [(_LOAD, 0, 0, _ARCH_AT), *_when(_EQUAL, machine.audit_arch, native), refuse]


def _when(test: int, operand: int, then: list[Instruction]) -> list[Instruction]:
    """Instructions that run `then` if the loaded word passes the test, else pass over it."""
    return [(test, 0, len(then), operand), *then]


def _each(operands: Iterable[int], then: Instruction) -> Iterator[Instruction]:
    for operand in operands:
        yield from _when(_EQUAL, operand, [then])


class _Program(ctypes.Structure):
    """struct sock_fprog."""

    _fields_ = (("instruction_count", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


def _put_up(*, is_decoder: bool, flags: int) -> None:
    machine = machines.this_machine()
    if machine is None:
        raise OSError(errno.ENOSYS, "no filter for this machine")
    program = _packed(machine, is_decoder=is_decoder)
    instructions = ctypes.create_string_buffer(program, len(program))
    described = _Program(len(program) // 8, ctypes.addressof(instructions))
    machines.renounce_privileges()
    machines.call("seccomp", _SET_MODE_FILTER, flags, ctypes.addressof(described))


@functools.cache
def _packed(machine: Machine, *, is_decoder: bool) -> bytes:
    program = program_of(machine, is_decoder=is_decoder)
    return b"".join(struct.pack("<HBBI", *instruction) for instruction in program)
