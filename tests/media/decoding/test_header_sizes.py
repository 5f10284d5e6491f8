"""Headers that count less sound than there is, and chunks that are none."""

import struct
from pathlib import Path

import pytest

from tests.media.decoding.recorded import Part, encode
from tests.media.decoding.test_whole_sound import check, decoded


def _wav(pcm: bytes, *, claimed_bytes: int, chunks_behind: bytes = b"") -> bytes:
    head = struct.pack("<4sI8sIHHIIHH", b"RIFF", claimed_bytes + 36, b"WAVEfmt ", 16, 1, 1, 16000,
                       32000, 2, 16)  # fmt: skip
    return head + struct.pack("<4sI", b"data", claimed_bytes) + pcm + chunks_behind


def test_a_wrapped_size_hides_no_sound(tmp_path: Path) -> None:
    """A WAV longer than its header's size, as past 4 GiB, is heard to its end."""
    part = Part(length_s=6.0, beep_s=5.0, sample_rate_hz=16000, channels=1)
    encode(part, tmp_path / "a.raw", "-f", "s16le")
    pcm = (tmp_path / "a.raw").read_bytes()
    (tmp_path / "wrapped.wav").write_bytes(_wav(pcm, claimed_bytes=64_000))

    check(tmp_path / "wrapped.wav", [part])


@pytest.mark.parametrize(
    ("suffix", "mark", "form"), [("aiff", b"SSND", ">I"), ("caf", b"data", ">q")]
)
def test_sound_that_no_header_counts_is_said(
    suffix: str, mark: bytes, form: str, tmp_path: Path
) -> None:
    """Where a header counts less than there is, the seconds are named."""
    path = tmp_path / f"short.{suffix}"
    encode(Part(length_s=6.0, beep_s=1.0, sample_rate_hz=16000, channels=1), path)
    content = bytearray(path.read_bytes())
    struct.pack_into(form, content, content.index(mark) + 4, 64_000)
    path.write_bytes(content)

    _, lines = decoded(path)

    assert any("about 4.0 s more" in line for line in lines)


@pytest.mark.parametrize("padding", [b"", b"\0", bytes(700)])
def test_chunks_behind_the_sound_are_no_sound(tmp_path: Path, padding: bytes) -> None:
    """What editors write behind the sound of a WAV is not heard."""
    pcm = bytes(32_000)
    text = b"LIST" + struct.pack("<I", 40_000) + b"INFO" + bytes(39_996)
    (tmp_path / "tagged.wav").write_bytes(
        _wav(pcm, claimed_bytes=len(pcm), chunks_behind=text + padding)
    )

    sound, lines = decoded(tmp_path / "tagged.wav")

    assert (len(sound), lines) == (16_000, ())
