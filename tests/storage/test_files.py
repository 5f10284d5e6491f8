"""Whole files or none."""

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from qasr_cli.errors import LockHeld, OutputError, OutputRefused, UnreadableInput
from qasr_cli.storage.files import (
    Writer,
    check_writable,
    sha256_of_descriptor,
    sha256_of_file,
    write_atomically,
)
from qasr_cli.storage.lock import RunLock


def test_write_makes_folders_and_replaces(tmp_path: Path) -> None:
    """A write makes the folders it needs, replaces what stood there, and leaves nothing else."""
    path = tmp_path / "a" / "b" / "c.srt"

    write_atomically(str(path), b"old")
    written = write_atomically(str(path), b"new")

    assert path.read_bytes() == b"new"
    assert written.size_bytes == 3
    assert list(path.parent.iterdir()) == [path]


def test_what_is_too_large_to_be_held_is_filled_in(tmp_path: Path) -> None:
    """The function gets an empty file that it can read, too; the name comes when it is done."""
    digests: list[str] = []

    def fill(descriptor: int) -> None:
        os.write(descriptor, b"much")
        assert not (tmp_path / "a" / "film.mp4").exists()
        digests.append(sha256_of_descriptor(descriptor))

    written = Writer(owner="test").write_output(str(tmp_path / "a" / "film.mp4"), fill, of="film")

    assert (tmp_path / "a" / "film.mp4").read_bytes() == b"much"
    assert written.size_bytes == 4
    assert digests == [sha256_of_file(written.path)]


def test_what_could_not_be_filled_in_leaves_nothing(tmp_path: Path) -> None:
    """Neither the half of it nor a temporary."""

    def fill(descriptor: int) -> None:
        os.write(descriptor, b"half")
        raise UnreadableInput("film.mp4", "gone")

    with pytest.raises(UnreadableInput):
        Writer(owner="test").write_output(str(tmp_path / "film.mp4"), fill, of="film")

    assert os.listdir(tmp_path) == []


def test_mode_follows_the_umask(tmp_path: Path) -> None:
    """A finished file has the mode any program would give it."""
    previous = os.umask(0o027)
    try:
        write_atomically(str(tmp_path / "x"), b"")
    finally:
        os.umask(previous)

    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == 0o640


def test_refused_place_is_this_outputs_fault(tmp_path: Path) -> None:
    """A name too long, or a folder that is a file, stops one input and not the run."""
    (tmp_path / "file").write_text("")

    with pytest.raises(OutputRefused, match="-o DIR"):
        write_atomically(str(tmp_path / "file" / "x.srt"), b"")
    with pytest.raises(OutputRefused):
        write_atomically(str(tmp_path / ("x" * 300)), b"")

    assert [p.name for p in tmp_path.iterdir()] == ["file"]


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
@pytest.mark.parametrize(
    ("fault", "after"),
    [
        ("fsync:error=ENOSPC:when=1", b"old"),
        ("rename:error=EROFS:when=1", b"old"),
        ("write:error=ENOSPC:when=1", b"old"),
        ("fsync:error=EIO:when=2", b"new"),  # the folder's: the rename has happened
    ],
)
def test_fault_leaves_a_whole_file(tmp_path: Path, fault: str, after: bytes) -> None:
    """Whatever the disk refuses, the old file or the new one stands whole, and no temporary."""
    path = tmp_path / "x.srt"
    path.write_bytes(b"old")
    program = (
        "import sys, os; from qasr_cli.storage.files import write_atomically\n"
        "from qasr_cli.errors import OutputError\n"
        "try: write_atomically(sys.argv[1], b'new')\n"
        "except OutputError: os._exit(3)\n"
        "os._exit(0)"
    )

    ran = subprocess.run(
        [
            *("strace", "-f", "-qq", "-o", os.devnull, "-e", f"inject={fault}"),
            *(sys.executable, "-c", program, str(path)),
        ],
        check=False,
        capture_output=True,
    )

    assert ran.returncode == 3, ran.stderr
    assert path.read_bytes() == after
    assert list(tmp_path.iterdir()) == [path]


def test_check_finds_a_folder_that_takes_no_files(tmp_path: Path) -> None:
    """A place that cannot be written is found before the work."""
    (tmp_path / "file").write_text("")

    with pytest.raises(OutputError, match="cannot write"):
        check_writable(str(tmp_path / "file" / "out"))
    check_writable(str(tmp_path / "new" / "out"))

    assert list((tmp_path / "new" / "out").iterdir()) == []


def test_lock_is_free_after_a_killed_holder(tmp_path: Path) -> None:
    """A lock dies with its process; nobody has to remove anything."""
    program = (
        "import sys, os, signal; from qasr_cli.storage.lock import RunLock\n"
        "RunLock(sys.argv[1], of='x').__enter__(); print('held', flush=True); signal.pause()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"

    with pytest.raises(LockHeld):
        RunLock(str(tmp_path), of=str(tmp_path)).__enter__()
    holder.kill()
    holder.wait()
    holder.stdout.close()

    with RunLock(str(tmp_path), of=str(tmp_path)):
        pass
