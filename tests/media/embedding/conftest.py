"""What the tests of copies share: a film with all that a container may hold."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from qasr_cli.media.decoding.ffmpeg import ffmpeg_path
from qasr_cli.media.embedding.muxing import SubtitleText, embed
from tests.media.conftest import RunFfmpeg

MakeFilm = Callable[..., Path]
Embed = Callable[..., tuple[Path, tuple[str, ...]]]

SRT = (
    "1\n00:00:01,000 --> 00:00:02,000\nHello <i>you</i>\n\n2\n00:00:02,500 --> 00:00:03,500\nBye\n"
)
VTT = "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nHello <i>you</i>\n"
_CODECS = {
    ".mp4": ("libx264", "aac", "mov_text"),
    ".m4v": ("libx264", "aac", "mov_text"),
    ".mov": ("libx264", "aac", "mov_text"),
    ".mkv": ("libx264", "aac", "srt"),
    ".webm": ("libvpx", "libvorbis", "webvtt"),
}
_CHAPTERS = (
    ";FFMETADATA1\ntitle=My film\nartist=Me\n"
    "[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=2000\ntitle=One\n"
    "[CHAPTER]\nTIMEBASE=1/1000\nSTART=2000\nEND=4000\ntitle=Two\n"
)


@pytest.fixture
def film(tmp_path: Path, run_ffmpeg: RunFfmpeg) -> MakeFilm:
    """Four seconds of picture, two sounds, a subtitle, two chapters, a title."""

    def make(name: str, *options: str) -> Path:
        (tmp_path / "chapters.txt").write_text(_CHAPTERS)
        (tmp_path / "old.srt").write_text(SRT)
        video, audio, subtitle = _CODECS[os.path.splitext(name)[1]]
        path = tmp_path / name
        run_ffmpeg(
            *("-f", "lavfi", "-i", "testsrc=s=64x48:r=10:d=4"),
            *("-f", "lavfi", "-i", "sine=300:d=4", "-f", "lavfi", "-i", "sine=500:d=4"),
            *("-i", tmp_path / "old.srt", "-i", tmp_path / "chapters.txt"),
            *("-map", "0", "-map", "1", "-map", "2", "-map", "3"),
            *("-map_metadata", "4", "-map_chapters", "4"),
            *("-c:v", video, "-c:a", audio, "-c:s", subtitle),
            *("-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=ger"),
            *("-metadata:s:s:0", "language=ita", *options, path),
        )
        return path

    return make


@pytest.fixture
def embedded(tmp_path: Path) -> Embed:
    """Put subtitles into a film: the copy, and what it lacks."""

    def put(
        path: Path, *, text: str = "", language: str = "deu", format_name: str = "srt"
    ) -> tuple[Path, tuple[str, ...]]:
        is_webm = path.suffix == ".webm"
        subtitles = SubtitleText(
            content=(text or (VTT if is_webm else SRT)).encode(),
            format_name="vtt" if is_webm else format_name,
            language=language,
        )
        copy = tmp_path / f"copy{path.suffix}"
        descriptor = os.open(copy, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        try:
            return copy, embed(str(path), subtitles, descriptor)
        finally:
            os.close(descriptor)

    return put


def described(path: Path) -> list[str]:
    """What ffmpeg says of a file, a line each."""
    command = [ffmpeg_path(), "-nostdin", "-hide_banner", "-i", str(path)]
    return subprocess.run(command, capture_output=True, check=False).stderr.decode().split("\n")


def streams(path: Path) -> list[str]:
    """The lines on its streams."""
    return [line.strip() for line in described(path) if " Stream #0:" in line]


def subtitle_track(path: Path, number: int) -> str:
    """A subtitle track as SubRip."""
    command = [ffmpeg_path(), "-nostdin", "-v", "error", "-i", str(path)]
    command += ["-map", f"0:s:{number}", "-f", "srt", "-"]
    return subprocess.run(command, capture_output=True, check=True).stdout.decode()


def packets(path: Path, kind: str) -> str:
    """Checksums of all packets of the streams of a kind, with their times."""
    command = [ffmpeg_path(), "-nostdin", "-v", "error", "-i", str(path), "-map", f"0:{kind}"]
    command += ["-c", "copy", "-f", "streamhash", "-"]
    return subprocess.run(command, capture_output=True, check=True).stdout.decode()
