"""Decoding to 16 kHz mono: any samples, any name, in blocks, in bounded memory."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.media.decoding.decode import BLOCK_SAMPLES, Decoder
from qasr_cli.media.decoding.probe import probe
from qasr_cli.media.source import open_source
from tests.media.conftest import Decode, Encode, RunFfmpeg

# --- kinds of samples --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("subtype", "rate_hz", "channel_count"),
    [("PCM_U8", 8000, 1), ("PCM_16", 192_000, 2), ("FLOAT", 48_000, 8), ("PCM_24", 11_025, 1)],
)
def test_any_kind_of_sample(
    tmp_path: Path, decode: Decode, subtype: str, rate_hz: int, channel_count: int
) -> None:
    """Any width, rate and number of channels becomes 16 kHz mono at the same level."""
    times_s = np.arange(2 * rate_hz) / rate_hz
    tone = 0.25 * np.sin(2 * np.pi * 440 * times_s)
    path = tmp_path / "a.wav"
    soundfile.write(path, np.tile(tone[:, None], channel_count), rate_hz, subtype=subtype)

    pcm = decode(path)

    assert len(pcm) == pytest.approx(2 * SAMPLE_RATE_HZ, abs=2)
    middle = pcm[SAMPLE_RATE_HZ // 2 : -SAMPLE_RATE_HZ // 2]
    spectrum = np.abs(np.fft.rfft(middle))
    assert np.argmax(spectrum) * SAMPLE_RATE_HZ / len(middle) == pytest.approx(440, abs=1)
    assert np.abs(middle).max() > 0.2


@pytest.mark.parametrize("channel_count", [11, 32])
def test_channels_without_a_name(tmp_path: Path, decode: Decode, channel_count: int) -> None:
    """Of many channels that ffmpeg has no layout for, the mean is taken."""
    channels = np.zeros((SAMPLE_RATE_HZ, channel_count), np.float32)
    channels[:, -1] = 0.5
    soundfile.write(tmp_path / "a.wav", channels, SAMPLE_RATE_HZ, subtype="FLOAT")

    pcm = decode(tmp_path / "a.wav")

    np.testing.assert_allclose(pcm, 0.5 / channel_count, atol=1e-5)


def test_what_is_no_number_becomes_silence(tmp_path: Path) -> None:
    """NaN and infinite samples are silenced and counted; one far above all others is cut off."""
    pcm = np.full(SAMPLE_RATE_HZ, 0.25, np.float32)
    pcm[4000] = np.nan
    pcm[8000] = np.inf
    pcm[12_000] = -1e30
    path = tmp_path / "a.wav"
    soundfile.write(path, pcm, SAMPLE_RATE_HZ, subtype="FLOAT")
    fd = open_source(str(path))
    found = probe(fd, path="a.wav")
    decoder = Decoder(fd, path="a.wav", found=found, track=found.tracks[0], max_duration_s=60)
    decoded = np.concatenate(list(decoder.blocks()))
    os.close(fd)

    assert decoder.repaired_count == 2
    assert decoded[4000] == decoded[8000] == 0
    assert decoded[12_000] == -1
    np.testing.assert_array_equal(np.delete(decoded, [4000, 8000, 12_000]), np.float32(0.25))


@pytest.mark.parametrize("factor", [1.5, 4.0, 32768.0, 2.0**31])
def test_sound_past_full_scale_is_kept(tmp_path: Path, decode: Decode, factor: float) -> None:
    """Loud floats, and whole numbers written as floats, keep their shape; damage is cut off."""
    pcm = np.random.default_rng(5).uniform(-1, 1, SAMPLE_RATE_HZ).astype(np.float32)
    loud = pcm * np.float32(factor)
    damaged = loud.copy()
    damaged[500] = 1e30
    for name, sound in (("loud.wav", loud), ("damaged.wav", damaged)):
        soundfile.write(tmp_path / name, sound, SAMPLE_RATE_HZ, subtype="FLOAT")

    np.testing.assert_array_equal(decode(tmp_path / "loud.wav"), loud)
    mended = decode(tmp_path / "damaged.wav")
    np.testing.assert_array_equal(np.delete(mended, 500), np.delete(loud, 500))
    assert mended[500] <= np.abs(loud).max()


def test_the_shortest_sound(tmp_path: Path, decode: Decode) -> None:
    """A twentieth of a second is decoded whole."""
    soundfile.write(tmp_path / "a.wav", np.full(800, 0.1), SAMPLE_RATE_HZ)

    assert len(decode(tmp_path / "a.wav")) == 800


# --- names -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [b"-y.mp3", b"concat:a|b.mp3", b"new\nline.mp3", b"caf\xe9.mp3", b"%d.mp3", b"http:x.mp3"],
)
def test_a_name_is_only_a_name(encode: Encode, tmp_path: Path, decode: Decode, name: bytes) -> None:
    """No file name means anything to ffmpeg: not as an option, a protocol or a pattern."""
    plain = encode("plain.mp3")
    odd = Path(os.fsdecode(os.path.join(os.fsencode(tmp_path), name)))
    odd.write_bytes(plain.read_bytes())

    np.testing.assert_array_equal(decode(odd), decode(plain))


# --- size --------------------------------------------------------------------------------------


def test_blocks_are_of_one_size(tmp_path: Path) -> None:
    """Every block but the last is full."""
    soundfile.write(tmp_path / "a.wav", np.zeros(25 * 8000), 8000)
    fd = open_source(str(tmp_path / "a.wav"))
    found = probe(fd, path="a.wav")
    decoder = Decoder(fd, path="a.wav", found=found, track=found.tracks[0], max_duration_s=60)
    sizes = [len(block) for block in decoder.blocks()]
    os.close(fd)

    assert sizes == [BLOCK_SAMPLES, BLOCK_SAMPLES, BLOCK_SAMPLES // 2]


_MEASURE = """
import json, resource, sys
from qasr_cli.media.discover import media_file_from_path
from qasr_cli.media.recording import Recording
from qasr_cli.options import DecodeOptions, SplitOptions

def peak_mb(path):
    recording = Recording(media_file_from_path(path, path), decode=DecodeOptions(),
                          split=SplitOptions(vad="energy"), max_clip_s=None, language=None)
    count = sum(1 for clip in recording.clips())
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return count, recording.summary.duration_ms, peak_kb / 1024

print(json.dumps([peak_mb(path) for path in sys.argv[1:]]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in KiB on Linux only")
def test_memory_does_not_grow_with_length(run_ffmpeg: RunFfmpeg, tmp_path: Path) -> None:
    """Twenty minutes of sound take at most 10 MB more than two minutes."""
    for name, duration_s in (("short.wav", 120), ("long.wav", 1200)):
        tone = f"sine=f=300:r=8000:d={duration_s}"
        run_ffmpeg("-f", "lavfi", "-i", tone, "-c:a", "pcm_u8", tmp_path / name)

    paths = [str(tmp_path / name) for name in ("short.wav", "long.wav")]
    printed = subprocess.run(
        [sys.executable, "-c", _MEASURE, *paths], check=True, capture_output=True
    )
    (_, _, short_mb), (count, duration_ms, long_mb) = json.loads(printed.stdout)

    assert duration_ms == 1_200_000
    assert count >= 40
    assert long_mb - short_mb < 10  # the samples alone would be 69 MB more
