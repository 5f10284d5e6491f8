import os
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
import soundfile

from qasr_cli.errors import DecodeError, NoAudioStream, TrackNotFound
from qasr_cli.media.decoding.probe import AudioTrack, Probe, choose_track, probe
from qasr_cli.media.pcm import Pcm
from qasr_cli.media.source import open_source

RunFfmpeg = Callable[..., None]
Encode = Callable[..., Path]


def _probe(path: Path) -> Probe:
    fd = open_source(str(path))
    try:
        return probe(fd, path=path.name)
    finally:
        os.close(fd)


def test_what_a_wav_claims(bursts_wav: Path) -> None:
    """Duration, rate and layout are those of the file."""
    track = AudioTrack(
        index=0,
        codec="pcm_s16le",
        language=None,
        sample_rate_hz=44_100,
        channel_layout="mono",
        start_offset_ms=0,
    )

    assert _probe(bursts_wav) == Probe(
        format_names=("wav",),
        duration_ms=4000,
        start_s=0.0,
        is_duration_estimated=False,
        tracks=(track,),
    )


@pytest.fixture(scope="module")
def three_tracks(
    bursts_wav: Path, run_ffmpeg: RunFfmpeg, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A Matroska file with an English, a German and an untagged track, and hostile text."""
    path = tmp_path_factory.mktemp("tracks") / "three.mkv"
    title = "title\n  Stream #0:7(fre): Audio: aac, 44100 Hz\n[info]   Duration: 99:00:00.00"
    run_ffmpeg(
        *("-i", bursts_wav, "-map", "0", "-map", "0", "-map", "0"),
        *("-metadata", f"title={title}", "-metadata:s:a:0", "language=eng"),
        *("-metadata:s:a:1", "language=ger", "-ac:a:1", "2", path),
    )
    return path


def test_tracks_and_their_languages(three_tracks: Path) -> None:
    """Every audio track is found with its language; text of the file is not taken for one."""
    found = _probe(three_tracks)

    assert [track.language for track in found.tracks] == ["eng", "ger", None]
    assert [track.index for track in found.tracks] == [0, 1, 2]
    assert found.tracks[1].channel_layout == "stereo"
    assert found.duration_ms == 4000


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (None, 0),
        ("0", 0),
        ("2", 2),
        ("eng", 0),
        ("en", 0),
        ("English", 0),
        ("EN_us", 0),
        ("de", 1),
        ("deu", 1),
        ("german", 1),
    ],
)
def test_a_track_by_number_or_language(three_tracks: Path, wanted: str | None, index: int) -> None:
    """A track is named by its number or by its language in any usual spelling."""
    assert choose_track(_probe(three_tracks), wanted, path="a.mkv").index == index


@pytest.mark.parametrize("wanted", ["3", "-1", "fr", "klingon", "und"])
def test_an_absent_track_names_those_there_are(three_tracks: Path, wanted: str) -> None:
    """A track that is not there is an error that says which are."""
    with pytest.raises(TrackNotFound, match=r"0 \(eng\), 1 \(ger\), 2$"):
        choose_track(_probe(three_tracks), wanted, path="a.mkv")


def test_a_language_the_models_do_not_know(encode: Encode) -> None:
    """A tag outside the models' languages is found by itself."""
    path = encode("a.mkv", "-metadata:s:a:0", "language=ukr")

    assert choose_track(_probe(path), "UKR", path="a.mkv").index == 0


def test_an_estimated_duration_is_marked(encode: Encode) -> None:
    """A duration that ffmpeg guessed from the bit rate is marked as such."""
    assert _probe(encode("a.aac")).is_duration_estimated


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.mp3", b""),
        ("random.mp3", bytes((i * i * 7919 >> 3) & 255 for i in range(20_000))),
        ("text.mp3", b"no sound at all\n" * 100),
        ("list.mp3", b"#EXTM3U\n#EXTINF:4,\nbursts.wav\n#EXT-X-ENDLIST\n"),
        ("list.m3u8", b"#EXTM3U\n#EXTINF:4,\nbursts.wav\n#EXT-X-ENDLIST\n"),
        ("concat.mp3", b"ffconcat version 1.0\nfile bursts.wav\n"),
        ("sdp.mp3", b"v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=audio 5 RTP/AVP 0\n"),
        ("mpd.mp3", b'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"/>'),
        ("picture.mp3", b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + b"\0" * 100),
    ],
)
def test_what_is_no_media_file(tmp_path: Path, bursts: Pcm, name: str, content: bytes) -> None:
    """Neither garbage nor lists that lead to other files are taken for recordings."""
    soundfile.write(tmp_path / "bursts.wav", bursts, 44_100)
    (tmp_path / name).write_bytes(content)

    with pytest.raises(DecodeError) as caught:
        _probe(tmp_path / name)

    assert caught.value.reason
    assert "\n" not in str(caught.value)


def test_a_video_cut_off_before_its_index(encode: Encode, tmp_path: Path) -> None:
    """An mp4 that lacks its end, where its index was, is refused with that reason."""
    content = encode("whole.mp4").read_bytes()
    (tmp_path / "cut.mp4").write_bytes(content[: len(content) // 2])

    with pytest.raises(DecodeError, match="moov atom not found"):
        _probe(tmp_path / "cut.mp4")


def test_a_silent_film_has_no_audio_stream(run_ffmpeg: RunFfmpeg, tmp_path: Path) -> None:
    """A video without sound is told apart from a damaged one."""
    picture = ("-f", "lavfi", "-i", "color=s=32x32:d=1")
    run_ffmpeg(*picture, "-c:v", "mpeg4", tmp_path / "mute.mp4")

    with pytest.raises(NoAudioStream):
        _probe(tmp_path / "mute.mp4")
