"""Names of recordings, and first bytes where a name is shared with other things."""

import os
from pathlib import Path

import pytest

from qasr_cli.errors import UnreadableInput
from qasr_cli.media.suffixes import MEDIA_SUFFIXES, SHARED_SUFFIXES, begins_like_recording
from tests.media.conftest import Decode, Encode

CAMCORDER = ("-f", "mpegts", "-mpegts_m2ts_mode", "1")  # packets of 192 bytes
# Suffix -> how ffmpeg makes such a file.
MADE: dict[str, tuple[str, ...]] = {
    ".adts": ("-f", "adts"),
    ".awb": ("-f", "au"),  # no encoder of AMR here; what a file is decides, not its name
    ".bwf": ("-f", "wav"),
    ".divx": ("-f", "avi", "-c:a", "pcm_s16le"),
    ".ec3": ("-f", "eac3", "-c:a", "eac3"),
    ".m2t": ("-f", "mpegts", "-c:a", "mp2"),
    ".m4r": ("-f", "ipod", "-c:a", "aac"),
    ".mod": ("-f", "vob", "-c:a", "mp2"),
    ".mpa": ("-f", "mp2", "-c:a", "mp2"),
    ".mts": (*CAMCORDER, "-c:a", "ac3"),
    ".mxf": ("-f", "mxf_opatom", "-ar", "48000"),
    ".ogx": ("-f", "ogg", "-c:a", "flac"),
    ".qt": ("-f", "mov", "-c:a", "pcm_s16le"),
    ".qta": ("-f", "mov", "-c:a", "alac"),
    ".ra": ("-f", "rm", "-c:a", "ac3"),
    ".rm": ("-f", "rm", "-c:a", "ac3"),
    ".rmvb": ("-f", "rm", "-c:a", "ac3"),
    ".spx": ("-f", "ogg", "-c:a", "libvorbis"),
    ".tod": ("-f", "mpegts", "-c:a", "mp2"),
    ".tp": ("-f", "mpegts", "-c:a", "aac"),
    ".trp": ("-f", "mpegts", "-c:a", "ac3"),
    ".ts": ("-f", "mpegts", "-c:a", "aac"),
    ".vro": ("-f", "dvd", "-c:a", "mp2"),
    ".weba": ("-f", "webm", "-c:a", "libopus"),
}


@pytest.mark.parametrize("suffix", sorted(MADE))
def test_every_suffix_that_is_taken_can_be_decoded(
    encode: Encode, decode: Decode, suffix: str
) -> None:
    """A file as cameras and receivers write it under that name is found, and is heard."""
    path = encode(f"talk{suffix}", *MADE[suffix])

    assert suffix in MEDIA_SUFFIXES | SHARED_SUFFIXES
    assert begins_like_recording(str(path))
    assert len(decode(path)) == pytest.approx(4 * 16_000, rel=0.05)


@pytest.mark.parametrize(
    "content",
    [
        b"export const greeting: string = 'hello';\n" * 100,
        b"module example.org/greeting\n\ngo 1.22\n",
        b'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n<TS version="2.1">\n',
        b"my tune".ljust(1080, b"\0") + b"M.K." + bytes(range(256)) * 16,  # of a tracker
        "\ufeffexport {}\n".encode("utf-16-le"),
        *(word + b" skip = 0;\nfree();\n" for word in (b"let", b"var", b"RIFF", b"ID3", b"FORM")),
        b"let skip = 0;\n" + bytes(8),
        b"ID3 tags of sounds\n" + bytes(8),
        b"RIFF" + bytes(4) + b"ACON" + bytes(8),  # a mouse pointer that moves
        b"caff = 1; // a variable\n",
        b"G" * 1_000,
        b"G",
        b"",
    ],
)
def test_what_only_shares_the_suffix_is_none(tmp_path: Path, content: bytes) -> None:
    """Programs, translations and tunes are no recordings, and neither is an empty file."""
    path = tmp_path / "greeting.ts"
    path.write_bytes(content)

    assert not begins_like_recording(str(path))


@pytest.mark.parametrize("before_count", [1, 100, 3_760])
def test_a_transport_stream_may_begin_anywhere(encode: Encode, before_count: int) -> None:
    """Receivers put bytes of their own first, or begin in the middle of a packet."""
    path = encode("talk.ts", *MADE[".ts"])
    content = path.read_bytes()

    path.write_bytes(os.urandom(before_count) + content)
    assert begins_like_recording(str(path))
    path.write_bytes(content[before_count:])
    assert begins_like_recording(str(path))


def test_packets_with_more_bytes_behind_them(encode: Encode, tmp_path: Path) -> None:
    """Some receivers write 16 bytes after each packet."""
    content = encode("talk.ts", *MADE[".ts"]).read_bytes()
    packets = (content[start : start + 188] for start in range(0, len(content), 188))
    path = tmp_path / "long.ts"
    path.write_bytes(b"".join(packet + bytes(16) for packet in packets))

    assert begins_like_recording(str(path))


def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    """Nothing waits for somebody to write to a FIFO of such a name."""
    os.mkfifo(tmp_path / "talk.ts")

    with pytest.raises(UnreadableInput, match="not a regular file"):
        begins_like_recording(str(tmp_path / "talk.ts"))
