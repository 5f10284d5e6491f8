"""The walls around ffmpeg: what stands, and what a program that was taken over cannot do."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from qasr_cli.media.decoding.confinement import Reach, confinement_of
from qasr_cli.media.decoding.ffmpeg import Child, ffmpeg_path
from qasr_cli.sandbox import child, landlock, seccomp
from qasr_cli.sandbox.child import Walls
from qasr_cli.sandbox.landlock import LIST, READ, RUN, Opening

needs_landlock = pytest.mark.skipif(not landlock.version(), reason="this kernel has no Landlock")
needs_filters = pytest.mark.skipif(
    not seccomp.is_known(), reason="this machine has no seccomp filters"
)

_RAW = ("-f", "s16le", "-ar", "16000", "-ac", "1")


@pytest.fixture
def ffmpeg_of(tmp_path: Path) -> Callable[..., bytes]:
    """What an ffmpeg that was started for a recording writes, told to go from here to there."""
    own = tmp_path / "own"
    own.write_bytes(b"my own sound")

    def heard(source: str, target: str = "-") -> bytes:
        with own.open("rb") as file:
            source = source.format(fd=file.fileno())
            command = [ffmpeg_path(), "-nostdin", "-v", "error", *_RAW]
            command += ["-i", source, *_RAW, target]
            with Child(command, fd=file.fileno(), cpu_limit_s=60, merge_errors=True) as process:
                return b"".join(iter(lambda: process.read(60), b""))

    return heard


@needs_landlock
def test_this_ffmpeg_is_confined_as_closely_as_can_be() -> None:
    """The ffmpeg that comes with qasr needs nothing but its input and its own libraries."""
    assert confinement_of(ffmpeg_path()).reach is Reach.OWN_INPUT


@needs_landlock
def test_ffmpeg_reads_nothing_else(tmp_path: Path, ffmpeg_of: Callable[..., bytes]) -> None:
    """It opens its own input anew by its descriptor's path, and no other file by any."""
    (tmp_path / "other").write_bytes(b"a secret of mine")

    assert ffmpeg_of("file:/dev/fd/{fd}") == b"my own sound"
    assert ffmpeg_of(f"file:{tmp_path}/own") == b"my own sound"  # the same file
    for path in (tmp_path / "other", Path("/etc/passwd"), Path("/proc/self/environ")):
        assert b"Permission denied" in ffmpeg_of(f"file:{path}"), path


@needs_landlock
def test_ffmpeg_writes_nothing(tmp_path: Path, ffmpeg_of: Callable[..., bytes]) -> None:
    """It makes no new file, and cuts none that stands there."""
    (tmp_path / "other").write_bytes(b"my work")

    for name in ("new", "other", "own"):
        said = ffmpeg_of("file:/dev/fd/{fd}", f"file:{tmp_path}/{name}")
        assert b"Permission denied" in said or b"already exists" in said, name

    assert sorted(path.name for path in tmp_path.iterdir()) == ["other", "own"]
    assert (tmp_path / "other").read_bytes() == b"my work"
    assert (tmp_path / "own").read_bytes() == b"my own sound"


@needs_filters
def test_ffmpeg_asks_no_neighbour(tmp_path: Path, ffmpeg_of: Callable[..., bytes]) -> None:
    """It reaches no program of this machine through a Unix socket."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "asked"))
        listener.listen()
        listener.setblocking(False)

        assert b"Permission denied" in ffmpeg_of("file:/dev/fd/{fd}", f"unix:{tmp_path}/asked")
        with pytest.raises(BlockingIOError):
            listener.accept()


# What code inside ffmpeg would try; each in a folder of the user's, against a process of theirs.
_TAKEN_OVER = """
import ctypes, json, os, resource, socket, sys
from qasr_cli.sandbox import machines

folder, victim = sys.argv[1], int(sys.argv[2])
os.environ["HOME"] = folder
at = lambda name: os.path.join(folder, name)

def shared_memory():
    machines.call("shmget", 0, 4096, 0o1600)

