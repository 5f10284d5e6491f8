"""The filter: its rules, that the kernel keeps them, that `models pull` alone goes without."""

import json
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import typer
from typer.core import TyperGroup

from qasr_cli import sandbox
from qasr_cli.cli import main
from qasr_cli.cli.command_table import COMMANDS
from qasr_cli.sandbox import State
from tests.conftest import WriteWav

if TYPE_CHECKING:
    from typer._click import Command

X86_64, AARCH64 = 0xC000003E, 0xC00000B7
I386, ARM = 0x40000003, 0x40000028
REFUSED, RINGS_REFUSED, ALLOWED = "EACCES", "EPERM", "allow"

needs_filters = pytest.mark.skipif(
    sandbox.state() is State.UNAVAILABLE, reason="this machine has no seccomp filters"
)


# --- the rules, for machines that are not here --------------------------------------------------


def _verdict(machine: str, *, arch: int, number: int, argument: int = 0) -> str:
    """What the program decides, run as the kernel runs it."""
    program = sandbox._filter(sandbox._MACHINES[machine])  # noqa: SLF001  # the rules themselves
    data = struct.pack("<IIQQ", number, arch, 0, argument)
    word, position = 0, 0
    while True:
        code, if_true, if_false, operand = program[position]
        position += 1
        match code:
            case 0x20:
                (word,) = struct.unpack_from("<I", data, operand)
            case 0x15:
                position += if_true if word == operand else if_false
            case 0x35:
                position += if_true if word >= operand else if_false
            case 0x06:
                names = {0x7FFF_0000: ALLOWED, 0x0005_000D: REFUSED, 0x0005_0001: RINGS_REFUSED}
                return names[operand]
            case _:
                raise AssertionError(f"unknown instruction {code:#x}")


@pytest.mark.parametrize(
    ("machine", "arch", "socket_number", "pair_number"),
    [("x86_64", X86_64, 41, 53), ("aarch64", AARCH64, 198, 199)],
)
def test_only_local_sockets_are_allowed(
    machine: str, arch: int, socket_number: int, pair_number: int
) -> None:
    """Of all families only AF_UNIX may be opened; bits above the family's 32 change nothing."""
    for number in (socket_number, pair_number):
        for family in range(64):
            expected = ALLOWED if family == socket.AF_UNIX else REFUSED
            assert _verdict(machine, arch=arch, number=number, argument=family) == expected
        hidden = 1 << 32 | socket.AF_INET
        assert _verdict(machine, arch=arch, number=number, argument=hidden) == REFUSED


@pytest.mark.parametrize(("machine", "arch"), [("x86_64", X86_64), ("aarch64", AARCH64)])
def test_rings_are_refused_and_the_rest_is_left_alone(machine: str, arch: int) -> None:
    """io_uring is refused; every other call passes."""
    numbers = sandbox._MACHINES[machine]  # noqa: SLF001
    asked = {numbers.socket, numbers.socketpair}
    for number in set(range(600)) - asked:
        expected = RINGS_REFUSED if number == 425 else ALLOWED
        assert _verdict(machine, arch=arch, number=number, argument=socket.AF_INET) == expected


@pytest.mark.parametrize(
    ("machine", "arch", "number"),
    [
        ("x86_64", I386, 102),  # socketcall
        ("x86_64", I386, 359),
        ("x86_64", I386, 41),
        ("x86_64", AARCH64, 198),
        ("x86_64", X86_64, 0x4000_0000 + 41),  # x32
        ("x86_64", X86_64, 0x4000_0000 + 425),
        ("aarch64", ARM, 281),
        ("aarch64", X86_64, 41),
    ],
)
def test_no_way_round_through_other_numbers(machine: str, arch: int, number: int) -> None:
    """System calls by the numbers of another architecture are refused, whatever they ask for."""
    for argument in (1, 2, socket.AF_INET6):
        assert _verdict(machine, arch=arch, number=number, argument=argument) == REFUSED


# --- the kernel ---------------------------------------------------------------------------------

