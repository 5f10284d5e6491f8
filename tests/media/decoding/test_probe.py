import os
import struct
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
import soundfile

from qasr_cli.errors import DecodeError, NoAudioStream
from qasr_cli.media.decoding.encryption import encrypted_sound
from qasr_cli.media.decoding.file_parts import WHOLE_FILE
from qasr_cli.media.decoding.lengths import asf_end_ms
from qasr_cli.media.decoding.probe import AudioTrack, Probe, probe
from qasr_cli.media.pcm import Pcm
from qasr_cli.media.source import open_source

RunFfmpeg = Callable[..., None]
Encode = Callable[..., Path]

CENC = (
    *("-encryption_scheme", "cenc-aes-ctr"),
    *("-encryption_key", "76a6c65c5ea762046bd749a2e632ccbb"),
    *("-encryption_kid", "a7e61c373e219033c21091fa607bf3b8"),
)


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
        *("-metadata:s:a:1", "language=ger", "-ac:a:1", "2", "-metadata:s:a:1", "title=Main"),
        *("-metadata:s:a:2", f"comment={title}", "-disposition:a:0", "visual_impaired", path),
    )
    return path


def test_tracks_and_their_languages(three_tracks: Path) -> None:
    """Every audio track is found with its language; text of the file is not taken for one."""
    found = _probe(three_tracks)

    assert [track.language for track in found.tracks] == ["eng", "ger", None]
    assert [track.index for track in found.tracks] == [0, 1, 2]
    assert [track.title for track in found.tracks] == ["", "Main", ""]
    assert "visual_impaired" in found.tracks[0].dispositions
    assert found.tracks[1].channel_layout == "stereo"
    assert found.duration_ms == 4000


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


@pytest.mark.parametrize("suffix", ["mp4", "mov"])
@pytest.mark.parametrize("options", [(), ("-movflags", "+frag_keyframe+empty_moov")])
def test_an_encrypted_mp4_is_called_so(
    encode: Encode, suffix: str, options: tuple[str, ...]
) -> None:
    """Sound that is encrypted says so, in whole files and in fragmented ones."""
    clear = encode(f"clear.{suffix}", "-c:a", "aac", *options)
    locked = encode(f"locked.{suffix}", "-c:a", "aac", *options, *CENC)

    assert [track.obstacle for track in _probe(clear).tracks] == [""]
    assert [track.obstacle for track in _probe(locked).tracks] == ["is encrypted (DRM)"]


@pytest.mark.parametrize(
    ("name", "obstacle"),
    [
        (b"drms", "is encrypted (DRM)"),  # FairPlay
        (b"aavd", "is encrypted (DRM)"),  # Audible
        (b"enca", "is encrypted (DRM)"),  # without a word on how
        (b"zzzz", "has a codec that ffmpeg does not know (zzzz)"),
        (b"mhm1", "has a codec that this ffmpeg does not decode (mpegh_3d_audio)"),
    ],
)
def test_what_no_decoder_takes_is_told_by_its_name(
    encode: Encode, tmp_path: Path, name: bytes, obstacle: str
) -> None:
    """An MP4's sound under another name is refused by that name."""
    content = encode("a.m4a", "-c:a", "aac").read_bytes()
    entry = content.rindex(b"mp4a")
    renamed = content[:entry] + name + content[entry + 4 :]
    path = tmp_path / "renamed.m4a"
    path.write_bytes(renamed.replace(b"esds", b"free"))  # which names the codec, too

    (track,) = _probe(path).tracks

    assert track.obstacle == obstacle


def test_an_encrypted_track_beside_a_clear_one(
    bursts_wav: Path, run_ffmpeg: RunFfmpeg, tmp_path: Path
) -> None:
    """What is encrypted is told track by track."""
    path = tmp_path / "two.mp4"
    run_ffmpeg("-i", bursts_wav, "-map", "0", "-map", "0", "-c:a", "aac", path)
    content = bytearray(path.read_bytes())
    entry = content.rindex(b"mp4a")  # of the second
    content[entry : entry + 4] = b"drms"
    path.write_bytes(content)

    assert [bool(track.obstacle) for track in _probe(path).tracks] == [False, True]


