"""Empty, cut-off and damaged recordings give what they have, and say what is missing."""

import os
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from qasr_cli.core.timing import samples_from_ms
from qasr_cli.media.pcm import Pcm
from qasr_cli.media.recording_summary import RecordingSummary
from tests.media.conftest import Encode, MakeRecording


def _empty_wav(path: Path) -> Path:
    header = struct.pack("<IHHIIHH", 16, 1, 1, 16_000, 32_000, 2, 16)
    content = b"WAVEfmt " + header + b"data" + struct.pack("<I", 0)
    path.write_bytes(b"RIFF" + struct.pack("<I", len(content)) + content)
    return path


def test_a_container_of_no_seconds_is_empty(tmp_path: Path, make_recording: MakeRecording) -> None:
    """A file that claims no sound and holds none is done: no clips, one warning."""
    recording = make_recording(_empty_wav(tmp_path / "a.wav"))

    assert list(recording.clips()) == []
    assert recording.summary == RecordingSummary(
        duration_ms=0, speech=(), warnings=("holds no sound at all",)
    )


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("a.mp3", []),
        ("a.flac", []),
        ("a.mkv", ["-c:a", "flac"]),
        ("a.m4a", ["-movflags", "+faststart"]),
    ],
)
def test_a_cut_off_file_gives_what_it_has_and_warns(
    encode: Encode, make_recording: MakeRecording, name: str, arguments: list[str]
) -> None:
    """Sound shorter than the container claims is done, with a warning that says how much."""
    path = encode(name, *arguments, before=("-stream_loop", "4"))
    os.truncate(path, path.stat().st_size * 6 // 10)
    recording = make_recording(path)
    clips = list(recording.clips())

    assert len(clips) >= 2
    assert any("of 20.0 s; is the file complete?" in line for line in recording.summary.warnings)
    assert 8000 < recording.summary.duration_ms < 16_000


def test_a_little_less_than_claimed_is_usual(encode: Encode, make_recording: MakeRecording) -> None:
    """A picture that lasts a little longer than the sound is nothing to warn of."""
    picture = ("-f", "lavfi", "-i", "color=s=32x32:r=10:d=4.9")
    recording = make_recording(encode("a.mp4", "-c:v", "mpeg4", before=picture))
    list(recording.clips())

    assert recording.summary.warnings == ()


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.avi"])
def test_a_longer_picture_is_nothing_to_warn_of(
    encode: Encode, make_recording: MakeRecording, name: str
) -> None:
    """Sound that ends long before the picture is whole; cut off, the same file is not."""
    picture = ("-f", "lavfi", "-i", "testsrc=s=64x64:r=10:d=20")
    index = ("-movflags", "+faststart") if name == "a.mp4" else ()
    path = encode(name, "-c:v", "mpeg4", "-g", "100", *index, before=picture)
    whole = make_recording(path)
    list(whole.clips())
    os.truncate(path, path.stat().st_size // 2)
    cut = make_recording(path)
    list(cut.clips())

    assert whole.summary.warnings == ()
    assert any("is the file complete?" in line for line in cut.summary.warnings)


def test_a_wav_that_claims_more_than_it_has(
    tmp_path: Path, bursts: Pcm, make_recording: MakeRecording
) -> None:
    """A cut-off WAV is told by its own header; one that was streamed claims nothing."""
    path = tmp_path / "a.wav"
    soundfile.write(path, bursts, 44_100)
    whole = path.read_bytes()
    for claim, expected in ((None, 1), (0, 0), (0xFFFF_FFFF, 0)):
        content = bytearray(whole[: len(whole) // 2])
        if claim is not None:
            struct.pack_into("<I", content, content.index(b"data") + 4, claim)
        path.write_bytes(content)
        recording = make_recording(path)
        list(recording.clips())

        said = [line for line in recording.summary.warnings if "of 4.0 s" in line]
        assert len(said) == expected


def test_a_damaged_frame_costs_only_itself(encode: Encode, make_recording: MakeRecording) -> None:
    """Damage in the middle, and bytes after the end, leave the rest and its times as they are."""
    path = encode("a.mp3")
    whole = [clip.span for clip in make_recording(path).clips()]
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 200] = b"\xa5" * 200
    path.write_bytes(bytes(content) + b"\xa5" * 500)
    recording = make_recording(path)

    damaged = [clip.span for clip in recording.clips()]

    assert np.allclose(
        [(span.start_sample, span.end_sample) for span in damaged],
        [(span.start_sample, span.end_sample) for span in whole],
        atol=samples_from_ms(70),
    )
    (warning,) = recording.summary.warnings
    assert warning.startswith("damaged in places")


def test_samples_that_are_no_numbers_are_counted(
    tmp_path: Path, bursts: Pcm, make_recording: MakeRecording
) -> None:
    """Samples that were not numbers are repaired, and a warning says how many."""
    pcm = bursts.copy()
    pcm[60_000] = np.nan
    soundfile.write(tmp_path / "a.wav", pcm, 44_100, subtype="FLOAT")
    recording = make_recording(tmp_path / "a.wav")
    clips = list(recording.clips())

    assert all(np.isfinite(clip.pcm).all() for clip in clips)
    assert "were not numbers" in recording.summary.warnings[0]
