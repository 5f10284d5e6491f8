"""Files of several audio tracks: the right one is heard, and the others are told."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest

from qasr_cli.errors import DecodeError, EmptyAudio
from qasr_cli.media.peaks import peaks_of
from qasr_cli.media.recording import Recording
from qasr_cli.options import DecodeOptions
from tests.media.conftest import Encode, MakeRecording, RunFfmpeg

MakeFile = Callable[..., Path]

SILENCE = ("-f", "lavfi", "-i", "anullsrc=r=44100:cl=mono:d=4")
COMMENTARY_FIRST = (
    *("-metadata:s:a:0", "title=Commentary", "-metadata:s:a:0", "language=eng"),
    *("-metadata:s:a:1", "title=Main", "-metadata:s:a:1", "language=eng"),
    *("-disposition:a:0", "comment", "-disposition:a:1", "default"),
)


@pytest.fixture
def silence_then_bursts(bursts_wav: Path, run_ffmpeg: RunFfmpeg, tmp_path: Path) -> MakeFile:
    """Write a file of a silent track and one with the bursts."""

    def make(name: str, *options: str) -> Path:
        path = tmp_path / name
        run_ffmpeg(*SILENCE, "-i", bursts_wav, "-map", "0", "-map", "1", *options, path)
        return path

    return make


def heard(recording: Recording) -> tuple[int, tuple[str, ...]]:
    """How many clips there are, and what is said."""
    count = len(list(recording.clips()))
    return count, recording.summary.warnings


@pytest.mark.parametrize("name", ["a.mkv", "a.mp4", "a.mov"])
def test_the_main_track_behind_a_commentary(
    silence_then_bursts: MakeFile, make_recording: MakeRecording, name: str
) -> None:
    """The default track is heard, and the commentary before it told, once."""
    path = silence_then_bursts(name, *COMMENTARY_FIRST)

    clip_count, warnings = heard(make_recording(path))

    assert clip_count > 0
    assert warnings == (
        "hears track 1 (eng, Main); also: 0 (eng, Commentary); --audio-track chooses",
    )


def test_pictures_of_a_recording_show_the_same_track(silence_then_bursts: MakeFile) -> None:
    """The outline is that of the track that a run hears."""
    path = silence_then_bursts("a.mkv", *COMMENTARY_FIRST)

    assert max(peaks_of(str(path), decode=DecodeOptions(), column_count=10)) > 50
    named = DecodeOptions(audio_track="0")
    assert max(peaks_of(str(path), decode=named, column_count=10)) == 0


@pytest.mark.parametrize("channels", ["mix", "split"])
def test_a_silent_track_names_the_others_once(
    silence_then_bursts: MakeFile, make_recording: MakeRecording, channels: Literal["mix", "split"]
) -> None:
    """No speech where another track may have some is told in one line, however many channels."""
    path = silence_then_bursts("a.mkv", "-ac", "2", "-metadata:s:a:1", "language=ger")

    clip_count, warnings = heard(make_recording(path, decode=DecodeOptions(channels=channels)))

    assert clip_count == 0
    told = [line for line in warnings if "track" in line]
    assert told == ["hears no speech in track 0; also: 1 (ger); --audio-track chooses"]


def test_a_track_of_an_unknown_codec_fails_no_file(
    silence_then_bursts: MakeFile, make_recording: MakeRecording
) -> None:
    """A first track that no decoder knows is passed over; named, it is one clear failure."""
    path = silence_then_bursts("a.mkv", "-c:a", "aac")
    path.write_bytes(path.read_bytes().replace(b"A_AAC", b"A_ATX", 1))

    clip_count, warnings = heard(make_recording(path))
    with pytest.raises(DecodeError, match=r"its sound has a codec .* does not know \(A_ATX\)$"):
        heard(make_recording(path, decode=DecodeOptions(audio_track="0")))

    assert clip_count > 0
    assert warnings == ("hears track 1; also: 0 (cannot be decoded)",)


def test_where_no_track_can_be_decoded(
    silence_then_bursts: MakeFile, make_recording: MakeRecording
) -> None:
    """Unknown codecs alone are one failure that names them."""
    path = silence_then_bursts("a.mkv", "-c:a", "aac")
    content = path.read_bytes().replace(b"A_AAC", b"A_ATX", 1).replace(b"A_AAC", b"A_XYZ", 1)
    path.write_bytes(content)

    with pytest.raises(DecodeError, match=r"\(A_ATX\); its sound .* \(A_XYZ\)$"):
        heard(make_recording(path))


def test_an_empty_track_names_the_others(
    bursts_wav: Path, run_ffmpeg: RunFfmpeg, make_recording: MakeRecording, tmp_path: Path
) -> None:
    """A track of which nothing comes out is a failure that says what else there is."""
    path = tmp_path / "a.mkv"
    void = ("-f", "lavfi", "-i", "anullsrc=r=44100:cl=mono:d=1", "-i", bursts_wav)
    nothing = ("-filter_complex", "[0:a]atrim=end=0[void]", "-map", "[void]", "-map", "1")
    run_ffmpeg(*void, *nothing, "-c:a", "pcm_s16le", path)

    with pytest.raises(EmptyAudio, match=r"claims 4 s; hears no speech in track 0.*; also: 1"):
        heard(make_recording(path, decode=DecodeOptions(audio_track="0")))


def test_sound_that_goes_on_in_another_track_is_no_choice(
    bursts_wav: Path, run_ffmpeg: RunFfmpeg, make_recording: MakeRecording, tmp_path: Path
) -> None:
    """A track that carries on the one before is heard, and is no other to choose."""
    path = tmp_path / "a.ts"
    with path.open("wb") as whole:
        for number, pid in enumerate(("0x101", "0x201")):
            part = tmp_path / f"{number}.ts"
            place = ("-streamid", f"0:{pid}", "-output_ts_offset", str(4 * number))
            run_ffmpeg("-i", bursts_wav, "-c:a", "aac", *place, part)
            whole.write(part.read_bytes())

    recording = make_recording(path)
    _, warnings = heard(recording)

    assert recording.summary.duration_ms == pytest.approx(8000, abs=120)
    assert not [line for line in warnings if line.startswith("hears")]


def test_appended_files_go_on_in_the_same_track(
    silence_then_bursts: MakeFile, make_recording: MakeRecording, tmp_path: Path
) -> None:
    """What follows in the same file is heard by the track's number; else by what can be heard."""
    whole = silence_then_bursts("whole.mkv", "-c:a", "aac", *COMMENTARY_FIRST).read_bytes()
    silent_second = ("-map", "-0", "-map", "-1", "-map", "1", "-map", "0", "-c:a", "aac")
    swapped = bytearray(silence_then_bursts("swapped.mkv", *silent_second).read_bytes())
    place = swapped.rindex(b"A_AAC")
    swapped[place : place + 5] = b"A_ATX"
    path = tmp_path / "all.mkv"
    path.write_bytes(whole + whole + swapped)
    recording = make_recording(path)

    clip_count, warnings = heard(recording)

    assert recording.summary.duration_ms == pytest.approx(12_000, abs=200)
    assert clip_count == 3 * len(list(make_recording(tmp_path / "whole.mkv").clips()))
    assert [line for line in warnings if line.startswith("what begins")] == []


