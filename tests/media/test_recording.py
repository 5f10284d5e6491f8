import json
import os
import struct
import tempfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from qasr_cli.core.timing import SAMPLE_RATE_HZ, samples_from_ms
from qasr_cli.core.types import Clip
from qasr_cli.errors import (
    AudioTooLong,
    DecodeError,
    EmptyAudio,
    MediaChanged,
    NoAudioStream,
    TrackNotFound,
    UnreadableInput,
)
from qasr_cli.media.decode import BLOCK_SAMPLES
from qasr_cli.media.discover import media_file_from_path
from qasr_cli.media.pcm import Pcm
from qasr_cli.media.recording import Recording, RecordingSummary
from qasr_cli.options import DecodeOptions, SplitOptions

RunFfmpeg = Callable[..., None]
Encode = Callable[..., Path]
MakeRecording = Callable[..., Recording]


def _spans_s(clips: list[Clip]) -> list[tuple[float, float]]:
    return [
        (clip.span.start_sample / SAMPLE_RATE_HZ, clip.span.end_sample / SAMPLE_RATE_HZ)
        for clip in clips
    ]


# --- good files ---------------------------------------------------------------------------------


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
    """The track asked for is the one that is heard."""
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
    """Every descriptor that was asked for is closed again, and two are enough."""
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
    """Asking for the summary too early is a bug that shows."""
    with pytest.raises(ValueError, match="still"):
        _ = make_recording(bursts_wav).summary


# --- empty, damaged, odd ------------------------------------------------------------------------


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


def test_a_container_that_claims_sound_and_has_none(
    encode: Encode, make_recording: MakeRecording
) -> None:
    """A file that claims sound of which nothing is there has failed."""
    path = encode("a.m4a", "-movflags", "+faststart")
    content = path.read_bytes()
    path.write_bytes(content[: content.index(b"mdat") + 4])

    with pytest.raises(EmptyAudio, match="claims 4 s"):
        list(make_recording(path).clips())


def test_silence_is_done_without_clips(tmp_path: Path, make_recording: MakeRecording) -> None:
    """A silent recording has no clips and nothing to warn of."""
    soundfile.write(tmp_path / "a.wav", np.zeros(32_000), SAMPLE_RATE_HZ)
    recording = make_recording(tmp_path / "a.wav")

    assert list(recording.clips()) == []
    assert recording.summary == RecordingSummary(duration_ms=2000, speech=(), warnings=())


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
    """Repaired samples are told of."""
    pcm = bursts.copy()
    pcm[60_000] = np.nan
    soundfile.write(tmp_path / "a.wav", pcm, 44_100, subtype="FLOAT")
    recording = make_recording(tmp_path / "a.wav")
    clips = list(recording.clips())

    assert all(np.isfinite(clip.pcm).all() for clip in clips)
    assert "were not numbers" in recording.summary.warnings[0]


@pytest.mark.parametrize("size_factor", [0.5, 2])
def test_a_file_written_to_meanwhile(
    tmp_path: Path, bursts: Pcm, make_recording: MakeRecording, size_factor: float
) -> None:
    """A file that grows or shrinks while it is read has changed, which another try may cure."""
    path = tmp_path / "a.wav"
    soundfile.write(path, np.tile(bursts, 15), 44_100)
    clips = make_recording(path, max_clip_s=5.0).clips()
    next(clips)
    os.truncate(path, round(path.stat().st_size * size_factor))

    with pytest.raises(MediaChanged) as caught:
        list(clips)
    assert caught.value.retryable


def test_a_change_explains_a_failure(
    encode: Encode, make_recording: MakeRecording, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where decoding fails and the file has changed, the change is what is told."""
    path = encode("a.wav")
    recording = make_recording(path, on_samples=lambda _: os.truncate(path, 99))
    recording.probe()
    program = path.with_name("ffmpeg")
    failing = f"head -c {4 * BLOCK_SAMPLES} /dev/zero; exit 1"
    program.write_text(f'#!/bin/sh\ncase "$2" in -protocols) echo fd;; *) {failing};; esac\n')
    program.chmod(0o755)
    monkeypatch.setenv("QASR_FFMPEG", str(program))

    with pytest.raises(MediaChanged) as caught:
        list(recording.clips())
    assert isinstance(caught.value.__cause__, DecodeError)


def test_each_trouble_has_its_error(
    tmp_path: Path, bursts_wav: Path, run_ffmpeg: RunFfmpeg, make_recording: MakeRecording
) -> None:
    """What cannot be done says which kind of trouble it is."""
    picture = ("-f", "lavfi", "-i", "color=s=32x32:d=1")
    run_ffmpeg(*picture, "-c:v", "mpeg4", tmp_path / "mute.mp4")
    (tmp_path / "empty.mp3").touch()
    (tmp_path / "gone.wav").write_bytes(bursts_wav.read_bytes())
    gone = make_recording(tmp_path / "gone.wav")
    (tmp_path / "gone.wav").unlink()
    cases: list[tuple[Recording, type[Exception]]] = [
        (make_recording(tmp_path / "mute.mp4"), NoAudioStream),
        (make_recording(tmp_path / "empty.mp3"), DecodeError),
        (make_recording(bursts_wav, decode=DecodeOptions(max_duration_s=2)), AudioTooLong),
        (gone, UnreadableInput),
    ]
    for recording, error in cases:
        with pytest.raises(error):
            list(recording.clips())
