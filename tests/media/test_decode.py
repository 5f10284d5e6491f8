import json
import os
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.errors import AudioTooLong, DecodeError
from qasr_cli.media.decode import BLOCK_SAMPLES, Decoder
from qasr_cli.media.ffmpeg import ffmpeg_path
from qasr_cli.media.pcm import Pcm
from qasr_cli.media.probe import probe
from qasr_cli.media.source import open_source

RunFfmpeg = Callable[..., None]
Encode = Callable[..., Path]
Decode = Callable[..., Pcm]
Onsets = Callable[[Pcm], list[float]]

ONSETS_S = [1.0, 2.5]


def _plainly_decoded(path: Path) -> Pcm:
    """The same without any care for time stamps."""
    command = [ffmpeg_path(), "-nostdin", "-v", "error", "-i", str(path), "-map", "0:a:0"]
    command += ["-ac", "1", "-ar", str(SAMPLE_RATE_HZ), "-f", "f32le", "-"]
    printed = subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True)
    return np.frombuffer(printed.stdout, "<f4")


# --- times --------------------------------------------------------------------------------------


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


# --- kinds of samples ---------------------------------------------------------------------------


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
    """NaN and infinite samples are silenced and counted; the rest is kept inside full scale."""
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


def test_the_shortest_sound(tmp_path: Path, decode: Decode) -> None:
    """A twentieth of a second is decoded whole."""
    soundfile.write(tmp_path / "a.wav", np.full(800, 0.1), SAMPLE_RATE_HZ)

    assert len(decode(tmp_path / "a.wav")) == 800


# --- names --------------------------------------------------------------------------------------


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


# --- what goes wrong ----------------------------------------------------------------------------


def test_more_than_the_cap_is_refused(bursts_wav: Path, decode: Decode) -> None:
    """Sound past the cap on decoded seconds ends the decoding."""
    assert len(decode(bursts_wav, max_duration_s=4.0)) == 4 * SAMPLE_RATE_HZ
    with pytest.raises(AudioTooLong):
        decode(bursts_wav, max_duration_s=3.9)


def test_sound_that_cannot_be_decoded(encode: Encode, decode: Decode) -> None:
    """A file with a good index and garbage for sound fails with ffmpeg's reason."""
    path = encode("a.m4a", "-movflags", "+faststart")
    content = bytearray(path.read_bytes())
    start = content.index(b"mdat") + 4
    content[start:] = np.random.default_rng(0).bytes(len(content) - start)
    path.write_bytes(content)

    with pytest.raises(DecodeError, match="error rate"):
        decode(path)


Script = Callable[..., Decoder]


@pytest.fixture
def decoder_of(
    tmp_path: Path,
    bursts_wav: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> Script:
    """A decoder whose ffmpeg is a shell script, once the file was probed."""

    def make(text: str, *, no_progress_s: float = 60) -> Decoder:
        fd = os.open(bursts_wav, os.O_RDONLY)
        request.addfinalizer(lambda: os.close(fd))
        found = probe(fd, path="a.wav")
        program = tmp_path / "ffmpeg"
        program.write_text(f'#!/bin/sh\ncase "$2" in -protocols) echo fd;; *) {text};; esac\n')
        program.chmod(0o755)
        monkeypatch.setenv("QASR_FFMPEG", str(program))
        return Decoder(
            fd,
            path="a.wav",
            found=found,
            track=found.tracks[0],
            max_duration_s=3600,
            no_progress_s=no_progress_s,
        )

    return make


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("kill -SEGV $$", "signal 11"),
        ("exit 3", "ended with 3"),
        ("head -c 1000000 /dev/zero; echo '[aac @ 0x5] broken' >&2; exit 1", "decoded: broken"),
    ],
)
def test_an_ffmpeg_that_fails(decoder_of: Script, script: str, reason: str) -> None:
    """A crash and a failure, also after good sound, are errors that say so."""
    with pytest.raises(DecodeError, match=reason):
        list(decoder_of(script).blocks())


@pytest.mark.parametrize(
    "script", ["sleep 600", "exec >&-; sleep 600", "while :; do printf 1234; sleep 0.1; done"]
)
def test_an_ffmpeg_that_does_not_go_on(decoder_of: Script, script: str) -> None:
    """No output, no end, and output far slower than it plays are given up."""
    with pytest.raises(DecodeError, match="no progress"):
        list(decoder_of(script, no_progress_s=0.5).blocks())


def test_an_abandoned_decoder_leaves_no_child(decoder_of: Script, tmp_path: Path) -> None:
    """Closing the blocks half-way kills and reaps the child."""
    fifo = tmp_path / "pid"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    blocks = decoder_of(f"echo $$ >{fifo}; exec cat /dev/zero").blocks()
    next(blocks)
    pid = int(os.read(reader, 100))
    os.close(reader)
    os.kill(pid, 0)

    blocks.close()

    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


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
    """Twenty minutes take the memory of two: nothing of a file is kept."""
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
