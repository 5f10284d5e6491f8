"""Recordings that fail, each with its own error."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile

from qasr_cli.errors import (
    AudioTooLong,
    DecodeError,
    EmptyAudio,
    MediaChanged,
    NoAudioStream,
    UnreadableInput,
)
from qasr_cli.media.decoding.decode import BLOCK_SAMPLES
from qasr_cli.media.pcm import Pcm
from qasr_cli.options import DecodeOptions
from tests.media.conftest import Encode, MakeRecording, RunFfmpeg

if TYPE_CHECKING:
    from qasr_cli.media.recording import Recording


def test_a_container_that_claims_sound_and_has_none(
    encode: Encode, make_recording: MakeRecording
) -> None:
    """A file that claims sound of which nothing is there has failed."""
    path = encode("a.m4a", "-movflags", "+faststart")
    content = path.read_bytes()
    path.write_bytes(content[: content.index(b"mdat") + 4])

    with pytest.raises(EmptyAudio, match="claims 4 s"):
        list(make_recording(path).clips())


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
    """Where decoding fails and the file has changed, the error is MediaChanged."""
    path = encode("a.wav")
    recording = make_recording(path, on_samples=lambda _: os.truncate(path, 99))
    recording.probe()
    program = path.with_name("ffmpeg")
    failing = f"head -c {4 * BLOCK_SAMPLES} /dev/urandom; exit 1"  # loud
    program.write_text(f'#!/bin/sh\ncase "$2" in -protocols) echo fd;; *) {failing};; esac\n')
    program.chmod(0o755)
    monkeypatch.setenv("QASR_FFMPEG", str(program))

    with pytest.raises(MediaChanged) as caught:
        list(recording.clips())
    assert isinstance(caught.value.__cause__, DecodeError)


def test_each_trouble_has_its_error(
    tmp_path: Path, bursts_wav: Path, run_ffmpeg: RunFfmpeg, make_recording: MakeRecording
) -> None:
    """Each kind of trouble raises its own error."""
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
