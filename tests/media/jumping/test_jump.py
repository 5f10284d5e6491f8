"""The sound of a stretch after a jump, compared with the same when all before it is decoded."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.media.decoding.probe import probe
from qasr_cli.media.jumping.heard_stretch import WantedStretch
from qasr_cli.media.jumping.jump import Jumper
from qasr_cli.media.jumping.landmarks import Landmarks
from qasr_cli.media.pcm import Pcm
from qasr_cli.media.peaks import Outline, outline_of
from qasr_cli.options import DecodeOptions
from tests.media.conftest import RunFfmpeg

_LENGTH_S = 105
_PICTURE = ("-f", "lavfi", "-i", f"testsrc=size=64x48:rate=5:duration={_LENGTH_S}")
_H264 = ("-pix_fmt", "yuv420p", "-c:v", "libx264", "-g", "50")


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Minutes of something like a voice, in 44.1 kHz stereo, no second like another."""
    rate_hz = 44_100
    random = np.random.default_rng(7)
    time_s = np.arange(rate_hz) / rate_hz
    seconds = []
    for _ in range(_LENGTH_S):
        pitch_hz, glide_hz = random.uniform(90, 300), random.uniform(1, 6)
        phase = 2 * np.pi * pitch_hz * time_s + 3 * np.sin(2 * np.pi * glide_hz * time_s)
        voice = sum(np.sin(number * phase) / number for number in range(1, 9))
        syllables = np.repeat(random.uniform(0.0, 0.3, 10), rate_hz // 10)
        seconds.append(voice * syllables + 0.002 * random.standard_normal(rate_hz))
    path = tmp_path_factory.mktemp("talk") / "talk.wav"
    mono = np.concatenate(seconds)
    soundfile.write(path, np.stack([mono, 0.8 * mono], axis=1), rate_hz, subtype="PCM_16")
    return path


@pytest.fixture
def copied(tmp_path: Path, talk: Path, run_ffmpeg: RunFfmpeg) -> Callable[..., Path]:
    """The talk in another container, with a picture where one is coded."""

    def copy(name: str, *codecs: str) -> Path:
        picture = _PICTURE if "-c:v" in codecs else ()
        run_ffmpeg(*picture, "-i", str(talk), *codecs, str(tmp_path / name))
        return tmp_path / name

    return copy


def _stretch(path: Path, start_s: int, end_s: int, outline: Outline, marks: Landmarks) -> Pcm:
    wanted = WantedStretch(
        first_sample=start_s * SAMPLE_RATE_HZ,
        end_sample=end_s * SAMPLE_RATE_HZ,
        landmarks=marks,
        sample_count=outline.sample_count,
        on_look=lambda: None,
    )
    return wanted.heard_in(str(path), DecodeOptions())


def _jumps(path: Path, outline: Outline, start_s: int, end_s: int) -> bool:
    fd = os.open(path, os.O_RDONLY)
    try:
        found = probe(fd, path=str(path))
        jumper = Jumper(
            fd=fd,
            path=str(path),
            found=found,
            track=found.tracks[0],
            landmarks=Landmarks(outline.landmarks.content),
            sample_count=outline.sample_count,
        )
        first, end = start_s * SAMPLE_RATE_HZ, end_s * SAMPLE_RATE_HZ
        return jumper.stretch(first, end, channel=None) is not None
    finally:
        os.close(fd)


_LOSSY = 0.99  # codecs make up what they leave out, and not the same every time


@pytest.mark.parametrize(
    ("name", "codecs", "least_likeness"),
    [
        ("a.wav", ("-c:a", "pcm_s16le"), 1.0),
        ("a.flac", ("-c:a", "flac"), _LOSSY),
        ("a.mkv", ("-c:a", "flac"), _LOSSY),
        ("a.mkv", (*_H264, "-c:a", "ac3", "-ar", "48000"), _LOSSY),
        ("a.mp4", (*_H264, "-c:a", "aac"), _LOSSY),
        ("a.mp3", ("-c:a", "libmp3lame", "-b:a", "64k"), _LOSSY),
        ("a.mp3", ("-c:a", "libmp3lame", "-q:a", "5"), _LOSSY),
        ("a.ogg", ("-c:a", "libvorbis"), _LOSSY),
        ("a.opus", ("-c:a", "libopus", "-b:a", "48k"), 1.0),
        ("a.webm", ("-c:a", "libopus", "-b:a", "48k"), 1.0),
        ("a.ts", (*_H264, "-c:a", "aac"), _LOSSY),
        ("a.ts", (*_H264, "-c:a", "ac3", "-ar", "48000"), _LOSSY),
        ("a.avi", ("-c:v", "mpeg4", "-c:a", "libmp3lame"), _LOSSY),
    ],
)
def test_every_container(
    copied: Callable[..., Path], name: str, codecs: tuple[str, ...], least_likeness: float
) -> None:
    """After a jump a stretch is what it is without one, at the same samples, at the end too."""
    path = copied(name, *codecs)
    outline = outline_of(str(path), decode=DecodeOptions())
    marks = Landmarks(outline.landmarks.content)
    for start_s, end_s in ((70, 75), (_LENGTH_S - 6, _LENGTH_S + 30)):
        assert _jumps(path, outline, start_s, end_s)
        jumped = _stretch(path, start_s, end_s, outline, marks)
        plain = _stretch(path, start_s, end_s, outline, Landmarks())
        assert abs(len(jumped) - len(plain)) <= 1
        if least_likeness == 1.0:
            assert np.array_equal(jumped, plain)
        assert _lag(jumped, plain) == 0
        count = min(len(jumped), len(plain))
        assert np.corrcoef(jumped[:count], plain[:count])[0, 1] > _LOSSY


def _lag(jumped: Pcm, plain: Pcm) -> int:
    """By how many samples the one is later than the other."""
    middle = jumped[16_000:48_000]
    likeness = [
        float(np.dot(middle, plain[16_000 - lag : 48_000 - lag])) for lag in range(-800, 801)
    ]
    return int(np.argmax(likeness)) - 800


def test_a_gap_that_jumps_do_not_see(tmp_path: Path, talk: Path, run_ffmpeg: RunFfmpeg) -> None:
    """Time stamps that lie are found out, and the stretch is the one of the whole recording."""
    path = tmp_path / "gap.mkv"
    # A tenth less than what the decoder mends: from there on its clock and the file's differ.
    shifted = "aselect='lt(t,50)+gt(t,50.08)'"
    run_ffmpeg("-i", str(talk), "-af", shifted, "-c:a", "libopus", str(path))
    outline = outline_of(str(path), decode=DecodeOptions())
    plain = _stretch(path, 100, 105, outline, Landmarks())
    jumped = _stretch(path, 100, 105, outline, Landmarks(outline.landmarks.content))
    assert _lag(jumped, plain) == 0


def test_another_sound_is_no_landmark(tmp_path: Path, talk: Path, run_ffmpeg: RunFfmpeg) -> None:
    """What does not hold what was heard there is decoded from the beginning."""
    path, other = tmp_path / "talk.mkv", tmp_path / "other.mkv"
    run_ffmpeg("-i", str(talk), "-c:a", "flac", str(path))
    run_ffmpeg("-i", str(talk), "-af", "areverse", "-c:a", "flac", str(other))
    outline = outline_of(str(other), decode=DecodeOptions())
    assert not _jumps(path, outline, 70, 75)
    plain = _stretch(path, 70, 75, outline, Landmarks())
    jumped = _stretch(path, 70, 75, outline, Landmarks(outline.landmarks.content))
    assert np.array_equal(jumped, plain)


def test_silence_has_no_landmarks(tmp_path: Path, run_ffmpeg: RunFfmpeg) -> None:
    """Where nothing can be told apart, nothing is kept, and a stretch is what it is."""
    path = tmp_path / "silence.mkv"
    run_ffmpeg("-f", "lavfi", "-i", "anullsrc=duration=70", "-c:a", "flac", str(path))
    outline = outline_of(str(path), decode=DecodeOptions())
    assert outline.landmarks.content == b""
    assert len(_stretch(path, 60, 65, outline, Landmarks())) == 5 * SAMPLE_RATE_HZ
