"""The wall around files, TCP, signals and other processes that the kernel calls Landlock.

It stands around one thread and whatever that thread starts afterwards. It can be narrowed, never
taken off. Every kernel knows a part of it, told by a number: 1 files (Linux 5.13), 2 moving them,
3 truncating them (6.2), 4 TCP (6.7), 5 devices (6.10), 6 signals and abstract sockets (6.12).
"""

import contextlib
import ctypes
import errno
import functools
import os
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from qasr_cli.sandbox import machines

TCP_FROM, SIGNALS_FROM = 4, 6  # what a version must be at least

# linux/landlock.h
RUN, WRITE, READ, LIST = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_FILE_BITS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}  # how many rights a version has
_TCP = 0b11  # bind, connect
_OTHERS = 0b11  # abstract sockets, signals
_VERSION_ONLY = 1
_PATH_BENEATH = 1
_WHERE_WE_ARE = -100  # AT_FDCWD


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A hole in the wall.

    Attributes:
        place: a file, or a folder with all that is below; a path or an open descriptor.
        rights: what of `RUN`, `WRITE`, `READ` and, in a folder, `LIST` is allowed there.
    """

    place: str | int
    rights: int


@functools.cache
def version() -> int:
    """What of it this kernel knows; 0 where it has none of it, or forbids it."""
    try:
        return machines.call("landlock_create_ruleset", 0, 0, _VERSION_ONLY)
    except OSError:
        return 0


def confine_to(openings: Sequence[Opening]) -> None:
    """Leave this thread, and the children that it starts, these files; no TCP, no other process.

    A file that is not there is passed over.

    Raises:
        OSError: the kernel has none of it.
    """
    known = version()
    if not known:
        raise OSError(errno.ENOSYS, "no Landlock here")
    files = (1 << _FILE_BITS[min(known, max(_FILE_BITS))]) - 1
    with _ruleset(files) as ruleset:
        for opening in openings:
            with contextlib.suppress(FileNotFoundError):
                _add(ruleset, opening, files)
        _restrict(ruleset)


def keep_to_itself() -> None:
    """Leave this thread, and what it starts, every file, but no TCP and no other process.

    Another process is one that it did not start: no signal, no abstract socket, and no look into
    its memory (`/proc/PID/mem`), which Landlock refuses to whomever it stands around.

    Raises:
        OSError: the kernel does not have as much of it.
    """
    # Before, a wall that says nothing of files could not be built; one that does would forbid
    # some moves of files across folders.
    if version() < TCP_FROM:
        raise OSError(errno.ENOSYS, "no Landlock for TCP here")
    with _ruleset(0) as ruleset:
        _restrict(ruleset)


@contextlib.contextmanager
def _ruleset(files: int) -> Iterator[int]:
    tcp = _TCP if version() >= TCP_FROM else 0
    others = _OTHERS if version() >= SIGNALS_FROM else 0
    # struct landlock_ruleset_attr: older kernels take the longer one if its end is zero.
    described = ctypes.create_string_buffer(struct.pack("<QQQ", files, tcp, others), 24)
    ruleset = machines.call("landlock_create_ruleset", ctypes.addressof(described), 24, 0)
    try:
        yield ruleset
    finally:
        machines.call("close", ruleset)


def _add(ruleset: int, opening: Opening, known_rights: int) -> None:
    rights = opening.rights & known_rights
    if isinstance(opening.place, int):
        _add_descriptor(ruleset, opening.place, rights)
        return
    path = ctypes.create_string_buffer(os.fsencode(opening.place))
    flags = os.O_PATH | os.O_CLOEXEC
    descriptor = machines.call("openat", _WHERE_WE_ARE, ctypes.addressof(path), flags)
    try:
        _add_descriptor(ruleset, descriptor, rights)
    finally:
        machines.call("close", descriptor)


def _add_descriptor(ruleset: int, descriptor: int, rights: int) -> None:
    # struct landlock_path_beneath_attr, which is packed
    rule = ctypes.create_string_buffer(struct.pack("<Qi", rights, descriptor), 12)
    try:
        machines.call("landlock_add_rule", ruleset, _PATH_BENEATH, ctypes.addressof(rule), 0)
    except OSError as error:
        if error.errno != errno.EBADFD:  # a pipe, or a file in memory: it has no place
            raise


def _restrict(ruleset: int) -> None:
    machines.renounce_privileges()
    machines.call("landlock_restrict_self", ruleset, 0)
