import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from qasr_cli.errors import UsageError
from qasr_cli.media.decoding.ffmpeg import (
    Child,
    ffmpeg_path,
    ffmpeg_version,
    input_arguments,
)
from qasr_cli.media.pcm import Pcm

Decode = Callable[..., Pcm]


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str], str]:
    """Write a shell script that can be run."""

    def write(text: str) -> str:
        path = tmp_path / "script"
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return str(path)

    return write


@pytest.fixture
def error_output() -> list[bytes]:
    """What the child wrote to standard error."""
    return []


@pytest.fixture
def child_of(tmp_path: Path, error_output: list[bytes]) -> Callable[[str], Child]:
    """Start a shell command as a child, as if it were ffmpeg."""
    path = tmp_path / "input"
    path.write_bytes(b"content")

    def start(command: str) -> Child:
        with path.open("rb") as file:
            arguments = ["/bin/sh", "-c", command.format(fd=file.fileno())]
            os.lseek(file.fileno(), 3, os.SEEK_SET)
            return Child(
                arguments,
                fd=file.fileno(),
                cpu_limit_s=10,
                on_error_output=error_output.append,
            )

    return start


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_absent_ffmpeg_names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """A QASR_FFMPEG that is no program is a usage error that names the variable."""
    monkeypatch.setenv("QASR_FFMPEG", "/nowhere/ffmpeg")

    with pytest.raises(UsageError, match="QASR_FFMPEG=/nowhere/ffmpeg"):
        ffmpeg_path()


def test_a_search_for_ffmpeg_that_a_terminal_cannot_cut_short() -> None:
    """What is tried inherits that it does not take Ctrl-C; afterwards this process takes it."""
    program = (
        "import os, signal, sys\n"
        "from qasr_cli.media.decoding.ffmpeg import ffmpeg_path\n"
        "heard = []\n"
        "def hear(event, arguments):\n"
        "    if event == 'subprocess.Popen':\n"
        "        heard.append(signal.pthread_sigmask(signal.SIG_BLOCK, ()))\n"
        "        os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.addaudithook(hear)\n"
        "try:\n"
        "    ffmpeg_path()\n"
        "except KeyboardInterrupt:\n"
        "    assert len(heard) == 1 and heard[0] >= {signal.SIGINT, signal.SIGHUP}\n"
        "    assert not signal.pthread_sigmask(signal.SIG_BLOCK, ())\n"
        "    os.write(1, ffmpeg_path().encode())\n"
    )
    environment = {name: os.environ[name] for name in os.environ.keys() - {"QASR_FFMPEG"}}

    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, env=environment, check=False
    )

    assert ran.stderr == b""
    assert b"ffmpeg" in ran.stdout


def test_ffmpeg_says_its_version() -> None:
    """The version is the word ffmpeg itself prints for it."""
    assert re.search(r"\d+\.\d+", ffmpeg_version(ffmpeg_path()))


def test_a_program_that_is_no_ffmpeg(script: Callable[[str], str]) -> None:
    """A QASR_FFMPEG that does not answer as ffmpeg does is a usage error."""
    with pytest.raises(UsageError, match="does not run as ffmpeg"):
        input_arguments(script("exit 3"), 3, verbosity="error")


def test_an_ffmpeg_that_cannot_take_descriptors(
    script: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
    bursts_wav: Path,
    decode: Decode,
) -> None:
    """An ffmpeg without the fd: protocol decodes the same from the descriptor's path."""
    expected = decode(bursts_wav)
    old = script(f'case "$2" in -protocols) echo file;; *) exec {ffmpeg_path()} "$@";; esac')
    monkeypatch.setenv("QASR_FFMPEG", old)

    assert "-fd" not in input_arguments(old, 3, verbosity="error")
    np.testing.assert_array_equal(decode(bursts_wav), expected)


def test_the_child_reads_from_the_beginning(child_of: Callable[[str], Child]) -> None:
    """The child gets the descriptor at its beginning, wherever it stood, and no other input."""
    read_all = "import os, sys; os.write(1, os.read({fd}, 99) + sys.stdin.buffer.read())"
    with child_of(f"{sys.executable} -c '{read_all}'") as child:
        assert child.read(10) == b"content"
        assert child.read(10) == b""
        assert child.finish(10) == 0


def test_much_standard_error_does_not_block(
    child_of: Callable[[str], Child], error_output: list[bytes]
) -> None:
    """A child that fills its standard error many times over still gets its output out."""
    with child_of("yes complaint | head -n 100000 >&2; echo done; echo last >&2") as child:
        assert child.read(10) == b"done\n"
        assert child.read(10) == b""
        assert child.finish(10) == 0
        assert b"".join(error_output).endswith(b"last\n")


@pytest.mark.parametrize("command", ["sleep 600", "while :; do echo busy >&2; done"])
def test_no_output_is_no_progress(child_of: Callable[[str], Child], command: str) -> None:
    """A child without output times out, also while it goes on complaining; then it is gone."""
    with child_of(command) as child, pytest.raises(TimeoutError):
        child.read(0.3)

    assert not _is_running(child.pid)


def test_its_own_children_end_with_it(child_of: Callable[[str], Child], tmp_path: Path) -> None:
    """Leaving the context ends the whole session of the child."""
    os.mkfifo(tmp_path / "fifo")
    reader = os.open(tmp_path / "fifo", os.O_RDONLY | os.O_NONBLOCK)
    with child_of(f"exec 3>{tmp_path}/fifo; sleep 600 & echo started; wait") as child:
        assert child.read(10) == b"started\n"
    os.set_blocking(reader, True)

    assert os.read(reader, 1) == b""  # the end comes when the last holder of the other end is gone
    os.close(reader)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits a running process")
def test_the_child_is_limited(child_of: Callable[[str], Child], tmp_path: Path) -> None:
    """The child may use 2 GiB, some processor time, and write no file."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    asked = "ulimit -v; ulimit -t; ulimit -f; ulimit -c"
    printed = b""
    with child_of(f"read line <{fifo}; {asked}") as child:
        fifo.write_text("go\n")
        while piece := child.read(10):
            printed += piece

    assert printed.split() == [b"2097152", b"10", b"0", b"0"]


def test_the_environment_cannot_make_it_write(
    child_of: Callable[[str], Child], monkeypatch: pytest.MonkeyPatch
) -> None:
    """FFREPORT, which would make ffmpeg write a log, is not handed on."""
    monkeypatch.setenv("FFREPORT", "file=/tmp/report")

    with child_of("echo $FFREPORT$LC_ALL") as child:
        assert child.read(10) == b"C\n"
