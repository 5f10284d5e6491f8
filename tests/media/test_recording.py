"""Good recordings become clips and a summary."""

import json
import os
import tempfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from qasr_cli.core.timing import SAMPLE_RATE_HZ, samples_from_ms
from qasr_cli.core.types import Clip
from qasr_cli.errors import TrackNotFound
from qasr_cli.media.discover import media_file_from_path
from qasr_cli.media.pcm import Pcm
from qasr_cli.media.recording import Recording
from qasr_cli.media.recording_summary import RecordingSummary
from qasr_cli.options import DecodeOptions, SplitOptions
from tests.media.conftest import Encode, MakeRecording, RunFfmpeg


def _spans_s(clips: list[Clip]) -> list[tuple[float, float]]:
    return [
        (clip.span.start_sample / SAMPLE_RATE_HZ, clip.span.end_sample / SAMPLE_RATE_HZ)
        for clip in clips
    ]


def test_a_recording_becomes_clips(bursts_wav: Path, make_recording: MakeRecording) -> None:
    """Clips are named by file and samples and hold finite sound of exactly their span."""
    recording = make_recording(bursts_wav, max_clip_s=2.0)
    clips = list(recording.clips())

    edges_s = [edge_s for span_s in _spans_s(clips) for edge_s in span_s]
    assert edges_s == pytest.approx([0.75, 1.75, 2.25, 3.25], abs=0.05)
    for clip in clips:
        span = clip.span
        assert clip.clip_id == f"bursts.wav/{span.start_sample}-{span.end_sample}"
        assert clip.pcm.shape == (span.sample_count,)
        assert clip.pcm.dtype == np.float32
        assert np.abs(clip.pcm).max() <= 1
    summary = recording.summary
    assert summary == RecordingSummary(duration_ms=4000, speech=summary.speech, warnings=())
    assert summary.speech == tuple(region for clip in clips for region in clip.speech or ())
    assert sum(region.sample_count for region in summary.speech) == pytest.approx(16_000, abs=1600)


@pytest.mark.parametrize("max_clip_s", [None, 8.0])
def test_no_word_of_the_bundled_recordings_is_cut(
    recordings: Path, max_clip_s: float | None
) -> None:
    """With the real detector every word of the true times lies inside one clip."""
    for name in ("lecture.mp3", "clip.mp4", "voice-memo.m4a", "podcast.opus", "chinese.flac"):
        recording = Recording(
            media_file_from_path(str(recordings / name), name),
            decode=DecodeOptions(),
            split=SplitOptions(),
            max_clip_s=max_clip_s,
            language=None,
        )
        clips = [clip.span for clip in recording.clips()]
        truth = json.loads((recordings / "truth" / f"{name}.json").read_text())

        assert recording.summary.warnings == ()
        assert max(clip.sample_count for clip in clips) <= (max_clip_s or 30) * SAMPLE_RATE_HZ
        assert all(a.end_sample <= b.start_sample for a, b in pairwise(clips))
        slack = samples_from_ms(30)
        for word in truth["words"]:
            start, end = samples_from_ms(word["start_ms"]), samples_from_ms(word["end_ms"])
            assert any(
                clip.start_sample <= start + slack and end - slack <= clip.end_sample
                for clip in clips
            ), word


def test_options_reach_the_sound(bursts_wav: Path, make_recording: MakeRecording) -> None:
    """High-pass and gain are heard in the clips; the clips are where they were."""
    plain = list(make_recording(bursts_wav).clips())
    options = DecodeOptions(highpass_hz=3000, normalize_dbfs=-6.0)
    changed = list(make_recording(bursts_wav, decode=options).clips())

    assert [clip.span for clip in changed] == [clip.span for clip in plain]
    assert np.abs(changed[0].pcm).max() == pytest.approx(10 ** (-6 / 20), rel=0.01)
    low = [np.abs(np.fft.rfft(clip.pcm))[10:500].mean() for clip in (plain[0], changed[0])]
    assert low[1] < low[0] / 2


def test_a_track_by_language(
    bursts: Pcm, run_ffmpeg: RunFfmpeg, tmp_path: Path, make_recording: MakeRecording
) -> None:
    """The track whose language is asked for is the one that is decoded."""
    soundfile.write(tmp_path / "a.wav", bursts, 44_100)
    soundfile.write(tmp_path / "b.wav", np.roll(bursts, 22_050), 44_100)
    path = tmp_path / "two.mkv"
    tags = ("-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=chi")
    inputs = ("-i", tmp_path / "a.wav", "-i", tmp_path / "b.wav", "-map", "0", "-map", "1")
    run_ffmpeg(*inputs, *tags, "-c:a", "flac", path)

    first = next(make_recording(path, decode=DecodeOptions(audio_track="en")).clips())
    other = next(make_recording(path, decode=DecodeOptions(audio_track="Chinese")).clips())

    assert _spans_s([first])[0][0] == pytest.approx(0.75, abs=0.05)
    assert _spans_s([other])[0][0] == pytest.approx(1.25, abs=0.05)
    with pytest.raises(TrackNotFound):
        list(make_recording(path, decode=DecodeOptions(audio_track="7")).clips())


def test_progress_adds_up(bursts_wav: Path, make_recording: MakeRecording) -> None:
    """The watcher is told of every decoded sample."""
    counts: list[int] = []
    list(make_recording(bursts_wav, on_samples=counts.append).clips())

    assert sum(counts) == 4 * SAMPLE_RATE_HZ


def test_an_index_at_the_end_can_be_reached(encode: Encode, make_recording: MakeRecording) -> None:
    """A spooled m4a with its index at the end decodes from a descriptor without a name."""
    path = encode("a.m4a")
    content = path.read_bytes()
    assert content.index(b"mdat") < content.index(b"moov")
    with tempfile.TemporaryFile() as spool:
        spool.write(content)
        spool.flush()
        recording = make_recording(path, open_fd=lambda: os.dup(spool.fileno()))
        path.unlink()

        assert len(list(recording.clips())) == 1
        assert recording.summary.duration_ms == pytest.approx(4000, abs=100)


def test_the_container_is_asked_once(bursts_wav: Path, make_recording: MakeRecording) -> None:
    """A recording opens its file twice, to probe and to decode, and closes both descriptors."""
    opened: list[int] = []

    def open_fd() -> int:
        opened.append(os.open(bursts_wav, os.O_RDONLY))
        return opened[-1]

    recording = make_recording(bursts_wav, open_fd=open_fd)
    assert recording.probe() is recording.probe()
    clips = recording.clips()
    next(clips)
    clips.close()

    assert len(opened) == 2
    for fd in opened:
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(fd)


def test_the_summary_comes_after_the_clips(bursts_wav: Path, make_recording: MakeRecording) -> None:
    """Asking for the summary before the clips are done raises ValueError."""
    with pytest.raises(ValueError, match="still"):
        _ = make_recording(bursts_wav).summary


def test_silence_is_done_without_clips(tmp_path: Path, make_recording: MakeRecording) -> None:
    """A silent recording has no clips, and that it is silent is all there is to say."""
    soundfile.write(tmp_path / "a.wav", np.zeros(32_000), SAMPLE_RATE_HZ)
    recording = make_recording(tmp_path / "a.wav")

    assert list(recording.clips()) == []
    assert recording.summary == RecordingSummary(
        duration_ms=2000, speech=(), warnings=("is silent",)
    )
