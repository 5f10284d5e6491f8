"""Copies of a job's recording for players, when something comes between."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from qasr_cli.media.decoding.ffmpeg import ffmpeg_path
from qasr_cli.options import DecodeOptions
from qasr_cli.serve.jobs.asked import Asked
from qasr_cli.serve.jobs.folder import Accepted, JobFolder
from qasr_cli.serve.jobs.playing import Copy, write_copy
from qasr_cli.serve.refusals import Refused
from tests.serve.conftest import Serve
from tests.serve.jobs.conftest import sent

_PATIENCE_S = 60.0
_ACCEPTED = Accepted(name="film.mkv", sha256="0", number=1, asked=Asked())


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A quarter of an hour that no browser shows."""
    path = tmp_path_factory.mktemp("film") / "film.mkv"
    picture = ("-f", "lavfi", "-i", "testsrc=size=320x240:rate=5:duration=900")
    sound = ("-f", "lavfi", "-i", "sine=duration=900")
    codecs = ("-c:v", "mpeg4", "-c:a", "ac3")
    command = [ffmpeg_path(), "-v", "error", *picture, *sound, *codecs, str(path)]
    subprocess.run(command, check=True)
    return path


def _users_of(folder: Path) -> list[str]:
    """Processes that have something of a folder open."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdecimal():
            try:
                links = [os.readlink(each) for each in (process / "fd").iterdir()]
            except OSError:
                continue
            if any(link.startswith(f"{folder}{os.sep}") for link in links):
                found.append(process.name)
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_is_left_of_a_copy(serve: Serve, film: Path, number: int) -> None:
    """Whatever ends the service, ffmpeg ends with it, and a new one has no half of a copy."""
    with serve() as running, running.client() as client:
        job_id = sent(client, film, held="true")["id"]
        folder = running.state / "jobs" / job_id
        client.get(f"/api/jobs/{job_id}/picture")
        client.post(f"/api/jobs/{job_id}/picture")
        deadline_s = time.monotonic() + _PATIENCE_S
        while not list(folder.glob("picture.mp4*")):
            assert time.monotonic() < deadline_s
        running.ended(number)
    deadline_s = time.monotonic() + _PATIENCE_S
    while _users_of(folder):
        assert time.monotonic() < deadline_s
        time.sleep(0.05)
    with serve() as running, running.client() as client:
        assert not list(folder.glob("*.part"))
        state = client.get(f"/api/jobs/{job_id}/picture").json()["state"]
        assert state == ("ready" if (folder / "picture.mp4").exists() else "offered")
        client.delete(f"/api/jobs/{job_id}")
        assert not folder.exists()


@pytest.mark.parametrize("copy", list(Copy))
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
def test_a_full_disk(tmp_path: Path, film: Path, copy: Copy) -> None:
    """It is told, and nothing is left of the copy."""
    folder = JobFolder.new(str(tmp_path))
    os.mkdir(folder.path)
    os.symlink(film, folder.media)
    os.symlink("/dev/full", f"{folder.place(copy)}.part")
    with pytest.raises(Refused) as refused:
        write_copy(folder, _ACCEPTED, DecodeOptions(), copy, on_share=lambda _: None)
    assert (refused.value.status, refused.value.code) == (507, "disk_full")
    assert os.listdir(folder.path) == ["media.recording"]
