import wave
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.core.types import Clip, MediaFile, Span
from qasr_cli.media.condition import export_clip, normalized, without_rumble
from qasr_cli.media.pcm import Pcm
from qasr_cli.media.pydub_bridge import (
    MAX_WINDOW_SAMPLES,
    pcm_from_segment,
    segment_from_pcm,
)

ONE_STEP = 1 / 32768


def _noise(sample_count: int) -> Pcm:
    return np.random.default_rng(3).uniform(-0.5, 0.5, sample_count).astype(np.float32)


def _tone(frequency_hz: float, level: float) -> Pcm:
    times_s = np.arange(SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    return (level * np.sin(2 * np.pi * frequency_hz * times_s)).astype(np.float32)


def test_segments_keep_the_samples() -> None:
    """The way to 16 bits and back is exact to half a step, full scale included."""
    pcm = np.concatenate((_noise(1000), np.asarray([-1, 1, 0, 2, -2], np.float32)))

    there_and_back = pcm_from_segment(segment_from_pcm(pcm))

    clipped = np.clip(pcm, -1, 1 - ONE_STEP)
    np.testing.assert_allclose(there_and_back, clipped, atol=ONE_STEP / 2)


def test_pydub_gets_only_bounded_windows() -> None:
    """More than twenty minutes are never put into one segment."""
    with pytest.raises(ValueError, match="bounded"):
        segment_from_pcm(np.zeros(MAX_WINDOW_SAMPLES + 1, np.float32))


def test_rumble_goes_and_speech_stays() -> None:
    """What lies far below the frequency goes, what lies far above it stays."""
    (rumble,) = without_rumble([_tone(10, 0.5)], cutoff_hz=80)
    (voice,) = without_rumble([_tone(1000, 0.5)], cutoff_hz=80)

    assert np.abs(rumble[SAMPLE_RATE_HZ // 2 :]).max() < 0.1
    assert np.abs(voice[SAMPLE_RATE_HZ // 2 :]).max() > 0.45


@pytest.mark.parametrize(
    ("cutoff_hz", "block_samples"), [(1, 16_000), (80, 100), (80, 23_456), (7999, 1600)]
)
def test_the_edges_of_blocks_cannot_be_heard(cutoff_hz: int, block_samples: int) -> None:
    """Filtered block by block, sound is what it is when filtered as a whole."""
    pcm = _noise(3 * SAMPLE_RATE_HZ)
    blocks = np.split(pcm, range(block_samples, len(pcm), block_samples))

    in_blocks = np.concatenate(list(without_rumble(blocks, cutoff_hz=cutoff_hz)))
    (whole,) = without_rumble([pcm], cutoff_hz=cutoff_hz)

    np.testing.assert_allclose(in_blocks, whole, atol=3 * ONE_STEP)


def test_normalized_to_a_peak() -> None:
    """The peak of a clip comes to the level asked for, louder or softer; nothing else changes."""
    pcm = _tone(440, 0.1)
    for peak_dbfs in (-3.0, -30.0):
        result = normalized(pcm, peak_dbfs=peak_dbfs)

        assert np.abs(result).max() == pytest.approx(10 ** (peak_dbfs / 20), rel=0.001)
        np.testing.assert_allclose(result / np.abs(result).max(), pcm / pcm.max(), atol=1e-3)


@pytest.mark.parametrize("factor", [1.5, 4.0, 32768.0])
def test_sound_past_full_scale_keeps_its_shape(factor: float) -> None:
    """However far past it is, it is brought to the level, or filtered, and not cut off."""
    pcm = _tone(440, 0.9)
    loud = pcm * np.float32(factor)

    (filtered,) = without_rumble([loud], cutoff_hz=80)
    (expected,) = without_rumble([pcm], cutoff_hz=80)

    np.testing.assert_allclose(
        normalized(loud, peak_dbfs=-3.0), normalized(pcm, peak_dbfs=-3.0), atol=1e-3
    )
    np.testing.assert_allclose(filtered / factor, expected, atol=3 * ONE_STEP)


def test_noise_is_not_made_a_roar() -> None:
    """A clip is made louder by 30 dB at most, and silence stays silence."""
    assert np.abs(normalized(_tone(440, 0.001), peak_dbfs=0)).max() < 0.033
    assert not normalized(np.zeros(1000, np.float32), peak_dbfs=0).any()


def test_normalizing_leaves_the_clip_it_got() -> None:
    """The samples given stay as they are."""
    pcm = _tone(440, 0.1)
    before = pcm.copy()
    normalized(pcm, peak_dbfs=-3)

    np.testing.assert_array_equal(pcm, before)


def _clip_and_media(relative_path: str) -> tuple[Clip, MediaFile]:
    span = Span(start_sample=16_000, end_sample=20_000)
    clip = Clip(clip_id="x/16000-20000", span=span, language=None, pcm=_noise(4000))
    media = MediaFile(
        path="x", relative_path=relative_path, size_bytes=0, mtime_ns=0, ctime_ns=0, inode=0
    )
    return clip, media


@pytest.mark.parametrize(
    ("relative_path", "expected"),
    [
        ("talk.mp3", "talk.mp3.000001000-000001250.wav"),
        ("day/talk.mp3", "day/talk.mp3.000001000-000001250.wav"),
        ("/home/me/talk.mp3", "talk.mp3.000001000-000001250.wav"),
        ("../../talk.mp3", "talk.mp3.000001000-000001250.wav"),
        ("caf\udce9.mp3", "caf\udce9.mp3.000001000-000001250.wav"),
    ],
)
def test_a_clip_is_put_away_inside_the_folder(
    tmp_path: Path, relative_path: str, expected: str
) -> None:
    """A clip becomes a WAV named by file and times, and never lies outside the folder."""
    clip, media = _clip_and_media(relative_path)

    path = export_clip(clip, media=media, folder=str(tmp_path))

    assert path == str(tmp_path / expected)
    with open(path, "rb") as file:
        pcm, rate_hz = soundfile.read(file, dtype="float32")
    assert rate_hz == SAMPLE_RATE_HZ
    np.testing.assert_allclose(pcm, clip.pcm, atol=ONE_STEP)


def test_a_clip_that_was_kept_before_is_the_same_file(tmp_path: Path) -> None:
    """A clip has the bytes of a plain 44-byte header and its samples, as in every version."""
    clip, media = _clip_and_media("talk.mp3")
    samples = np.clip(np.rint(clip.pcm * 32768), -32768, 32767).astype("<i2")
    kept = tmp_path / "talk.mp3.000001000-000001250.wav"
    with wave.open(str(kept), "wb") as file:
        file.setparams((1, 2, SAMPLE_RATE_HZ, 0, "NONE", "NONE"))
        file.writeframes(samples.tobytes())
    before = kept.stat()

    export_clip(clip, media=media, folder=str(tmp_path))

    assert (kept.stat().st_ino, kept.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_loud_clip_is_kept_as_it_is_heard(tmp_path: Path) -> None:
    """Past full scale it is divided by its peak; what an earlier version cut off stays."""
    clip, media = _clip_and_media("talk.mp3")
    loud = replace(clip, pcm=clip.pcm * np.float32(4))
    cut_off = replace(clip, pcm=loud.pcm.clip(-1, 1))
    (tmp_path / "new").mkdir()
    (tmp_path / "old").mkdir()

    path = export_clip(loud, media=media, folder=str(tmp_path / "new"))
    export_clip(cut_off, media=media, folder=str(tmp_path / "old"))
    again = export_clip(loud, media=media, folder=str(tmp_path / "old"))

    with open(path, "rb") as file, open(again, "rb") as before:
        pcm, before_pcm = (soundfile.read(each, dtype="float32")[0] for each in (file, before))
    np.testing.assert_allclose(pcm, loud.pcm / np.abs(loud.pcm).max(), atol=ONE_STEP)
    np.testing.assert_allclose(before_pcm, cut_off.pcm, atol=ONE_STEP)
