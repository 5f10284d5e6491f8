"""Sockets that a service manager passes: answered on, if that is all that can be done with them."""

import contextlib
import fcntl
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from qasr_cli.errors import ExitCode

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="systemd's")

# Puts descriptors where systemd puts them, from 3 on, and says what is made of them.
_ACTIVATED = """
import json, os, sys
from qasr_cli import sandbox
from qasr_cli.errors import QasrError
from qasr_cli.serve.sockets import open_sockets
for place, number in enumerate(map(int, sys.argv[1:]), 3):
    os.dup2(number, place) if number else os.closerange(place, place + 1)
os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": str(len(sys.argv) - 1)}
try:
    found = open_sockets(hosts=["192.0.2.1"], ports=[1])
except QasrError as error:
    print(json.dumps({"error": str(error), "code": error.exit_code}))
    raise SystemExit
sandbox.confine_server(found.sockets)
print(json.dumps({
    "urls": found.urls, "line": found.line, "are_passed": found.are_passed,
    "is_local": found.is_local, "numbers": [each.fileno() for each in found.sockets],
    "inheritable": [each.get_inheritable() for each in found.sockets],
    "left": [name for name in os.environ if name.startswith("LISTEN_")],
}))
for each in found.sockets:
    each.accept()[0].sendall(b"here")
"""


class _Passed:
    """Sockets, opened and numbered by somebody else."""

    def __init__(self, *sockets: socket.socket) -> None:
        self._sockets = sockets
        self._numbers = [fcntl.fcntl(each, fcntl.F_DUPFD, 20) for each in sockets]

    def start(self) -> subprocess.Popen[str]:
        """A process that is activated by them."""
        command = [sys.executable, "-c", _ACTIVATED, *map(str, self._numbers)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, pass_fds=self._numbers, text=True)

    def close(self) -> None:
        """Here alone."""
        for number in self._numbers:
            os.close(number)


def _listeners(stack: contextlib.ExitStack, path: str) -> dict[str, socket.socket]:
    """Of every kind that is answered on, by URL."""
    tcp = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(2)]
    with contextlib.suppress(OSError):  # a machine without IPv6
        tcp[1] = stack.enter_context(socket.create_server(("::1", 0), family=socket.AF_INET6))
    found = {}
    for each in tcp:
        host, port = each.getsockname()[:2]
        found[f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"] = each
    for url, name in ((f"unix:{path}", path), (f"unix:@{path}", f"\0{path}")):
        found[url] = stack.enter_context(socket.socket(socket.AF_UNIX))
        found[url].bind(name)
        found[url].listen()
    return found


def _answer_of(listener: socket.socket) -> bytes:
    with socket.socket(listener.family) as caller:
        caller.connect(listener.getsockname())
        return caller.recv(100)


def test_sockets_of_a_service_manager_are_used_instead(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """TCP and Unix sockets that systemd opened are answered on; hosts and ports are not used."""
    path = str(tmp_path_factory.mktemp("s") / "qasr.sock")
    with contextlib.ExitStack() as stack:
        listeners = _listeners(stack, path)
        passed = stack.enter_context(contextlib.closing(_Passed(*listeners.values())))
        process = stack.enter_context(passed.start())
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        answers = [_answer_of(each) for each in listeners.values()]

    urls = list(listeners)
    assert said == {
        "urls": urls,
        "line": f"listening on {', '.join(urls)} (LISTEN_FDS; --host and --port are not used)",
        "are_passed": True,
        "is_local": True,
        "numbers": [3, 4, 5, 6],
        "inheritable": [False] * 4,
        "left": [],
    }
    assert answers == [b"here"] * 4


def _unfit(kind: str, stack: contextlib.ExitStack, folder: Path) -> socket.socket:
    match kind:
        case "datagrams":
            return stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        case "Unix datagrams":
            return stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        case "not listening":
            return stack.enter_context(socket.socket())
        case "a connection":
            server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            stack.enter_context(socket.create_connection(server.getsockname()))
            return stack.enter_context(server.accept()[0])
        case _:
            file = stack.enter_context((folder / "file").open("wb"))
            pair = stack.enter_context(socket.socket())
            os.dup2(file.fileno(), pair.fileno())
            return pair


@pytest.mark.parametrize(
    "kind", ["datagrams", "Unix datagrams", "not listening", "a connection", "a file"]
)
def test_what_is_nothing_to_answer_on_is_an_error(kind: str, tmp_path: Path) -> None:
    """A socket by which more than answers could be sent is not held, whoever passed it."""
    with contextlib.ExitStack() as stack:
        good = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        bad = _unfit(kind, stack, tmp_path)
        passed = stack.enter_context(contextlib.closing(_Passed(good, bad)))
        process = stack.enter_context(passed.start())
        said = json.loads(process.communicate()[0])

    assert said == {
        "error": "cannot listen on descriptor 4 of LISTEN_FDS: it is no listening TCP or Unix "
        "stream socket; ListenStream= with Accept=no makes one",
        "code": ExitCode.ENVIRONMENT,
    }
