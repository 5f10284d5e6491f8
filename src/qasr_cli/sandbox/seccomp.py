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
from enum import StrEnum

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

# What gives a socket that is held already another address. An accepted connection is undone by
# `connect` to nowhere, a listening socket by `shutdown`; then either can be connected anew. Where
# to, lies in memory, so these calls go as a whole, for Unix sockets too.
_TURNING = ("connect", "bind")
# A first packet that bears data connects its socket, too (TCP Fast Open); which argument says so.
MSG_FASTOPEN = 0x2000_0000  # linux/socket.h
_FLAGS_ARGUMENT = {"sendto": 3, "sendmsg": 2, "sendmmsg": 3}

# `ioctl`s that put words into the terminal as if they had been typed; the shell would obey them.
_TYPING = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX (asm-generic/ioctls.h)
_FILE_FLAGS = (0x4008_6602, 0x401C_5820)  # FS_IOC_SETFLAGS, FS_IOC_FSSETXATTR (linux/fs.h)

# struct seccomp_data (linux/seccomp.h), little-endian: where the filter finds what it looks at.
_NUMBER_AT, _ARCH_AT, _ARGUMENTS_AT, _ARGUMENT_BYTES = 0, 4, 16, 8

# Classic BPF (linux/bpf_common.h): load a word, compare, return.
_LOAD, _EQUAL, _AT_LEAST, _HAS_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW = (_RETURN, 0, 0, 0x7FFF_0000)
_REFUSE = 0x0005_0000  # plus the error that the caller sees
_NO_ACCESS = (_RETURN, 0, 0, _REFUSE | errno.EACCES)
# What the kernel itself says where these calls are switched off, so callers know it.
_NO_CALL = (_RETURN, 0, 0, _REFUSE | errno.EPERM)
_X32_BIT = 0x4000_0000  # set in the numbers of x86-64's third set of system calls

_SET_MODE_FILTER, _GET_ACTION_AVAIL = 1, 2
# SECCOMP_FILTER_FLAG_TSYNC; and _SPEC_ALLOW (Linux 4.17), since before 5.16 a filter would else
# slow the processor down against attacks from code that shares the process: there is none.
_ALL_THREADS, _FULL_SPEED = 1, 4

Instruction = tuple[int, int, int, int]  # code, jump if true, jump if false, operand


class Confined(StrEnum):
    """Whom a filter stands around."""

    PROCESS = "process"  # it computes, and needs no network
    SERVER = "server"  # it answers on the sockets that it has, and on no other
    DECODER = "decoder"  # it reads what it was given


def confine_process() -> None:
    """Put the filter up for this process, all its threads and all its children, for good.

    Raises:
        OSError: an old kernel, or one that forbids it.
    """
    _put_up(Confined.PROCESS, flags=_ALL_THREADS | _FULL_SPEED)


def confine_server() -> None:
    """Put up the one for a process that holds network sockets: they answer, and reach nobody.

    Raises:
        OSError: as above.
    """
    _put_up(Confined.SERVER, flags=_ALL_THREADS | _FULL_SPEED)


def confine_decoder() -> None:
    """Put a stricter one up for this thread and the children that it starts: no socket at all.

    Raises:
        OSError: as above.
    """
    _put_up(Confined.DECODER, flags=_FULL_SPEED)


def is_known() -> bool:
    """Whether this machine has filters."""
    action = ctypes.c_uint32(_REFUSE)
    try:
        machines.call("seccomp", _GET_ACTION_AVAIL, 0, ctypes.addressof(action))
    except OSError:
        return False
    return True


def program_of(machine: Machine, whom: Confined) -> list[Instruction]:
    """What the kernel runs at every system call.

    System calls of another architecture (32-bit programs, `int 0x80`) are refused one and all:
    there a socket's family may lie in memory (`socketcall`), where no filter can look.
    """
    is_decoder = whom is Confined.DECODER
    families = [] if is_decoder else _when(_EQUAL, socket.AF_UNIX, [_ALLOW])
    sockets = [_argument(0), *families, _NO_ACCESS]
    requests = _TYPING + (_FILE_FLAGS if is_decoder else ())
    refused = _REFUSED_TO_A_DECODER if is_decoder else REFUSED
    rules = {
        "socket": sockets,
        "socketpair": sockets,
        "ioctl": [_argument(1), *_each(requests, _NO_CALL), _ALLOW],
    }
    if is_decoder:  # one's own limits only: 0 stands for the caller
        rules["prlimit64"] = [_argument(0), *_when(_EQUAL, 0, [_ALLOW]), _NO_CALL]
    if whom is Confined.SERVER:
        rules |= {name: [_NO_ACCESS] for name in _TURNING}
        for name, position in _FLAGS_ARGUMENT.items():
            opens = _when(_HAS_BIT, MSG_FASTOPEN, [_NO_ACCESS])
            rules[name] = [_argument(position), *opens, _ALLOW]
    numbers = machine.numbers
    native = [(_LOAD, 0, 0, _NUMBER_AT)]
    if machine.has_x32:
        native += _when(_AT_LEAST, _X32_BIT, [_NO_ACCESS])
    for name, rule in rules.items():
        native += _when(_EQUAL, numbers[name], rule)
    native += [*_each((numbers[name] for name in refused if name in numbers), _NO_CALL), _ALLOW]
    return [(_LOAD, 0, 0, _ARCH_AT), *_when(_EQUAL, machine.audit_arch, native), _NO_ACCESS]


def _argument(position: int) -> Instruction:
    """Load the lower half of an argument, all that the kernel reads of these, counted from 0."""
    return (_LOAD, 0, 0, _ARGUMENTS_AT + position * _ARGUMENT_BYTES)


def _when(test: int, operand: int, then: list[Instruction]) -> list[Instruction]:
    """Instructions that run `then` if the loaded word passes the test, else pass over it."""
    return [(test, 0, len(then), operand), *then]


def _each(operands: Iterable[int], then: Instruction) -> Iterator[Instruction]:
    for operand in operands:
        yield from _when(_EQUAL, operand, [then])


class _Program(ctypes.Structure):
    """struct sock_fprog."""

    _fields_ = (("instruction_count", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


def _put_up(whom: Confined, *, flags: int) -> None:
    machine = machines.this_machine()
    if machine is None:
        raise OSError(errno.ENOSYS, "no filter for this machine")
    program = _packed(machine, whom)
    instructions = ctypes.create_string_buffer(program, len(program))
    described = _Program(len(program) // 8, ctypes.addressof(instructions))
    machines.renounce_privileges()
    machines.call("seccomp", _SET_MODE_FILTER, flags, ctypes.addressof(described))


@functools.cache
def _packed(machine: Machine, whom: Confined) -> bytes:
    program = program_of(machine, whom)
    return b"".join(struct.pack("<HBBI", *instruction) for instruction in program)
