"""A trial of the walls around `qasr serve`: what holds network sockets tries to get out by them.

In a process of its own, started before this one's walls stand, since behind them nobody opens a
network socket. Nothing is sent: the only addresses that are tried are this machine's own.
"""

import contextlib
import ctypes
import errno
import json
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import qasr_cli
from qasr_cli.sandbox import confine_server, machines, seccomp

_TIME_LIMIT_S = 60.0
_START = f"import sys; sys.path.append(sys.argv[1]); from {__name__} import say; say()"
_HOSTS = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))
_NOT_REFUSED = "done"
_REFUSALS = (errno.errorcode[errno.EACCES], errno.errorcode[errno.EPERM])
# struct sockaddr of no family: `connect` to it undoes a connection.
_NOWHERE = struct.pack("<H14x", socket.AF_UNSPEC)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeFindings:
    """What such a process could do.

    Attributes:
        are_up: its filter stands.
        answers: by what was tried, the kernel's answer: an error's name, or "done".
        failure: why nothing was tried; "" = it was.
    """

    are_up: bool = False
    answers: Mapping[str, str]
    failure: str = ""

    @property
    def ways_out(self) -> tuple[str, ...]:
        """What was not refused."""
        return tuple(way for way, answer in self.answers.items() if answer not in _REFUSALS)


class ServeTrial:
    """A process that tries. Start it before the walls stand, and leave it with `with`."""

    def __init__(self) -> None:
        source = os.path.dirname(os.path.dirname(os.path.abspath(str(qasr_cli.__file__))))
        self._process = subprocess.Popen(  # noqa: S603  # our own Python
            [sys.executable, "-I", "-S", "-c", _START, source],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C ends the doctor, and is no answer
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def findings(self) -> ServeFindings:
        """What it found, once it is through."""
        try:
            said, errors = self._process.communicate(timeout=_TIME_LIMIT_S)
        except subprocess.TimeoutExpired:
            return ServeFindings(answers={}, failure="no answer")
        try:
            return ServeFindings(**json.loads(said))
        except ValueError:
            last = errors.strip().rpartition("\n")[2]
            return ServeFindings(answers={}, failure=last or f"exit {self._process.returncode}")


def say() -> None:
    """Try it in this process, and print what is found as JSON."""
    are_up, answers = tried_behind(confine_server)
    sys.stdout.write(json.dumps({"are_up": are_up, "answers": answers}))


def tried_behind(
    confine: Callable[[Sequence[socket.socket]], bool],
) -> tuple[bool, dict[str, str]]:
    """Whether walls stand, for good, and the kernel's answers to every way out of them.

    Args:
        confine: puts them up; is given the sockets that a server holds.
    """
    with contextlib.ExitStack() as stack:
        target, *listening = [stack.enter_context(_listener()) for _ in range(5)]
        here = listening[0].getsockname()[:2]
        caller = stack.enter_context(socket.create_connection(here))
        accepted = stack.enter_context(listening[0].accept()[0])
        unbound = stack.enter_context(socket.socket(target.family))
        are_up = confine([target, *listening, caller, accepted, unbound])
        if not are_up:
            return False, {}
        ways = _ways(target.getsockname()[:2], accepted, listening[1:], unbound)
        return are_up, {way: _answer_to(attempt) for way, attempt in ways.items()}


def _ways(
    elsewhere: tuple[str, int],
    accepted: socket.socket,
    listening: Sequence[socket.socket],
    unbound: socket.socket,
) -> dict[str, Callable[[], object]]:
    by_connect, by_sendto, by_sendmsg = listening

    def turn_accepted() -> None:
        address = ctypes.create_string_buffer(_NOWHERE, len(_NOWHERE))
        machines.call("connect", accepted.fileno(), ctypes.addressof(address), len(_NOWHERE))
        accepted.connect(elsewhere)

    def turn_listening() -> None:
        by_connect.shutdown(socket.SHUT_RDWR)
        by_connect.connect(elsewhere)

    def send_first_packet() -> None:
        by_sendto.shutdown(socket.SHUT_RDWR)
        by_sendto.sendto(b"", seccomp.MSG_FASTOPEN, elsewhere)

    def send_first_message() -> None:
        by_sendmsg.shutdown(socket.SHUT_RDWR)
        by_sendmsg.sendmsg([b""], [], seccomp.MSG_FASTOPEN, elsewhere)

    return {
        "accepted connection: connect": turn_accepted,
        "listening socket: connect": turn_listening,
        "listening socket: sendto MSG_FASTOPEN": send_first_packet,
        "listening socket: sendmsg MSG_FASTOPEN": send_first_message,
        "unbound socket: bind": lambda: unbound.bind((elsewhere[0], 0)),
        "new socket": lambda: socket.socket(unbound.family).close(),
    }


def _listener() -> socket.socket:
    for family, host in _HOSTS[:-1]:
        with contextlib.suppress(OSError):
            return socket.create_server((host, 0), family=family)
    family, host = _HOSTS[-1]
    return socket.create_server((host, 0), family=family)


def _answer_to(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, str(error))
    return _NOT_REFUSED
