"""That the kernel keeps the rules: no network, no other process."""

import errno
import json
import subprocess
import sys

import pytest

from qasr_cli import sandbox
from qasr_cli.sandbox import State, landlock

needs_filters = pytest.mark.skipif(
    sandbox.state() is State.UNAVAILABLE, reason="this machine has no seccomp filters"
)
needs_scopes = pytest.mark.skipif(
    landlock.version() < landlock.SIGNALS_FROM, reason="this kernel's Landlock knows no signals"
)

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


# What a program can do to another of the same user; run before and behind the walls.
_TRY_OTHERS = """
import ctypes, json, os, socket, sys
from qasr_cli import sandbox
from qasr_cli.sandbox import machines

victim, its_socket = int(sys.argv[1]), int(sys.argv[2])

def error_of(attempt):
    try:
        attempt()
    except OSError as error:
        return error.errno
    return 0

def attach():
    machines.call("ptrace", 0x4206, victim, 0, 0)  # PTRACE_SEIZE
    machines.call("ptrace", 17, victim, 0, 0)  # PTRACE_DETACH; it runs, so it says ESRCH

def take_socket():
    machines.call("pidfd_getfd", os.pidfd_open(victim), its_socket, 0)

def read_vm():
    there = ctypes.create_string_buffer(8)
    local = (ctypes.c_ulong * 2)(ctypes.addressof(there), 1)
    remote = (ctypes.c_ulong * 2)(0, 1)
    words = ctypes.addressof(local), 1, ctypes.addressof(remote), 1, 0
    machines.call("process_vm_readv", victim, *words)

def say_hello():
    with socket.socket(socket.AF_UNIX) as own:
        own.connect(f"\\0qasr-test-{victim}")

ATTEMPTS = {
    "ptrace": attach,
    "pidfd_getfd": take_socket,
    "process_vm_readv": read_vm,
    "kcmp": lambda: machines.call("kcmp", victim, os.getpid(), 0, 0, 0),
    "keyctl": lambda: machines.call("keyctl", 0, -4 & (2**64 - 1), 0),
    "memory": lambda: os.close(os.open(f"/proc/{victim}/mem", os.O_RDWR)),
    "signal": lambda: os.kill(victim, 0),
    "abstract": say_hello,
}
before = {name: error_of(attempt) for name, attempt in ATTEMPTS.items()}
sandbox.confine()
after = {name: error_of(attempt) for name, attempt in ATTEMPTS.items()}
print(json.dumps([before, after]))
"""
_BY_FILTER = ("ptrace", "pidfd_getfd", "process_vm_readv", "kcmp", "keyctl")
_BY_LANDLOCK = ("memory", "signal", "abstract")


@needs_filters
def test_other_processes_are_out_of_reach() -> None:
    """Descriptors, memory and the course of another process of this user cannot be got at."""
    before, after = _tried_others()

    assert before["pidfd_getfd"] == 0  # the test is worth something
    for name in _BY_FILTER:
        assert after[name] == errno.EPERM, name


@needs_filters
@needs_scopes
def test_landlock_keeps_other_processes_out_of_reach() -> None:
    """Where Landlock knows how, their memory by name, signals and abstract sockets go, too."""
    before, after = _tried_others()

    for name in _BY_LANDLOCK:
        assert (before[name], after[name]) in ((0, errno.EPERM), (0, errno.EACCES)), name


def _tried_others() -> tuple[dict[str, int], dict[str, int]]:
    """Errors of every attempt against a process with an Internet socket, before and behind."""
    victim = (
        "import os, socket, sys;"
        "own = socket.create_server(('127.0.0.1', 0));"
        "heard = socket.socket(socket.AF_UNIX);"
        "heard.bind(f'\\0qasr-test-{os.getpid()}');"
        "heard.listen();"
        "print(own.fileno(), flush=True);"
        "sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", victim], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        numbers = [str(process.pid), process.stdout.readline().strip()]
        command = [sys.executable, "-c", _TRY_OTHERS, *numbers]
        ran = subprocess.run(command, check=True, capture_output=True)
        process.communicate()
    before, after = json.loads(ran.stdout)
    return before, after
