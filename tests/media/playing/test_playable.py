"""Which recordings browsers play, and what those get whose recording they do not."""

import os
from pathlib import Path

import pytest

from qasr_cli.errors import DecodeError, InputError
from qasr_cli.media.embedding.contents import contents
from qasr_cli.media.playing.playable import is_playable
from qasr_cli.media.playing.proxy import write_proxy
from qasr_cli.options import DecodeOptions
from tests.media.conftest import RunFfmpeg

_PICTURE = ("-f", "lavfi", "-i", "testsrc=size=64x48:rate=5:duration=1")
_SOUND = ("-f", "lavfi", "-i", "sine=duration=1")
_H264 = ("-pix_fmt", "yuv420p", "-c:v", "libx264")


@pytest.mark.parametrize(
    ("name", "codecs", "expected"),
    [
        ("a.mp4", (*_H264, "-c:a", "aac"), True),
        ("a.mov", (*_H264, "-c:a", "aac"), True),
        ("a.webm", ("-c:v", "libvpx-vp9", "-c:a", "libopus"), True),
        ("a.mp4", (*_H264, "-c:a", "ac3"), False),
        ("a.mp4", ("-c:v", "mpeg4", "-c:a", "aac"), False),
        ("a.mkv", (*_H264, "-c:a", "aac"), False),
        ("a.mkv", ("-c:v", "libx265", "-x265-params", "log-level=none", "-c:a", "dca"), False),
        ("a.ts", (*_H264, "-c:a", "aac"), False),
        ("a.avi", ("-c:v", "mpeg4", "-c:a", "libmp3lame"), False),
        ("a.wmv", ("-c:v", "wmv2", "-c:a", "wmav2"), False),
        ("a.mp3", ("-vn",), True),
        ("a.m4a", ("-vn", "-c:a", "alac"), False),
        ("a.wav", ("-vn", "-c:a", "adpcm_ms"), False),
        ("a.aiff", ("-vn",), False),
    ],
)
def test_containers_and_codecs(
    tmp_path: Path, run_ffmpeg: RunFfmpeg, name: str, codecs: tuple[str, ...], expected: bool
) -> None:
    """Both decide; what is not played has its sound as Opus, as long as the recording."""
    path = tmp_path / name
    run_ffmpeg(*_PICTURE, *_SOUND, *codecs, "-strict", "-2", str(path))
    assert is_playable(str(path), DecodeOptions()) == expected
    with open(tmp_path / "sound", "w+b") as file:
        write_proxy(str(path), file.fileno(), decode=DecodeOptions())
        held = contents(file.fileno(), path="sound")
    assert [(stream.kind, stream.codec) for stream in held.streams] == [("audio", "opus")]
    assert held.duration_ms == pytest.approx(1000, abs=150)


@pytest.mark.parametrize(
    ("title", "wanted", "expected"),
    [("", None, True), ("", "0", True), ("", "1", False), ("Commentary", None, False)],
)
def test_track_that_is_heard(
    tmp_path: Path, run_ffmpeg: RunFfmpeg, title: str, wanted: str | None, expected: bool
) -> None:
    """A browser plays the first track: a recording is played as it is where that is heard."""
    path = tmp_path / "a.mp4"
    tracks = ("-map", "0:v", "-map", "1:a", "-map", "2:a", *_H264, "-c:a", "aac")
    named = ("-metadata:s:a:0", f"handler_name={title}") if title else ()
    run_ffmpeg(*_PICTURE, *_SOUND, *_SOUND, *tracks, *named, str(path))
    assert is_playable(str(path), DecodeOptions(audio_track=wanted)) == expected


def test_what_is_none(tmp_path: Path) -> None:
    """A file that is no recording is refused, with its reason."""
    path = tmp_path / "page.mkv"
    path.write_text("<!doctype html>")
    with pytest.raises(InputError):
        is_playable(str(path), DecodeOptions())
    with open(tmp_path / "sound", "w+b") as file, pytest.raises(DecodeError):
        write_proxy(str(path), file.fileno(), decode=DecodeOptions())


def test_it_ends_when_nobody_wants_it(tmp_path: Path, recordings: Path) -> None:
    """What looks on may end it in the middle."""

    def end() -> None:
        raise KeyError

    with open(tmp_path / "sound", "w+b") as file, pytest.raises(KeyError):
        write_proxy(
            str(recordings / "meeting.opus"), file.fileno(), decode=DecodeOptions(), on_look=end
        )
    assert os.path.getsize(tmp_path / "sound") < 3_000_000