_TRY_ALL = """
import json, socket, subprocess, sys, threading
from qasr_cli import sandbox

def opens(family):
    kind = socket.SOCK_RAW if family == socket.AF_NETLINK else socket.SOCK_STREAM
    try:
        socket.socket(family, kind)
    except OSError as error:
        return error.errno
    return 0

FAMILIES = ("AF_UNIX", "AF_INET", "AF_INET6", "AF_PACKET", "AF_VSOCK", "AF_NETLINK")
early_end = threading.Event()
found = {}
def in_a_thread():
    early_end.wait()
    found["thread"] = opens(socket.AF_INET)
thread = threading.Thread(target=in_a_thread)
thread.start()
before = sandbox.state()
confined = sandbox.confine()
early_end.set()
thread.join()
code = "import socket; socket.socket(socket.AF_INET6)"
child = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
print(json.dumps({
    **found, "before": before, "confined": confined, "after": sandbox.state(),
    "pair": bool(socket.socketpair()), "child": child.stderr.decode().splitlines()[-1],
    **{name: opens(getattr(socket, name)) for name in FAMILIES},
}))
"""


@needs_filters
def test_the_kernel_refuses_every_network_socket() -> None:
    """Behind the filter this process, its running threads and its children open AF_UNIX alone."""
    ran = subprocess.run([sys.executable, "-c", _TRY_ALL], check=True, capture_output=True)

    said = json.loads(ran.stdout)
    assert (said["before"], said["confined"], said["after"]) == ("off", True, "on")
    assert said["AF_UNIX"] == 0
    assert said["pair"]
    for name in ("thread", "AF_INET", "AF_INET6", "AF_PACKET", "AF_VSOCK", "AF_NETLINK"):
        assert said[name] == 13, name
    assert said["child"].startswith("PermissionError")


# --- the command line ---------------------------------------------------------------------------


def _qasr(*arguments: str | os.PathLike[str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "qasr_cli", *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True)


@needs_filters
@pytest.mark.parametrize(("extra", "state"), [((), "on"), (("--no-sandbox",), "off")])
def test_a_run_is_confined_unless_told_otherwise(
    tmp_path: Path, write_wav: WriteWav, extra: tuple[str, ...], state: str
) -> None:
    """A run is behind the filter, `--no-sandbox` leaves it off, and the report says which."""
    write_wav(tmp_path / "talk.wav")

    ran = _qasr("batch", tmp_path, "--engine", "fake", "--vad", "energy", "--quiet", *extra)

    assert (ran.returncode, ran.stderr) == (0, "")
    report = json.loads((tmp_path / "processing_report.json").read_text())
    assert report["sandbox"] == state


@needs_filters
def test_the_doctor_tries() -> None:
    """The doctor opens a socket here, in Python and in ffmpeg, and says that all were refused."""
    checks = json.loads(_qasr("doctor", "--json", "--model", "demo", "--device", "cpu").stdout)

    (found,) = (check for check in checks["checks"] if check["name"] == "sandbox")
    assert found["state"] == "ok"
    assert "tried" in found["detail"]


def _commands(command: "Command", path: str) -> Iterator[tuple[str, "Command"]]:
    if isinstance(command, TyperGroup):
        for name, below in command.commands.items():
            yield from _commands(below, f"{path} {name}")
    else:
        yield path, command


def test_only_models_pull_may_use_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command is confined but one."""
    monkeypatch.setattr(
        main,
        "_prepared",
        lambda callback, _, *, is_confined: _confined_stand_in if is_confined else callback,
    )
    unconfined = set()
    for name, (module, _) in COMMANDS.items():
        top = typer.main.get_command(import_module(module).app)
        main._prepare(top, name, main._Process(is_ours=True))  # noqa: SLF001
        for path, command in _commands(top, name):
            if command.callback is not _confined_stand_in:
                unconfined.add(path)

    assert unconfined == {"models pull"}


def _confined_stand_in() -> None:
    """Marks a command that would have been confined."""
