"""Quiet recordings, and channels that cancel each other out."""

import math
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.core.types import Clip
from qasr_cli.media.decoding.decode import Decoder
from qasr_cli.media.decoding.file_parts import WHOLE_FILE
from qasr_cli.media.decoding.phase import Cancellation, cancellation_in
from qasr_cli.media.decoding.probe import probe
from qasr_cli.media.discover import media_file_from_path
from qasr_cli.media.heard_sound import heard_sound, levelled
from qasr_cli.media.loudness import lift_db
from qasr_cli.media.pcm import Pcm
from qasr_cli.media.recording import Recording
from qasr_cli.media.recording_summary import RecordingSummary
from qasr_cli.options import DecodeOptions, SplitOptions
from tests.conftest import RECORDINGS
from tests.media.decoding.recorded import ffmpeg

LECTURE = str(RECORDINGS / "lecture.mp3")


def filtered(path: Path, filters: str, *options: str) -> Path:
    """Twelve seconds of a lecture, through filters of ffmpeg."""
    ffmpeg("-i", LECTURE, "-t", "12", "-filter_complex", filters, *options, str(path))
    return path


def recorded(path: Path) -> tuple[list[Clip], RecordingSummary]:
    """All clips of a recording, and what is said of it."""
    recording = Recording(
        media_file_from_path(str(path), path.name),
        decode=DecodeOptions(),
        split=SplitOptions(),
        max_clip_s=None,
        language=None,
    )
    return list(recording.clips()), recording.summary


@pytest.mark.parametrize("place", ["first", "last"])
def test_a_look_can_be_ended(tmp_path: Path, place: str) -> None:
    """Whoever is told of blocks is told of those, too, that are decoded only to be looked at."""
    path = tmp_path / "silent.wav"
    soundfile.write(path, np.zeros((90 * SAMPLE_RATE_HZ, 2)), SAMPLE_RATE_HZ)
    told: list[int] = []

    def tell(sample_count: int) -> None:
        told.append(sample_count)
        if len(told) == most_count:
            raise KeyError

    def hear() -> None:
        for _ in Recording(
            media_file_from_path(str(path), path.name),
            decode=DecodeOptions(),
            split=SplitOptions(vad="energy"),
            max_clip_s=None,
            language=None,
            on_samples=tell,
        ).clips():
            pass

    most_count = 0
    hear()
    assert sum(told) == 90 * SAMPLE_RATE_HZ
    assert (told[0], told[-1]) == (0, 0)
    most_count = 1 if place == "first" else len(told)
    told.clear()
    with pytest.raises(KeyError):
        hear()


def cancellation(path: Path) -> Cancellation | None:
    """What a track's mix loses."""
    with path.open("rb") as file:
        track = probe(file.fileno(), path=str(path)).tracks[0]
        return cancellation_in(file.fileno(), part=WHOLE_FILE, track=track)


def test_opposite_phase_is_heard_on_one_channel(tmp_path: Path) -> None:
    """Of channels that cancel each other out the louder one is heard, and that is said."""
    path = filtered(tmp_path / "a.wav", "pan=stereo|c0=-0.95*c0|c1=c0")
    plain = filtered(tmp_path / "b.wav", "pan=stereo|c0=c0|c1=c0")

    clips, summary = recorded(path)

    assert [clip.span for clip in clips] == [clip.span for clip in recorded(plain)[0]]
    assert np.abs(clips[0].pcm).max() > 0.1
    assert any("channel 2 is heard" in line for line in summary.warnings)


@pytest.mark.parametrize(
    ("filters", "channel"),
    [
        ("pan=stereo|c0=c0|c1=-1*c0", 0),
        ("pan=stereo|c0=0.97*c0|c1=-1*c0", 1),
        ("pan=5.1|FL=c0|FR=-1*c0", 0),
        ("pan=quad|FL=c0|FR=-1*c0", 0),
    ],
)
def test_a_mix_that_loses_most_is_found(tmp_path: Path, filters: str, channel: int) -> None:
    """More than 20 dB lost in the mix is found in any layout, with the loudest channel."""
    found = cancellation(filtered(tmp_path / "a.wav", filters))

    assert found is not None
    assert found.loudest_channel == channel


