"""What the kernel refuses to this process: the network, other processes, other ways out.

`offline` asks the libraries to stay off the network; this makes sure. Once the walls stand they
cannot be taken off, by nobody, until the process ends; so a program puts them up, a library must
not. Those around an ffmpeg child (`child`) concern no other process, and stand in both.

- `seccomp`: system calls by number, on every Linux of the last years.
- `landlock`: files, TCP, signals, other processes' memory, as far as the kernel knows it.
- `descriptors`: what was already open.
- `nvidia`: what must be there before.
"""

import contextlib
import errno
import socket
from collections.abc import Callable, Collection, Iterable
from enum import StrEnum

from qasr_cli.sandbox import descriptors, landlock, machines, nvidia, seccomp


class State(StrEnum):
    """Whether this process can open a socket to the network."""

    ON = "on"  # the kernel refuses it
    OFF = "off"  # it can
    UNAVAILABLE = "unavailable"  # it can, and this machine has no filter to prevent it


def confine() -> bool:
    """Refuse the network and other processes to this process and all its children, for good.

    Only AF_UNIX sockets can be opened afterwards, and network sockets that it was born with are
    closed. False where the filter cannot stand: not Linux, an old kernel, another processor.
    """
    return _confine_with(seccomp.confine_process)


def confine_server(listening: Iterable[socket.socket]) -> bool:
    """As `confine`, for a process that answers others on sockets that it has opened before.

    These stay open and accept, but neither they nor what they accept can be connected to anybody
    else, and nothing can be bound any more: not even Unix sockets, whose callers look the same.
    """
    return _confine_with(seccomp.confine_server, kept=[each.fileno() for each in listening])


def _confine_with(put_up_filter: Callable[[], None], kept: Collection[int] = ()) -> bool:
    nvidia.make_nodes()
    descriptors.close_ways_out(kept)
    if state() is not State.ON:  # else this is a program executed anew, inside its old walls
        with contextlib.suppress(OSError):  # where there is none, the doctor says so
            landlock.keep_to_itself()
    try:
        put_up_filter()
    except OSError:
        return False
    return True


def state() -> State:
    """What the kernel says when asked for a socket pair that only the filter refuses.

    Without the filter this family has no pairs, so nothing is opened either way.
    """
    if machines.this_machine() is None:
        return State.UNAVAILABLE
    try:
        for end in socket.socketpair(socket.AF_NETLINK, socket.SOCK_RAW):
            end.close()
    except OSError as error:
        if error.errno == errno.EACCES:
            return State.ON
    return State.OFF if seccomp.is_known() else State.UNAVAILABLE