ATTEMPTS = {
    "create": lambda: open(at("new"), "x"),
    "change": lambda: open(at("mine"), "r+"),
    "cut": lambda: os.truncate(at("mine"), 0),
    "remove": lambda: os.remove(at("mine")),
    "rename": lambda: os.rename(at("mine"), at("yours")),
    "replace": lambda: os.replace(at("other"), at("mine")),
    "link": lambda: os.link(at("mine"), at("linked")),
    "symlink": lambda: os.symlink("mine", at("symlinked")),
    "mkdir": lambda: os.mkdir(at("folder")),
    "rmdir": lambda: os.rmdir(at("empty")),
    "fifo": lambda: os.mkfifo(at("fifo")),
    "chmod": lambda: os.chmod(at("mine"), 0),
    "fchmod": lambda: os.fchmod(0, 0o777),
    "chown": lambda: os.chown(at("mine"), os.getuid(), os.getgid()),
    "utime": lambda: os.utime(at("mine"), (0, 0)),
    "xattr": lambda: os.setxattr(at("mine"), "user.qasr", b"1"),
    "kill": lambda: os.kill(victim, 0),
    "limit": lambda: resource.prlimit(victim, resource.RLIMIT_CPU, (1, 1)),
    "shared memory": shared_memory,
    "internet": lambda: socket.socket(socket.AF_INET),
    "unix": lambda: socket.socket(socket.AF_UNIX),
    "pair": lambda: socket.socketpair(),
}
done = []
for name, attempt in ATTEMPTS.items():
    try:
        attempt()
    except OSError:
        continue
    done.append(name)
print(json.dumps(done))
"""


@needs_landlock
def test_a_program_that_was_taken_over_changes_nothing(tmp_path: Path) -> None:
    """Behind the walls no call changes a file or its attributes, or reaches another process."""
    for name in ("mine", "other"):
        (tmp_path / name).write_bytes(b"my work")
    (tmp_path / "empty").mkdir()
    before = {path.name: path.stat() for path in tmp_path.iterdir()}
    # Python itself needs far more to read than ffmpeg does.
    walls = Walls(openings=(Opening(place="/", rights=READ | LIST | RUN),))

    with (tmp_path / "mine").open("rb") as own:

        def open_process() -> subprocess.Popen[bytes]:
            command = [sys.executable, "-B", "-c", _TAKEN_OVER, str(tmp_path), str(os.getpid())]
            return subprocess.Popen(command, stdin=own, stdout=subprocess.PIPE)

        said, _ = child.start(walls, open_process).communicate()

    assert json.loads(said) == []
    assert {path.name: path.stat() for path in tmp_path.iterdir()} == before


@needs_landlock
def test_the_rest_of_the_process_stays_as_it_is(
    tmp_path: Path, ffmpeg_of: Callable[..., bytes]
) -> None:
    """Starting an ffmpeg takes nothing from the program that starts it, nor from its threads."""
    assert ffmpeg_of("file:/dev/fd/{fd}") == b"my own sound"

    (tmp_path / "new").write_bytes(b"text")
    socket.socket(socket.AF_INET).close()
    with subprocess.Popen(["sleep", "60"]) as sleeper:
        sleeper.send_signal(signal.SIGTERM)
    written: list[int] = []
    thread = threading.Thread(target=lambda: written.append((tmp_path / "new").write_bytes(b"x")))
    thread.start()
    thread.join()
    assert written == [1]


@needs_landlock
@pytest.mark.parametrize(
    ("text", "reach"),
    [
        ('exec {ffmpeg} "$@"', Reach.READING),
        ("echo something else", Reach.ALL),
        ("exit 1", Reach.ALL),
        ("exec cat /dev/zero", Reach.ALL),
    ],
)
def test_as_narrow_as_a_program_can_bear(tmp_path: Path, text: str, reach: Reach) -> None:
    """A script that runs ffmpeg may read all and write nothing; what is no ffmpeg stays free."""
    script = tmp_path / "ffmpeg"
    script.write_text(f"#!/bin/sh\n{text.format(ffmpeg=ffmpeg_path())}\n")
    script.chmod(0o755)

    assert confinement_of(str(script)).reach is reach


@needs_filters
def test_a_program_that_is_not_there_is_the_same_error() -> None:
    """An error of the start is raised where the child was asked for, not in its thread."""
    walls = Walls(openings=None)

    with pytest.raises(FileNotFoundError):
        child.start(walls, lambda: subprocess.Popen(["/nowhere/ffmpeg"]))