def test_sound_under_an_encrypted_name_that_is_clear(encode: Encode, tmp_path: Path) -> None:
    """A sample entry that says that its samples are clear is believed."""
    content = bytearray(encode("locked.mp4", "-c:a", "aac", *CENC).read_bytes())
    content[content.index(b"tenc") + 10] = 0
    path = tmp_path / "clear.mp4"
    path.write_bytes(content)

    assert [track.obstacle for track in _probe(path).tracks] == [""]


def test_damaged_boxes_are_followed_as_far_as_they_go(encode: Encode, tmp_path: Path) -> None:
    """Whatever the sizes of boxes say, the look for encryption ends."""
    whole = encode("locked.mp4", "-c:a", "aac", *CENC).read_bytes()
    path = tmp_path / "damaged.mp4"
    for size in (b"\xff\xff\xff\xff", bytes(4), b"\x00\x00\x00\x01", b"\x00\x00\x00\x08"):
        for place in range(whole.index(b"moov"), whole.index(b"tenc") + 16):
            path.write_bytes(whole[:place] + size + whole[place + 4 :])
            with path.open("rb") as file:
                assert len(encrypted_sound(file.fileno(), WHOLE_FILE)) <= 1


@pytest.mark.parametrize(
    "kind", ["2211b3fb-bd23-11d2-b4b7-00a0c955fc6e", "298ae614-2622-4c17-b935-dae07ee9289c"]
)
def test_an_encrypted_wma_is_called_so(encode: Encode, kind: str) -> None:
    """ASF's objects for encryption, the old and the new one, make the sound encrypted."""
    path = encode("a.wma")
    codec_list = uuid.UUID("86d15240-311d-11d0-a3a4-00a0c90348f6").bytes_le
    path.write_bytes(path.read_bytes().replace(codec_list, uuid.UUID(kind).bytes_le, 1))
    try:
        said = _probe(path).tracks[0].obstacle
    except DecodeError as error:  # what the object holds is none of its kind
        said = error.reason

    assert said.endswith("is encrypted (DRM)")


@pytest.mark.parametrize("offset_s", [0, 3, 60])
@pytest.mark.parametrize(
    "name", ["a.wmv", "a.mkv", "a.ts", "a.flv", "without-length.flv", "a.ogg", "a.mp4"]
)
def test_the_length_of_a_file_that_begins_late(encode: Encode, name: str, offset_s: int) -> None:
    """A claim is the length from the file's own start, whether its header means that or the end."""
    options = ("-flvflags", "no_duration_filesize") if "without" in name else ()
    found = _probe(encode(name, *options, "-output_ts_offset", str(offset_s)))

    assert found.duration_ms == pytest.approx(4000, abs=120)
    assert not found.is_duration_estimated
    assert found.start_s == pytest.approx(offset_s, abs=1.5)


def test_asf_is_believed_where_it_was_cut_off(encode: Encode) -> None:
    """A cut-off ASF claims what its header says, not what ffmpeg makes of what is left."""
    path = encode("a.wma", before=("-stream_loop", "4"))
    os.truncate(path, path.stat().st_size // 2)

    assert _probe(path).duration_ms == pytest.approx(20_000, abs=120)


@pytest.mark.parametrize("live", [True, False])
def test_asf_of_a_live_stream_claims_nothing(encode: Encode, *, live: bool) -> None:
    """The flag for a live stream makes the header's length void."""
    path = encode("a.wma")
    content = bytearray(path.read_bytes())
    place = content.index(uuid.UUID("8cabdca1-a947-11cf-8ee4-00c00c205365").bytes_le) + 88
    content[place] |= live
    path.write_bytes(content)
    with path.open("rb") as file:
        assert (asf_end_ms(file.fileno(), WHOLE_FILE) is None) == live
