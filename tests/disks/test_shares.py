"""Network shares refuse what their protocol does not have; the work is done all the same."""

import errno
import json
import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from qasr_cli.errors import ExitCode
from tests.conftest import WriteWav
from tests.disks.conftest import FAKE, Qasr

COMPILER = shutil.which("cc") or shutil.which("gcc")
pytestmark = pytest.mark.skipif(COMPILER is None, reason="no C compiler is installed")

NO_LOCKS = [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EIO, errno.ESTALE]


@pytest.fixture(scope="session")
def share(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library that makes every disk such a share."""
    library = tmp_path_factory.mktemp("share") / "share.so"
    source = Path(__file__).with_name("share.c")
    command = [str(COMPILER), "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"]
    subprocess.run(command, check=True)
    return library


def refusing(share: Path, calls: str, number: int) -> dict[str, str]:
    """The environment of a process on a share."""
    return {"LD_PRELOAD": str(share), "REFUSED_CALLS": calls, "REFUSED_ERRNO": str(number)}


@pytest.fixture
def recordings(tmp_path: Path, write_wav: WriteWav) -> Path:
    """A folder with one recording."""
    write_wav(tmp_path / "in" / "talk.wav")
    return tmp_path / "in"


@pytest.mark.parametrize(
    ("calls", "number"),
    [
        *(("fchmod", number) for number in (errno.EPERM, errno.EROFS)),
        *(("fsync-folder", number) for number in (errno.EINVAL, errno.EBADF, errno.EROFS)),
        *(("fsync-folder", number) for number in (errno.EISDIR, errno.ENOENT)),
        *(("fsync-file", number) for number in (errno.EINVAL, errno.EPERM)),
        ("fchmod fsync-folder fsync-file", errno.ENOTTY),
        ("fchmod fsync-folder fsync-file", errno.ENOSYS),
        ("fchmod fsync-folder fsync-file", errno.ENOTSUP),
    ],
)
def test_modes_and_syncs_may_be_refused(
    share: Path, recordings: Path, qasr: Qasr, calls: str, number: int
) -> None:
    """A share that knows no modes, or no fsync, costs nothing: all outputs, and done for good."""
    environment = refusing(share, calls, number)
    command = ("batch", recordings, "-f", "srt,json", *FAKE)

    first = qasr(*command, environment=environment)
    second = qasr(*command, environment=environment)

    assert (first.returncode, second.returncode) == (ExitCode.OK, ExitCode.OK), first.stderr
    assert b"warning" not in first.stderr
    assert b"done before, unchanged" in second.stderr
    assert (recordings / "talk.srt").read_bytes() + (recordings / "talk.json").read_bytes()


def test_single_files_do_not_fail_beside_a_whole_output(
    share: Path, recordings: Path, qasr: Qasr
) -> None:
    """`transcribe` never says that a file failed whose output stands there whole."""
    environment = refusing(share, "fchmod fsync-folder", errno.EINVAL)

    ran = qasr("transcribe", recordings / "talk.wav", *FAKE, environment=environment)

    assert ran.returncode == ExitCode.OK
    assert ran.stderr.startswith(b"done")
    assert (recordings / "talk.srt").is_file()


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC])
def test_a_disk_that_fails_is_still_said(
    share: Path, recordings: Path, qasr: Qasr, number: int
) -> None:
    """Trouble of the disk itself is no matter of what a share knows."""
    environment = refusing(share, "fsync-file", number)

    ran = qasr("batch", recordings, *FAKE, environment=environment)

    assert ran.returncode == ExitCode.ENVIRONMENT
    assert not (recordings / "talk.srt").exists()


@pytest.mark.parametrize("number", NO_LOCKS)
def test_without_locks_one_sentence_says_what_helps(
    share: Path, recordings: Path, qasr: Qasr, number: int
) -> None:
    """A share without locks is refused in a sentence with both ways out, before any work."""
    ran = qasr("batch", recordings, *FAKE, environment=refusing(share, "flock", number))

    assert ran.returncode == ExitCode.ENVIRONMENT
    (line,) = ran.stderr.decode().splitlines()
    assert os.strerror(number) in line
    assert "-o DIR" in line
    assert "--no-lock" in line
    assert not (recordings / "talk.srt").exists()


@pytest.mark.parametrize(
    "number", [errno.ENOLCK, errno.EPERM, errno.EIO, errno.ENOTTY, errno.EBADF, errno.ESTALE]
)
def test_no_lock_goes_on_and_says_so(
    share: Path, recordings: Path, qasr: Qasr, number: int
) -> None:
    """With --no-lock the work is done, with a warning in the lines and the report."""
    environment = refusing(share, "flock", number)

    ran = qasr("batch", recordings, "--no-lock", *FAKE, environment=environment)

    assert ran.returncode == ExitCode.OK
    assert ran.stderr.startswith(b"warning  ")
    report = json.loads((recordings / "processing_report.json").read_bytes())
    assert "no file locks" in report["warnings"][0]
    assert not list((recordings / ".qasr").glob("running-*"))
    again = qasr("batch", recordings, *FAKE)
    assert b"done before, unchanged" in again.stderr
    assert "warnings" not in json.loads((recordings / "processing_report.json").read_bytes())


def test_no_lock_keeps_to_locks_where_there_are_some(recordings: Path, qasr: Qasr) -> None:
    """On a disk with locks --no-lock changes nothing: no warning, nothing left."""
    ran = qasr("batch", recordings, "--no-lock", *FAKE)

    assert ran.returncode == ExitCode.OK
    assert b"warning" not in ran.stderr


def test_a_run_without_locks_sees_another(share: Path, recordings: Path, qasr: Qasr) -> None:
    """Another machine's run on the share is respected; a dead one's of this machine is not."""
    state = recordings / ".qasr"
    state.mkdir()
    other = state / "running-alone-p1h00000000"
    other.write_text("process 1 on elsewhere\n")
    command = ("batch", recordings, "--no-lock", *FAKE)
    environment = refusing(share, "flock", errno.ENOLCK)

    refused = qasr(*command, environment=environment)
    other.unlink()
    dead = state / f"running-alone-p{_dead_process()}h{_host()}"
    dead.touch()
    went_on = qasr(*command, environment=environment)

    assert refused.returncode == ExitCode.TRY_LATER
    assert str(other) in refused.stderr.decode()
    assert went_on.returncode == ExitCode.OK
    assert not dead.exists()


def _dead_process() -> int:
    with subprocess.Popen(["true"]) as process:
        process.wait()
    return process.pid


def _host() -> str:
    import zlib

    return f"{zlib.crc32(socket.gethostname().encode()):08x}"
