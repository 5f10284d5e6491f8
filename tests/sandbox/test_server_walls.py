"""The walls around a process that holds network sockets: it answers on them and reaches nobody."""

import errno
import json
import subprocess
import sys

import pytest

from qasr_cli import sandbox
from qasr_cli.sandbox import State

pytestmark = pytest.mark.skipif(
    sandbox.state() is State.UNAVAILABLE, reason="this machine has no seccomp filters"
)


def _said(code: str, *arguments: str) -> dict[str, object]:
    ran = subprocess.run(
        [sys.executable, "-c", code, *arguments], check=False, capture_output=True, text=True
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    said: dict[str, object] = json.loads(ran.stdout)
    return said


# The filter alone, since Landlock refuses a part of it by itself where the kernel has it.
_TRY_TO_GET_OUT = """
import json, sys
from qasr_cli.machine.serve_trial import tried_behind
from qasr_cli.sandbox import confine_server, seccomp

def confine(held):
    if sys.argv[1] == "all":
        return confine_server(held)
    getattr(seccomp, sys.argv[1])()
    return True

print(json.dumps(tried_behind(confine)[1]))
"""
_WAYS_BY_WHAT_IS_HELD = (
    "accepted connection: connect",
    "listening socket: connect",
    "listening socket: sendto MSG_FASTOPEN",
    "listening socket: sendmsg MSG_FASTOPEN",
    "unbound socket: bind",
)


def test_the_ordinary_filter_is_not_enough_with_a_socket_in_hand() -> None:
    """Each way out by a socket that is held exists: behind the filter of other commands it works.

    That is why a server has its own filter, and why the next test is worth something.
    """
    answers = _said(_TRY_TO_GET_OUT, "confine_process")

    with open("/proc/sys/net/ipv4/tcp_fastopen") as file:
        sends_fast_open = bool(int(file.read()) & 1)
    expected = {
        way: "done" if sends_fast_open or "FASTOPEN" not in way else "EOPNOTSUPP"
        for way in _WAYS_BY_WHAT_IS_HELD
    }
    assert answers == expected | {"new socket": "EACCES"}


@pytest.mark.parametrize("walls", ["confine_server", "all"])
def test_every_way_out_is_refused_to_a_server(walls: str) -> None:
    """No socket that a server holds or accepts can be connected, bound, or joined by a new one."""
    answers = _said(_TRY_TO_GET_OUT, walls)

    assert answers == dict.fromkeys((*_WAYS_BY_WHAT_IS_HELD, "new socket"), "EACCES")


_TRY_THE_REST = """
import json, os, socket, sys, threading
from qasr_cli import sandbox
from qasr_cli.sandbox import machines, seccomp

def answer_to(attempt):
    try:
        attempt()
    except OSError as error:
        return error.errno
    return 0

own = os.path.join(sys.argv[1], "own")
heard = socket.socket(socket.AF_UNIX)
heard.bind(own)
heard.listen()
datagrams = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
datagrams.bind(own + ".notify")
server = socket.create_server(("127.0.0.1", 0))
forgotten = socket.create_server(("127.0.0.1", 0)).detach()
caller = socket.create_connection(server.getsockname())

def fast_open(name, *arguments):
    return lambda: machines.call(name, server.fileno(), *arguments)

flag = seccomp.MSG_FASTOPEN
ATTEMPTS = {
    "sendmmsg": fast_open("sendmmsg", 0, 0, flag),
    "Unix connect": lambda: socket.socket(socket.AF_UNIX).connect(own),
    "Unix bind": lambda: socket.socket(socket.AF_UNIX).bind(own + "2"),
    "pidfd_getfd": lambda: machines.call(
        "pidfd_getfd", os.pidfd_open(os.getpid()), server.fileno(), 0
    ),
}
ALLOWED = {
    "sendmmsg": fast_open("sendmmsg", 0, 0, 0),
    "pair": lambda: [end.close() for end in socket.socketpair()],
    "listen again": lambda: server.listen(5),
    "notify": lambda: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(
        b"READY=1", own + ".notify"
    ),
}
before = {name: answer_to(attempt) for name, attempt in ATTEMPTS.items()}
go, found = threading.Event(), {}
def in_a_thread():
    go.wait()
    found["thread"] = answer_to(lambda: caller.connect(server.getsockname()))
thread = threading.Thread(target=in_a_thread)
thread.start()
is_up = sandbox.confine_server([server, caller])
closed = answer_to(lambda: os.fstat(forgotten))
go.set()
thread.join()
accepted, _ = server.accept()
accepted.sendall(b"answer")
caller.shutdown(socket.SHUT_WR)
print(json.dumps({
    "is_up": is_up, "state": sandbox.state(), "before": before,
    "after": {name: answer_to(attempt) for name, attempt in ATTEMPTS.items()},
    "allowed": {name: answer_to(attempt) for name, attempt in ALLOWED.items()},
    "answered": caller.recv(100).decode(), "heard": accepted.recv(100).decode(),
    "notified": datagrams.recv(100).decode(), "closed": closed,
    **found,
}))
"""


def test_a_server_still_answers_and_that_is_all(tmp_path_factory: pytest.TempPathFactory) -> None:
    """It accepts, sends, receives, and notifies its manager; what it did not name is closed."""
    folder = tmp_path_factory.mktemp("s")  # a short name: a Unix socket's is limited

    said = _said(_TRY_THE_REST, str(folder))

    assert (said["is_up"], said["state"]) == (True, "on")
    assert said["before"] == dict.fromkeys(
        ("sendmmsg", "Unix connect", "Unix bind", "pidfd_getfd"), 0
    )
    access, call = errno.EACCES, errno.EPERM
    assert said["after"] == {
        "sendmmsg": access,
        "Unix connect": access,
        "Unix bind": access,
        "pidfd_getfd": call,
    }
    assert said["allowed"] == dict.fromkeys(("sendmmsg", "pair", "listen again", "notify"), 0)
    assert (said["answered"], said["heard"], said["notified"]) == ("answer", "", "READY=1")
    assert said["closed"] == errno.EBADF
    assert said["thread"] == access