@pytest.mark.parametrize(
    "filters",
    [
        "pan=stereo|c0=c0|c1=c0",
        "pan=stereo|c0=c0|c1=0*c0",
        "pan=stereo|c0=c0|c1=-0.7*c0",
        "pan=mono|c0=c0",
        "pan=5.1|FC=c0",
        "pan=stereo|c0=0*c0|c1=0*c0",
    ],
)
def test_a_mix_that_keeps_the_sound_is_left(tmp_path: Path, filters: str) -> None:
    """Whatever loses less than 20 dB is mixed as ever."""
    assert cancellation(filtered(tmp_path / "a.wav", filters)) is None


def test_a_look_at_the_channels_disturbs_nothing(tmp_path: Path) -> None:
    """A long stereo recording that is quiet enough for that look is heard as it is."""
    path = tmp_path / "a.wav"
    ffmpeg(
        "-stream_loop",
        "9",
        "-i",
        LECTURE,
        "-ac",
        "2",
        "-ar",
        "48000",
        "-af",
        "volume=-15dB",
        str(path),
    )
    with path.open("rb") as file:
        fd = file.fileno()
        found = probe(fd, path=str(path))
        wanted: dict[str, Any] = {"path": str(path), "found": found, "track": found.tracks[0]}
        plain = [block.tobytes() for block in Decoder(fd, max_duration_s=3600, **wanted).blocks()]
        sound = heard_sound(fd, channel=None, max_duration_s=3600, **wanted)
        heard = [block.tobytes() for block in sound.blocks]

    assert sound.loudest_dbfs < -30
    assert heard == plain


@pytest.mark.parametrize("level_db", [40, 60])
def test_a_quiet_recording_is_cut_as_a_loud_one(tmp_path: Path, level_db: int) -> None:
    """Speech is found however quiet it is; that it is quiet is said."""
    loud, _ = recorded(filtered(tmp_path / "a.wav", "volume=0dB"))
    quiet, summary = recorded(
        filtered(tmp_path / "b.wav", f"volume=-{level_db}dB", "-c:a", "pcm_s24le")
    )

    starts = [clip.span.start_sample for clip in loud]
    assert [clip.span.start_sample for clip in quiet] == pytest.approx(starts, abs=3200)
    assert any("very quiet" in line for line in summary.warnings)


def test_silence_is_said(tmp_path: Path) -> None:
    """A track without any sound gives no clip, and a line."""
    clips, summary = recorded(filtered(tmp_path / "a.wav", "volume=0"))

    assert (clips, summary.warnings) == ([], ("is silent",))


class Tone:
    """A decoder's stand-in: seconds of tones at given levels, in blocks of ten."""

    def __init__(self, levels: list[float]) -> None:
        self.sample_count = 0
        self.levels = levels

    def blocks(self) -> Generator[Pcm]:
        """The sound."""
        tone = np.sin(np.arange(SAMPLE_RATE_HZ) * 0.3).astype(np.float32)
        for first in range(0, len(self.levels), 10):
            block = np.concatenate([tone * level for level in self.levels[first : first + 10]])
            self.sample_count += len(block)
            yield block.astype(np.float32)


@pytest.mark.parametrize(
    ("levels", "decoder_count", "is_lifted"),
    [
        ([0.1] * 200, 1, False),
        ([0.0001] * 30 + [0.1] + [0.0001] * 100, 1, False),
        ([0.0001] * 100 + [0.1], 2, False),
        ([0.0001] * 200, 2, True),
        ([0.0001] * 20, 1, True),
        ([0.0] * 200, 2, False),
        ([], 1, False),
    ],
)
def test_nothing_is_lost_while_the_level_is_measured(
    levels: list[float], decoder_count: int, *, is_lifted: bool
) -> None:
    """Each block comes out once and in order; only long quiet beginnings are decoded twice."""
    made: list[Tone] = []

    def new_decoder() -> Tone:
        made.append(Tone(levels))
        return made[-1]

    make: Callable[[], object] = new_decoder
    _, blocks, loudest_dbfs = levelled(make)  # type: ignore[arg-type]  # blocks and a count do

    heard = list(blocks)
    whole = list(Tone(levels).blocks())
    assert [block.tobytes() for block in heard] == [block.tobytes() for block in whole]
    assert (len(made), lift_db(loudest_dbfs) > 0) == (decoder_count, is_lifted)
    assert math.isfinite(lift_db(loudest_dbfs))
