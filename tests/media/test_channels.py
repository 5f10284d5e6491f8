"""Channels are heard mixed, one alone, or each by itself; mono has no second one."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.core.transcript.channels import LEVEL_MS
from qasr_cli.core.types import Span
from qasr_cli.errors import ChannelNotFound
from qasr_cli.media.condition import export_clip
from qasr_cli.media.discover import media_file_from_path
from qasr_cli.media.recording import Recording
from qasr_cli.options import DecodeOptions

MakeRecording = Callable[..., Recording]
RunFfmpeg = Callable[..., None]

BURSTS_S = {"left": [(0.5, 1.5), (4.0, 5.0)], "right": [(2.0, 3.0), (4.0, 5.0)]}


@pytest.fixture
def stereo(tmp_path: Path) -> Path:
    """Noise bursts, each channel with its own but for the last; the right one half as loud."""
    noise = np.random.default_rng(0).uniform(-0.4, 0.4, 6 * SAMPLE_RATE_HZ)
    pcm = np.zeros((len(noise), 2), np.float32)
    for index, (channel, volume) in enumerate((("left", 1.0), ("right", 0.5))):
        for start_s, end_s in BURSTS_S[channel]:
            piece = slice(round(start_s * SAMPLE_RATE_HZ), round(end_s * SAMPLE_RATE_HZ))
            pcm[piece, index] = volume * noise[piece]
    soundfile.write(tmp_path / "duo.wav", pcm, SAMPLE_RATE_HZ)
    return tmp_path / "duo.wav"


def regions_s(spans: tuple[Span, ...]) -> list[tuple[float, float]]:
    """Regions in seconds, to half a second: silence comes along."""
    return [
        (
            round(2 * s.start_sample / SAMPLE_RATE_HZ) / 2,
            round(2 * s.end_sample / SAMPLE_RATE_HZ) / 2,
        )
        for s in spans
    ]


@pytest.mark.parametrize(
    ("channels", "expected"),
    [
        ("mix", [(0.5, 1.5), (2.0, 3.0), (4.0, 5.0)]),
        ("left", BURSTS_S["left"]),
        ("right", BURSTS_S["right"]),
        ("split", [(0.5, 1.5), (2.0, 3.0), (4.0, 5.0)]),
    ],
)
def test_the_channels_asked_for_are_heard(
    stereo: Path,
    make_recording: MakeRecording,
    channels: str,
    expected: list[tuple[float, float]],
) -> None:
    """Speech is that of the channel, or of both."""
    recording = make_recording(stereo, decode=DecodeOptions(channels=channels))  # type: ignore[arg-type]  # parametrised

    list(recording.clips())

    assert regions_s(recording.summary.speech) == expected
    assert recording.summary.duration_ms == 6000


def test_split_hears_each_channel_by_itself(stereo: Path, make_recording: MakeRecording) -> None:
    """Clips come channel after channel, named apart, with levels of the whole file."""
    recording = make_recording(stereo, decode=DecodeOptions(channels="split"), max_clip_s=2.0)

    clips = list(recording.clips())

    assert [clip.channel for clip in clips] == ["left", "left", "right", "right"]
    assert len({clip.clip_id for clip in clips}) == 4
    assert clips[1].span == clips[3].span
    assert clips[3].clip_id.startswith("duo.wav/right/")
    np.testing.assert_allclose(clips[3].pcm, clips[1].pcm / 2, atol=1e-4)
    levels = recording.summary.levels
    assert {len(each) for each in levels.values()} == {6000 // LEVEL_MS}
    at = 4500 // LEVEL_MS
    assert levels["left"][at] == pytest.approx(4 * levels["right"][at], rel=0.01)
    assert levels["right"][1000 // LEVEL_MS] == 0


def test_kept_clips_of_two_channels_are_two_files(
    stereo: Path, make_recording: MakeRecording, tmp_path: Path
) -> None:
    """Clips of the same time do not overwrite each other."""
    media = media_file_from_path(str(stereo), stereo.name)
    recording = make_recording(stereo, decode=DecodeOptions(channels="split"), max_clip_s=2.0)

    paths = [export_clip(clip, media=media, folder=str(tmp_path)) for clip in recording.clips()]

    assert len(set(paths)) == 4
    assert paths[0].startswith(str(tmp_path / "duo.wav.left.0000"))


@pytest.mark.parametrize("channels", ["split", "right"])
def test_mono_has_no_second_channel(
    bursts_wav: Path, make_recording: MakeRecording, channels: str
) -> None:
    """One line says so, and what to do."""
    recording = make_recording(bursts_wav, decode=DecodeOptions(channels=channels))  # type: ignore[arg-type]  # parametrised

    with pytest.raises(ChannelNotFound) as caught:
        next(recording.clips())

    assert str(caught.value) == (
        f"{bursts_wav}: is mono; --channels {channels} needs two channels, so leave it out"
    )


def test_the_left_channel_of_mono_is_all_of_it(
    bursts_wav: Path, make_recording: MakeRecording
) -> None:
    """Folders of both kinds can be done with one command."""
    spans = [
        [clip.span for clip in make_recording(bursts_wav, decode=decode).clips()]
        for decode in (DecodeOptions(), DecodeOptions(channels="left"))
    ]

    assert spans[0] == spans[1] != []


def test_surround_has_a_left_and_a_right(
    stereo: Path, make_recording: MakeRecording, run_ffmpeg: RunFfmpeg, tmp_path: Path
) -> None:
    """Of more channels the first two count."""
    layout = "pan=5.1|FL=c0|FR=c1|FC=0*c0|LFE=0*c0|BL=c1|BR=c0"
    run_ffmpeg("-i", stereo, "-af", layout, tmp_path / "six.wav")
    recording = make_recording(tmp_path / "six.wav", decode=DecodeOptions(channels="right"))

    list(recording.clips())

    assert regions_s(recording.summary.speech) == BURSTS_S["right"]
