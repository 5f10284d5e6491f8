"""Decoded sound is where the file's time stamps put it."""

import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.media.decoding.ffmpeg import ffmpeg_path
from qasr_cli.media.pcm import Pcm
from tests.media.conftest import Decode, Encode

Onsets = Callable[[Pcm], list[float]]
ONSETS_S = [1.0, 2.5]


def _plainly_decoded(path: Path) -> Pcm:
    """The samples as ffmpeg gives them, without regard to time stamps."""
    command = [ffmpeg_path(), "-nostdin", "-v", "error", "-i", str(path), "-map", "0:a:0"]
    command += ["-ac", "1", "-ar", str(SAMPLE_RATE_HZ), "-f", "f32le", "-"]
    printed = subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True)
    return np.frombuffer(printed.stdout, "<f4")


@pytest.mark.parametrize(
    "arguments",
    [
        ["a.wav"],
        ["a.flac"],
        ["a.mp3"],
        ["a.m4a"],
        ["a.aac"],
        ["-c:a", "libvorbis", "a.ogg"],
        ["-c:a", "libopus", "a.opus"],
        ["-c:a", "libopus", "a.webm"],
        ["a.ts"],
    ],
    ids=lambda arguments: arguments[-1],
)
def test_ordinary_files_lose_no_sample(
    encode: Encode, decode: Decode, arguments: list[str]
) -> None:
    """Putting samples at their times changes none of them where there is no gap."""
    path = encode(arguments[-1], *arguments[:-1])

    np.testing.assert_array_equal(decode(path), np.clip(_plainly_decoded(path), -1, 1))


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.mp3", "a.m4a", "a.opus"])
def test_ordinary_files_are_on_time(
    encode: Encode, decode: Decode, onsets_s: Onsets, name: str
) -> None:
    """Codecs' delays are taken out: sound is where it was put."""
    assert onsets_s(decode(encode(name))) == pytest.approx(ONSETS_S, abs=0.01)


@pytest.mark.parametrize(
    ("name", "codecs"),
    [
        ("a.mp4", ("mpeg4", "aac")),
        ("a.mov", ("mpeg4", "aac")),
        ("a.mkv", ("mpeg4", "libopus")),
        ("a.webm", ("libvpx", "libopus")),
        ("a.flv", ("flv1", "mp3")),
        ("a.wmv", ("wmv2", "wmav2")),
        ("a.ts", ("mpeg2video", "aac")),
        ("a.m2ts", ("mpeg2video", "mp2")),
        ("a.mpg", ("mpeg1video", "mp2")),
        ("a.ogv", ("libtheora", "libvorbis")),
    ],
)
def test_a_late_track_keeps_its_time(
    encode: Encode, decode: Decode, onsets_s: Onsets, name: str, codecs: tuple[str, str]
) -> None:
    """Sound that begins 1.5 s after the picture comes out 1.5 s later."""
    picture = ("-f", "lavfi", "-i", "color=s=64x64:r=25:d=6")
    coding = ("-map", "0:v", "-map", "1:a", "-c:v", codecs[0], "-c:a", codecs[1])
    path = encode(name, *coding, before=(*picture, "-itsoffset", "1.5"))

    expected = [onset_s + 1.5 for onset_s in ONSETS_S]

    assert onsets_s(decode(path)) == pytest.approx(expected, abs=0.03)


def test_an_avi_that_delays_its_sound(encode: Encode, decode: Decode, onsets_s: Onsets) -> None:
    """The delay of sound that an AVI header states, and ffmpeg never writes, is kept."""
    picture = ("-f", "lavfi", "-i", "color=s=64x64:r=25:d=6")
    path = encode("a.avi", "-c:v", "mpeg4", "-c:a", "libmp3lame", before=picture)
    content = bytearray(path.read_bytes())
    header = content.index(b"auds")
    scale, rate = struct.unpack_from("<II", content, header + 20)
    struct.pack_into("<I", content, header + 28, round(1.5 * rate / scale))
    path.write_bytes(content)

    expected = [onset_s + 1.5 for onset_s in ONSETS_S]

    assert onsets_s(decode(path)) == pytest.approx(expected, abs=0.06)


def test_a_file_that_starts_late_starts_at_zero(
    encode: Encode, decode: Decode, onsets_s: Onsets
) -> None:
    """Time counts from the file's own start, as players count (a .ts starts at 1.4 s or more)."""
    path = encode("a.ts", "-c:a", "mp2", "-output_ts_offset", "1000")

    assert onsets_s(decode(path)) == pytest.approx(ONSETS_S, abs=0.03)


def test_a_gap_is_filled_with_silence(encode: Encode, decode: Decode, onsets_s: Onsets) -> None:
    """Where packets are missing, silence keeps what follows at its time."""
    path = encode("gap.mkv", "-af", "asetpts='if(lt(T,2),PTS,PTS+20/TB)'", "-c:a", "flac")

    assert onsets_s(decode(path)) == pytest.approx([1.0, 22.5], abs=0.03)


def test_pieces_put_together_lose_nothing(
    encode: Encode, decode: Decode, onsets_s: Onsets, tmp_path: Path
) -> None:
    """A .ts whose clock starts anew half-way, as joined pieces do, is heard to its end."""
    piece = encode("a.ts", "-c:a", "mp2").read_bytes()
    (tmp_path / "joined.ts").write_bytes(piece + piece)

    expected = [*ONSETS_S, *(4.0 + onset_s for onset_s in ONSETS_S)]

    assert onsets_s(decode(tmp_path / "joined.ts")) == pytest.approx(expected, abs=0.1)
