"""Descriptors that this process was born with and has no use for."""

import contextlib
import os
import socket
import stat
from collections.abc import Collection

_FIRST_PASSED = 3  # after standard input, output and error
_RING = "anon_inode:[io_uring]"


def close_ways_out(kept: Collection[int] = ()) -> None:
    """Close what whoever started this process left open to the network.

    Standard input, output and error stay, and so does what a service manager passes on purpose
    (`LISTEN_FDS`).

    Args:
        kept: descriptors that this process has opened itself and needs.
    """
    passed = passed_on_purpose()
    for descriptor in ways_out():
        if descriptor >= _FIRST_PASSED and descriptor not in passed and descriptor not in kept:
            os.close(descriptor)


def ways_out() -> list[int]:
    """Open descriptors that reach the network: every socket but Unix ones, every io_uring."""
    found = []
    for descriptor in _inherited():
        with contextlib.suppress(OSError):  # the list's own, which is closed again
            if _leads_out(descriptor):
                found.append(descriptor)
    return found


def passed_on_purpose() -> range:
    """Descriptors that a service manager opened for this very process (`LISTEN_FDS`)."""
    try:
        is_for_us = int(os.environ.get("LISTEN_PID", "")) == os.getpid()
        count = int(os.environ.get("LISTEN_FDS", ""))
    except ValueError:
        return range(0)
    return range(_FIRST_PASSED, _FIRST_PASSED + count) if is_for_us else range(0)


def _inherited() -> list[int]:
    try:
        return sorted(int(name) for name in os.listdir("/dev/fd") if name.isdecimal())
    except OSError:  # Windows hands nothing on
        return []


def _leads_out(descriptor: int) -> bool:
    if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
        return _family(descriptor) != socket.AF_UNIX
    return os.readlink(f"/dev/fd/{descriptor}") == _RING


def _family(descriptor: int) -> int:
    # Named families only keep Python from finding out by itself, which not every socket bears.
    known = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, fileno=descriptor)
    try:
        if hasattr(socket, "SO_DOMAIN"):
            return known.getsockopt(socket.SOL_SOCKET, socket.SO_DOMAIN)
    finally:
        known.detach()
    asked = socket.socket(fileno=descriptor)
    family = int(asked.family)
    asked.detach()
    return family
