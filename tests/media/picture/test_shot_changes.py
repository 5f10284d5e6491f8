"""Cuts of pictures that the tests make, found by a real ffmpeg."""

import os
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from qasr_cli.core.types import ShotChanges
from qasr_cli.media.decoding.ffmpeg import ffmpeg_path
from qasr_cli.media.picture.looking import Look, look_at_picture

_SPEECH = Path(__file__).parents[3] / "examples" / "recordings" / "announcement.wav"


def film(path: Path, *coded: str, rate: str = "25") -> Path:
    """A film of five seconds: red for 32 frames, blue for 68, then a test picture."""
    command = [ffmpeg_path(), "-nostdin", "-v", "error", "-y"]
    for source in ("color=c=red:", "color=c=blue:", "testsrc="):
        command += ["-f", "lavfi", "-i", f"{source}s=64x48:r={rate}:d=9"]
    graph = (
        "[0]trim=end_frame=32[a];[1]trim=end_frame=68[b];[2]trim=end_frame=25,setsar=1,"
        "format=yuv420p[c];[a]format=yuv420p,setsar=1[a1];[b]format=yuv420p,setsar=1[b1];"
        "[a1][b1][c]concat=n=3[v]"
    )
    command += ["-t", "5", "-i", str(_SPEECH), "-filter_complex", graph, "-map", "[v]"]
    subprocess.run([*command, "-map", "3:a", *coded, str(path)], check=True)
    return path


def look(path: Path, on_look: Callable[[], None] = lambda: None) -> Look:
    """What is seen in a file."""
    return look_at_picture(
        partial(os.open, path, os.O_RDONLY), path=str(path), longest_s=100, on_look=on_look
    )


@pytest.mark.parametrize(
    ("name", "rate", "times_ms", "fps"),
    [
        ("film.mp4", "25", (1280, 4000), 25.0),
        ("film.mkv", "24000/1001", (1335, 4171), 23.976),
        ("film.ts", "25", (1280, 4000), 25.0),
    ],
)
def test_every_cut_is_found_at_its_frame(
    tmp_path: Path, name: str, rate: str, times_ms: tuple[int, ...], fps: float
) -> None:
    """From the start of the file, with the frame rate of the picture."""
    found = look(film(tmp_path / name, rate=rate))

    assert found == Look(shot_changes=ShotChanges(times_ms=times_ms, fps=fps))


def test_a_cover_is_no_picture(tmp_path: Path) -> None:
    """Nor has a sound alone one."""
    command = [ffmpeg_path(), "-nostdin", "-v", "error", "-t", "2", "-i", str(_SPEECH)]
    picture = ["-f", "lavfi", "-i", "testsrc=s=64x48:d=0.04"]
    marks = ["-map", "0:a", "-map", "1:v", "-c:v", "mjpeg", "-disposition:v", "attached_pic"]
    path = tmp_path / "cover.mp3"
    subprocess.run([*command, *picture, *marks, str(path)], check=True)

    assert look(path) == look(_SPEECH) == Look(shot_changes=None)


def test_a_damaged_picture_is_said(tmp_path: Path) -> None:
    """Why its cuts were not found; there are none then, not some."""
    path = film(tmp_path / "film.avi", "-c:v", "mjpeg", "-c:a", "pcm_s16le")
    content = bytearray(path.read_bytes())
    at = content.find(b"movi")
    while (at := content.find(b"00dc", at)) >= 0:
        size = int.from_bytes(content[at + 4 : at + 8], "little")
        if at + 8 + size > len(content) or not size:
            break
        content[at + 8 : at + 8 + size] = bytes(size)
        at += 8 + size
    path.write_bytes(content)

    found = look(path)

    assert found.shot_changes is None
    assert found.warning is not None
    assert found.warning.startswith("the cuts of its picture were not found (")
    assert str(path) not in found.warning


def test_whoever_waits_may_end_it(tmp_path: Path) -> None:
    """What `on_look` raises comes through, and the descriptor is closed."""
    opened: list[int] = []

    def stop() -> None:
        raise KeyboardInterrupt

    def open_fd() -> int:
        opened.append(os.open(film(tmp_path / "film.mp4"), os.O_RDONLY))
        return opened[-1]

    with pytest.raises(KeyboardInterrupt):
        look_at_picture(open_fd, path="film.mp4", longest_s=100, on_look=stop)

    with pytest.raises(OSError, match="descriptor"):
        os.fstat(opened[0])
