"""What this process was born with and has no use for is closed."""

import contextlib
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import BinaryIO

import pytest

_SAY_WHAT_IS_OPEN = """
import json, os, sys
from qasr_cli import sandbox
if sys.argv[1] == "for us":
    os.environ["LISTEN_PID"] = str(os.getpid())
sandbox.confine()
print(json.dumps([os.path.exists(f"/proc/self/fd/{number}") for number in sys.argv[2:]]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="descriptors by number, under /proc")
def test_inherited_network_sockets_are_closed(tmp_path: Path) -> None:
    """Whatever reaches the network is closed at the start; files and Unix sockets stay."""
    with contextlib.ExitStack() as stack:
        families = [(socket.AF_INET, socket.SOCK_STREAM), (socket.AF_INET, socket.SOCK_DGRAM)]
        families += [(socket.AF_INET6, socket.SOCK_STREAM), (socket.AF_NETLINK, socket.SOCK_RAW)]
        out = [stack.enter_context(socket.socket(*family)) for family in families]
        pair = [stack.enter_context(end) for end in socket.socketpair()]
        file = stack.enter_context((tmp_path / "log").open("wb"))
        opened: list[socket.socket | BinaryIO] = [*out, *pair, file]

        numbers = [end.fileno() for end in opened]
        kept = _kept("not for us", [0, *numbers], stdin=out[0].fileno())

    assert kept == [True] + [False] * 4 + [True] * 3  # standard input first


@pytest.mark.skipif(sys.platform != "linux", reason="descriptors by number, under /proc")
@pytest.mark.parametrize(("whose", "expected"), [("for us", True), ("not for us", False)])
def test_sockets_of_a_service_stay(whose: str, expected: bool) -> None:
    """What a service manager passed to this very process stays open."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        number = server.fileno()
        count = str(number - 2)  # they begin at 3

        kept = _kept(whose, [number], LISTEN_FDS=count, LISTEN_PID="1")

    assert kept == [expected]


def _kept(whose: str, numbers: list[int], stdin: int | None = None, **variables: str) -> list[bool]:
    command = [sys.executable, "-c", _SAY_WHAT_IS_OPEN, whose, *map(str, numbers)]
    ran = subprocess.run(
        command,
        check=True,
        capture_output=True,
        stdin=stdin,
        pass_fds=[number for number in numbers if number],
        env=os.environ | variables,
    )
    kept: list[bool] = json.loads(ran.stdout)
    return kept
