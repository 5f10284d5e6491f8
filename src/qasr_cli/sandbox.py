"""The network refused by the kernel: a seccomp filter for this process and all its children.

`offline` asks the libraries to stay off the network; this makes sure. Once the filter stands it
cannot be taken off, by nobody, until the process ends; so a program installs it, a library must
not.
"""

import ctypes
import errno
import os
import socket
import struct
import sys
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Whether this process can open a socket to the network."""

    ON = "on"  # the kernel refuses it
    OFF = "off"  # it can
    UNAVAILABLE = "unavailable"  # it can, and this machine has no filter to prevent it


@dataclass(frozen=True, slots=True, kw_only=True)
class _Machine:
    """Numbers of one architecture.

    Source: linux/audit.h, asm/unistd_64.h (x86-64), asm-generic/unistd.h (aarch64).
    """

    audit_arch: int
    seccomp: int
    socket: int
    socketpair: int
    has_x32: bool


_MACHINES = {
    "x86_64": _Machine(audit_arch=0xC000003E, seccomp=317, socket=41, socketpair=53, has_x32=True),
    "aarch64": _Machine(
        audit_arch=0xC00000B7, seccomp=277, socket=198, socketpair=199, has_x32=False
    ),
}
_IO_URING_SETUP = 425  # the same everywhere; a ring opens sockets without the call `socket`
_X32_BIT = 0x4000_0000  # set in the numbers of x86-64's third set of system calls

# struct seccomp_data (linux/seccomp.h), little-endian: where the filter finds what it looks at.
_NUMBER_AT, _ARCH_AT, _FIRST_ARGUMENT_AT = 0, 4, 16

# Classic BPF (linux/bpf_common.h): load a word, compare, return.
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW = 0x7FFF_0000
_REFUSE = 0x0005_0000  # plus the error that the caller sees

_PR_SET_NO_NEW_PRIVS = 38
_SET_MODE_FILTER, _GET_ACTION_AVAIL = 1, 2
# SECCOMP_FILTER_FLAG_TSYNC; and _SPEC_ALLOW (Linux 4.17), since before 5.16 a filter would else
# slow the processor down against attacks from code that shares the process: there is none.
_ALL_THREADS, _FULL_SPEED = 1, 4

_Instruction = tuple[int, int, int, int]  # code, jump if true, jump if false, operand


def confine() -> bool:
    """Refuse network sockets to this process, all its threads and all its children, for good.

    Only AF_UNIX sockets can be opened afterwards. False where it cannot be done: not Linux, an
    old kernel, another processor.
    """
    machine = _machine()
    if machine is None:
        return False
    program = b"".join(struct.pack("<HBBI", *instruction) for instruction in _filter(machine))
    instructions = ctypes.create_string_buffer(program, len(program))
    described = _Program(len(program) // 8, ctypes.addressof(instructions))
    libc = ctypes.CDLL(None, use_errno=True)
    # Without privileges to win from a set-user-id program, anybody may install a filter.
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    flags = _ALL_THREADS | _FULL_SPEED
    status = libc.syscall(machine.seccomp, _SET_MODE_FILTER, flags, ctypes.byref(described))
    return bool(status == 0)


def state() -> State:
    """What the kernel says when asked for a socket pair that only the filter refuses.

    Without the filter this family has no pairs, so nothing is opened either way.
    """
    machine = _machine()
    if machine is None:
        return State.UNAVAILABLE
    try:
        for end in socket.socketpair(socket.AF_NETLINK, socket.SOCK_RAW):
            end.close()
    except OSError as error:
        if error.errno == errno.EACCES:
            return State.ON
    return State.OFF if _has_filters(machine) else State.UNAVAILABLE


class _Program(ctypes.Structure):
    """struct sock_fprog."""

    _fields_ = (("instruction_count", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


def _machine() -> _Machine | None:
    """The numbers of this process; None where there is nothing to confine it with."""
    is_known = sys.platform == "linux" and sys.byteorder == "little" and sys.maxsize > 2**32
    return _MACHINES.get(os.uname().machine) if is_known else None


def _has_filters(machine: _Machine) -> bool:
    action = ctypes.c_uint32(_REFUSE)
    libc = ctypes.CDLL(None, use_errno=True)
    return bool(libc.syscall(machine.seccomp, _GET_ACTION_AVAIL, 0, ctypes.byref(action)) == 0)


def _filter(machine: _Machine) -> list[_Instruction]:
    """What the kernel runs at every system call.

    System calls of another architecture (32-bit programs, `int 0x80`) are refused one and all:
    there a socket's family may lie in memory (`socketcall`), where no filter can look.
    """
    refuse = (_RETURN, 0, 0, _REFUSE | errno.EACCES)
    allow = (_RETURN, 0, 0, _ALLOW)
    ask_for_family = [
        (_LOAD, 0, 0, _FIRST_ARGUMENT_AT),
        *_when(_EQUAL, socket.AF_UNIX, [allow]),
        refuse,
    ]
    native = [
        (_LOAD, 0, 0, _NUMBER_AT),
        *(_when(_AT_LEAST, _X32_BIT, [refuse]) if machine.has_x32 else []),
        *_when(_EQUAL, machine.socket, ask_for_family),
        *_when(_EQUAL, machine.socketpair, ask_for_family),
        # EPERM is what the kernel itself says where rings are switched off, so callers know it.
        *_when(_EQUAL, _IO_URING_SETUP, [(_RETURN, 0, 0, _REFUSE | errno.EPERM)]),
        allow,
    ]
    return [(_LOAD, 0, 0, _ARCH_AT), *_when(_EQUAL, machine.audit_arch, native), refuse]


def _when(test: int, operand: int, then: list[_Instruction]) -> list[_Instruction]:
    """Instructions that run `then` if the loaded word passes the test, else pass over it."""
    return [(test, 0, len(then), operand), *then]