@pytest.mark.parametrize("offset_s", [3, 60])
@pytest.mark.parametrize("name", ["a.wmv", "a.mkv", "a.ts", "a.flv", "without-length.flv", "a.ogg"])
def test_a_file_that_begins_late_is_complete(
    encode: Encode, make_recording: MakeRecording, name: str, offset_s: int
) -> None:
    """A whole file at later time stamps has nothing missing; cut off, it says how much."""
    options = ("-flvflags", "no_duration_filesize") if "without" in name else ()
    late = ("-output_ts_offset", str(offset_s))
    path = encode(name, *options, *late, before=("-stream_loop", "4"))
    _, whole = heard(make_recording(path))
    os.truncate(path, path.stat().st_size // 2)
    _, cut = heard(make_recording(path))

    assert whole == ()
    if name in ("a.wmv", "a.mkv", "a.flv"):  # the others say no length
        assert any("of 20.0 s; is the file complete?" in line for line in cut)


@pytest.mark.parametrize("name", ["a.wmv", "a.mkv", "a.ts", "a.flv", "a.ogv"])
@pytest.mark.parametrize("late", ["sound", "picture"])
def test_a_track_that_begins_late_is_complete(
    encode: Encode, make_recording: MakeRecording, name: str, late: str
) -> None:
    """Sound that begins after the picture, or before it, has nothing missing."""
    picture = ("-f", "lavfi", "-i", "testsrc=s=64x64:r=10:d=4")
    offset = ("-itsoffset", "3")
    before = (*picture, *offset) if late == "sound" else (*offset, *picture)

    _, warnings = heard(make_recording(encode(name, before=before)))

    assert warnings == ()
