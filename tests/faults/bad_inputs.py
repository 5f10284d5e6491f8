"""A corpus of what people and their disks really hand in, made on the spot: no binary blobs.

Each case says what must become of it: "done", the name of an error, or "absent" for what is no
recording and must not be in the report at all.
"""

import os
import re
import socket
import struct
import subprocess
import wave
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import soundfile

RATE_HZ = 16_000
DONE, ABSENT = "done", "absent"
PICTURE = ("-f", "lavfi", "-i", "color=s=32x32:r=10:d=3")
PRIVATE = "elsewhere/private.wav"  # beside the corpus; no case may ever read it
_AUDIO = {
    "wav": ("pcm_s16le",),
    "mp3": ("libmp3lame",),
    "m4a": ("aac",),
    "aac": ("aac",),
    "flac": ("flac",),
    "ogg": ("libvorbis",),
    "opus": ("libopus",),
    "mka": ("flac",),
    "webm": ("libopus",),
    "wma": ("wmav2",),
    "aiff": ("pcm_s16be",),
    "au": ("pcm_s16be",),
    "caf": ("pcm_s16le",),
    "w64": ("pcm_s16le",),
    "wv": ("wavpack",),
    "tta": ("tta",),
    "ac3": ("ac3",),
    "mp2": ("mp2",),
    "ts": ("aac",),
}


class Workshop:
    """Makes media files out of three seconds of noise bursts, each kind once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._random = np.random.default_rng(5)
        self.pcm = np.zeros(3 * RATE_HZ, np.float32)
        self.pcm[RATE_HZ // 2 : 2 * RATE_HZ] = self._random.uniform(-0.3, 0.3, RATE_HZ * 3 // 2)
        self.bursts = folder / "bursts.wav"
        soundfile.write(self.bursts, self.pcm, RATE_HZ, subtype="PCM_16")

    def ffmpeg(self, *arguments: str | Path) -> None:
        """Run the real one."""
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y", *arguments]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)

    def media(self, suffix: str, *options: str) -> bytes:
        """A whole file of that kind."""
        name = re.sub(r"\W", "", "".join(options))
        path = self.folder / f"whole{name}.{suffix}"
        if not path.exists():
            self.ffmpeg("-i", self.bursts, "-c:a", *_AUDIO[suffix], *options, path)
        return path.read_bytes()

    def video(self, suffix: str, *options: str, sound: bool = True) -> bytes:
        """A whole file with a picture."""
        path = self.folder / f"video{sound}{len(options)}.{suffix}"
        if not path.exists():
            inputs = (*PICTURE, "-i", self.bursts) if sound else PICTURE
            self.ffmpeg(*inputs, "-c:v", "mpeg4", "-c:a", "aac", *options, path)
        return path.read_bytes()

    def noise(self, count: int) -> bytes:
        """Bytes without meaning."""
        return self._random.bytes(count)


Make = Callable[[Workshop], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One thing to hand in.

    Attributes:
        name: below the corpus folder.
        make: its content; None where `place` makes it.
        place: puts what is no plain file where `name` says.
        outcome: DONE, ABSENT, or the name of the error.
        says: stands in the error's message, or in a warning.
        is_quiet: nothing may be warned of.
    """

    name: str
    outcome: str
    make: Make | None = None
    place: Callable[[Path], None] | None = None
    says: str = ""
    is_quiet: bool = False


# --- pieces of files ----------------------------------------------------------------------------


def _wav(
    data: bytes,
    *,
    channels: int = 1,
    rate_hz: int = RATE_HZ,
    bits: int = 16,
    tag: int = 1,
    data_bytes: int | None = None,
) -> bytes:
    align = max(1, channels * bits // 8)
    rate = min(rate_hz * align, 0xFFFF_FFFF)
    head = struct.pack("<IHHIIHH", 16, tag, channels, rate_hz, rate, align, bits)
    claimed = len(data) if data_bytes is None else data_bytes
    body = b"WAVEfmt " + head + b"data" + struct.pack("<I", claimed) + data
    return b"RIFF" + struct.pack("<I", min(len(body), 0xFFFF_FFFF)) + body


def _pcm16(shop: Workshop) -> bytes:
    return (shop.pcm * 32767).astype("<i2").tobytes()


def _floats(shop: Workshop, *odd: float) -> bytes:
    pcm = shop.pcm.copy()
    for index, value in enumerate(odd):
        pcm[RATE_HZ + 1000 * index] = value
    return _wav(pcm.astype("<f4").tobytes(), tag=3, bits=32)


def _just(content: bytes) -> Make:
    return lambda _: content


def _whole(suffix: str) -> Make:
    return lambda shop: shop.media(suffix)


def _pcm_in_wav(repeats: int = 1, **kind: int) -> Make:
    return lambda shop: _wav(_pcm16(shop) * repeats, **kind)


def _cut(content: bytes, part: float) -> bytes:
    return content[: int(len(content) * part)]


def _damaged(content: bytes, start: float, count: int, shop: Workshop) -> bytes:
    at = int(len(content) * start)
    return content[:at] + shop.noise(count) + content[at + count :]


def _patched(content: bytes, after: bytes, offset: int, new: bytes) -> bytes:
    at = content.index(after) + offset
    return content[:at] + new + content[at + len(new) :]


def _png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + checksum

    head = struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)
    pixels = zlib.compress((b"\0" + b"\x7f" * 8) * 8)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    server = socket.socket(socket.AF_UNIX)
    here = os.open(path.parent, os.O_RDONLY)
    server.bind(f"/proc/self/fd/{here}/{path.name}")  # a socket's path has room for 107 bytes
    os.close(here)
    server.close()


def _link(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


def _locked(path: Path) -> None:
    path.write_bytes(_wav(b"\0" * 32_000))
    path.chmod(0)


def _locked_folder(path: Path) -> None:
    path.mkdir()
    path.chmod(0)


# --- the corpus ---------------------------------------------------------------------------------


def _nothing_in_them() -> list[Case]:
    texts = {
        "text.mp3": b"This is not a recording.\n" * 40,
        "page.mp4": b"<!DOCTYPE html><html><body>404 Not Found</body></html>",
        "data.wav": b'{"error": "not found"}',
        "script.flac": b"#!/bin/sh\ntouch pwned\n",
        "archive.ogg": b"PK\x03\x04" + b"\0" * 200,
        "document.m4a": b"%PDF-1.7\n" + b"0 0 obj\n" * 50,
        "zeros.wav": b"\0" * 200_000,
        "zeros.mp3": b"\0" * 200_000,
        "ones.mp3": b"\xff" * 200_000,
        "ones.aac": b"\xff" * 200_000,
        "one-byte.wav": b"R",
        "magic.wav": b"RIFF",
        "magic.flac": b"fLaC",
        "magic.ogg": b"OggS",
        "magic.mkv": b"\x1aE\xdf\xa3",
        "magic.mp3": b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f",
        "pointer.mp4": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
    }
    suffixes = ("wav", "mp3", "m4a", "mp4", "flac", "ogg", "opus", "mkv", "aac", "avi", "ts")
    return [
        *(Case(name=f"empty.{s}", outcome="DecodeError", make=_just(b"")) for s in suffixes),
        *(
            Case(name=f"random.{s}", outcome="DecodeError", make=lambda shop: shop.noise(50_000))
            for s in ("wav", "m4a", "flac", "ogg", "mkv")
        ),
        *(Case(name=name, outcome="DecodeError", make=_just(text)) for name, text in texts.items()),
    ]


def _cut_off() -> list[Case]:
    def cut(suffix: str, part: float = 0.6, *options: str) -> Make:
        return lambda shop: _cut(shop.media(suffix, *options), part)

    def headless(suffix: str) -> Make:
        return lambda shop: shop.media(suffix)[len(shop.media(suffix)) // 3 :]

    front = ("-movflags", "+faststart")
    incomplete = "is the file complete?"
    return [
        Case(name="cut.mp3", outcome=DONE, make=cut("mp3"), says=incomplete),
        Case(name="cut.flac", outcome=DONE, make=cut("flac"), says=incomplete),
        Case(name="cut.mka", outcome=DONE, make=cut("mka"), says=incomplete),
        Case(name="cut.wav", outcome=DONE, make=cut("wav"), says=incomplete),
        Case(name="cut.webm", outcome=DONE, make=cut("webm"), says=incomplete),
        *(
            Case(name=f"cut.{suffix}", outcome=DONE, make=cut(suffix), says=incomplete)
            for suffix in ("aiff", "au", "wv", "tta")
        ),
        Case(name="cut-faststart.m4a", outcome=DONE, make=cut("m4a", 0.6, *front), says=incomplete),
        # These carry no length, or one that ffmpeg passes over: what is there is all that is known.
        *(
            Case(name=f"cut.{suffix}", outcome=DONE, make=cut(suffix))
            for suffix in ("aac", "ogg", "opus", "wma", "ac3", "mp2", "ts", "w64", "caf")
        ),
        Case(name="cut.m4a", outcome="DecodeError", make=cut("m4a"), says="moov atom not found"),
        Case(
            name="cut.mp4",
            outcome="DecodeError",
            make=lambda shop: _cut(shop.video("mp4"), 0.6),
            says="moov atom not found",
        ),
        *(
            Case(name=f"head-only.{s}", outcome="DecodeError", make=cut(s, part))
            for s, part in (("flac", 0.002), ("ogg", 0.01), ("mka", 0.005))
        ),
        *(
            Case(
                name=f"headless.{s}",
                outcome=outcome,
                make=headless(s),
            )
            for s, outcome in (
                ("mp3", DONE),
                ("aac", DONE),
                ("ts", DONE),
                ("ogg", "DecodeError"),
                ("m4a", "DecodeError"),
            )
        ),
    ]


def _damaged_inside() -> list[Case]:
    def damaged(suffix: str) -> Make:
        return lambda shop: _damaged(shop.media(suffix), 0.5, 300, shop)

    def sound_is_noise(shop: Workshop) -> bytes:
        content = shop.media("m4a", "-movflags", "+faststart")
        start = content.index(b"mdat") + 4
        return content[:start] + shop.noise(len(content) - start)

    def no_sound_left(shop: Workshop) -> bytes:
        content = shop.media("m4a", "-movflags", "+faststart")
        return content[: content.index(b"mdat") + 4]

    return [
        *(
            Case(
                name=f"damaged.{s}",
                outcome=DONE,
                make=damaged(s),
            )
            for s in ("mp3", "flac", "ogg", "opus", "aac", "ts", "wav", "mka")
        ),
        Case(name="noise-for-sound.m4a", outcome="DecodeError", make=sound_is_noise),
        Case(name="no-sound-left.m4a", outcome="EmptyAudio", make=no_sound_left, says="claims 3"),
        Case(
            name="trailing-rubbish.mp3",
            outcome=DONE,
            make=lambda shop: shop.media("mp3") + shop.noise(5000),
        ),
        Case(
            name="leading-rubbish.mp3",
            outcome=DONE,
            make=lambda shop: shop.noise(3000) + shop.media("mp3"),
        ),
        Case(
            name="two-in-one.mp3",
            outcome=DONE,
            make=lambda shop: shop.media("mp3") + shop.media("flac"),
        ),
    ]


def _without_sound() -> list[Case]:
    def mute(suffix: str) -> Make:
        return lambda shop: shop.video(suffix, sound=False)

    return [
        *(
            Case(name=f"mute.{s}", outcome="NoAudioStream", make=mute(s), says="no audio stream")
            for s in ("mp4", "mkv", "avi", "mov")
        ),
        Case(name="picture.mp3", outcome="DecodeError", make=lambda _: _png()),
        Case(
            name="no-samples.wav",
            outcome=DONE,
            make=lambda _: _wav(b""),
            says="holds no sound at all",
        ),
        Case(name="silence.wav", outcome=DONE, make=lambda _: _wav(b"\0" * 64_000)),
        Case(
            name="cancelled.wav",
            outcome=DONE,
            make=lambda shop: _wav(
                np.column_stack([shop.pcm, -shop.pcm]).astype("<f4").tobytes(),
                channels=2,
                bits=32,
                tag=3,
            ),
        ),
    ]


def _odd_but_sound() -> list[Case]:
    def raw(name: str, **kind: int) -> Case:
        return Case(name=name, outcome=DONE, make=_pcm_in_wav(4, **kind))

    def film(suffix: str) -> Make:
        return lambda shop: shop.video(suffix)

    def longer_picture(suffix: str) -> Make:
        def make(shop: Workshop) -> bytes:
            path = shop.folder / f"longer.{suffix}"
            noise = ("-f", "lavfi", "-i", "testsrc=s=64x64:r=10:d=12")
            shop.ffmpeg(*noise, "-i", shop.bursts, "-c:v", "mpeg4", "-c:a", "aac", path)
            return path.read_bytes()

        return make

    return [
        raw("8-channels.wav", channels=8),
        raw("11-channels.wav", channels=11),
        raw("192-khz.wav", rate_hz=192_000),
        raw("384-khz.wav", rate_hz=384_000),
        raw("4-khz.wav", rate_hz=4000),
        raw("u8.wav", bits=8),
        raw("s24.wav", bits=24),
        raw("mu-law.wav", bits=8, tag=7),
        Case(
            name="f64.wav",
            outcome=DONE,
            make=lambda shop: _wav(shop.pcm.astype("<f8").tobytes(), bits=64, tag=3),
        ),
        Case(
            name="nan.wav",
            outcome=DONE,
            make=lambda shop: _floats(shop, np.nan, np.nan, np.nan),
            says="3 samples were not numbers",
        ),
        Case(
            name="infinite.wav",
            outcome=DONE,
            make=lambda shop: _floats(shop, np.inf, -np.inf, 1e38),
            says="were not numbers",
        ),
        Case(name="50-ms.wav", outcome=DONE, make=lambda shop: _wav(_pcm16(shop)[16_000:17_600])),
        Case(name="one-sample.wav", outcome=DONE, make=lambda _: _wav(b"\x10\x20")),
        Case(name="half-a-sample.wav", outcome="DecodeError", make=lambda _: _wav(b"\x10")),
        *(Case(name=f"whole.{s}", outcome=DONE, make=_whole(s), is_quiet=True) for s in _AUDIO),
        *(
            # The sound of these is shorter than the picture, and they are whole.
            Case(name=f"longer-picture.{s}", outcome=DONE, make=longer_picture(s), is_quiet=True)
            for s in ("mp4", "mkv", "mov", "avi")
        ),
        Case(
            name="longer-picture-cut.mkv",
            outcome=DONE,
            make=lambda shop: _cut(longer_picture("mkv")(shop), 0.5),
            says="is the file complete?",
        ),
        *(
            Case(name=f"film.{s}", outcome=DONE, make=film(s), is_quiet=True)
            for s in ("mp4", "mkv", "mov", "avi")
        ),
    ]


def _liars() -> list[Case]:
    def claims(seconds: int) -> Make:
        return lambda shop: _patched(
            shop.media("m4a", "-movflags", "+faststart"),
            b"mvhd",
            16,
            struct.pack(">II", 1000, seconds * 1000),
        )

    def flac_claims(sample_count: int) -> Make:
        def make(shop: Workshop) -> bytes:
            content = bytearray(shop.media("flac"))
            content[21] = content[21] & 0xF0 | sample_count >> 32 & 0xF
            content[22:26] = (sample_count & 0xFFFF_FFFF).to_bytes(4, "big")
            return bytes(content)

        return make

    def none_of_10_h(_: Workshop) -> bytes:
        return _wav(b"", data_bytes=1_152_000_000)

    kinds = {
        "rate-0.wav": {"rate_hz": 0},
        "channels-0.wav": {"channels": 0},
        "bits-0.wav": {"bits": 0},
        "tag-unknown.wav": {"tag": 0x4242},
    }
    return [
        Case(
            name="claims-4-gb.wav",
            outcome=DONE,
            make=_pcm_in_wav(data_bytes=0xFFFF_FFFF),
        ),
        Case(
            name="claims-10-h.wav",
            outcome=DONE,
            make=_pcm_in_wav(data_bytes=1_152_000_000),
            says="3.0 s of 36000.0 s",
        ),
        Case(
            name="claims-1-s.wav",
            outcome=DONE,
            make=_pcm_in_wav(data_bytes=32_000),
        ),
        Case(name="claims-10-h-and-has-none.wav", outcome="EmptyAudio", make=none_of_10_h),
        Case(name="claims-10-h.m4a", outcome=DONE, make=claims(36_000)),
        Case(name="claims-0-s.m4a", outcome=DONE, make=claims(0)),
        Case(name="claims-50-days.flac", outcome=DONE, make=flac_claims(2**36 - 1)),
        Case(name="claims-0-s.flac", outcome=DONE, make=flac_claims(0)),
        *(
            Case(
                name=name,
                outcome="DecodeError",
                make=_pcm_in_wav(**kind),
            )
            for name, kind in kinds.items()
        ),
        *(
            Case(
                name=f"really-{real}.{said}",
                outcome=DONE,
                make=_whole(real),
            )
            for real, said in (("mp3", "wav"), ("m4a", "mp3"), ("flac", "mkv"), ("opus", "avi"))
        ),
    ]


def _bombs() -> list[Case]:
    def slow(shop: Workshop) -> bytes:
        return _wav(_pcm16(shop), rate_hz=100)  # 48,000 samples last eight minutes

    def long_silence(shop: Workshop) -> bytes:
        path = shop.folder / "silence.flac"
        shop.ffmpeg("-f", "lavfi", "-i", "anullsrc=r=48000:d=600", path)
        return path.read_bytes()

    def gap(shop: Workshop) -> bytes:
        path = shop.folder / "gap.mka"
        later = "asetpts='if(lt(T,1),PTS,PTS+30000/TB)'"
        shop.ffmpeg("-i", shop.bursts, "-af", later, "-c:a", "flac", path)
        return path.read_bytes()

    return [
        Case(name="bomb-silence.flac", outcome="AudioTooLong", make=long_silence),
        Case(name="bomb-slow.wav", outcome="AudioTooLong", make=slow),
        Case(name="bomb-gap.mka", outcome="AudioTooLong", make=gap),
    ]


def _playlists() -> list[Case]:
    def naming_the_private_file(text: str) -> Make:
        return lambda shop: text.replace("{private}", str(shop.folder.parent / PRIVATE)).encode()

    texts = {
        "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n{private}\n#EXT-X-ENDLIST\n",
        "m3u": "#EXTM3U\n{private}\n",
        "ffconcat": "ffconcat version 1.0\nfile '{private}'\n",
        "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=audio 9999 RTP/AVP 0\n",
        "dash": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static">'
        "<Period><AdaptationSet><Representation id='1'><BaseURL>{private}</BaseURL>"
        "</Representation></AdaptationSet></Period></MPD>",
        "asx": "<asx version='3.0'><entry><ref href='{private}'/></entry></asx>",
        "ffmetadata": ";FFMETADATA1\ntitle=x\n",
        "subtitles": "1\n00:00:00,000 --> 00:00:02,000\nhello\n",
        "graph": "sine=frequency=440:duration=3",
        "url": "http://127.0.0.1:9/private.wav\n",
    }
    return [
        Case(
            name=f"{kind}.{suffix}",
            outcome="DecodeError",
            make=naming_the_private_file(text),
        )
        for kind, text in texts.items()
        for suffix in ("mp3", "mp4")
    ]


def _names() -> list[Case]:
    odd = (
        b"-y.wav",
        b"-.wav",
        b"--no-sandbox.wav",
        b"concat:a|b.wav",
        b"http:x.wav",
        b"file:x.wav",
        b"pipe:0.wav",
        b"new\nline.wav",
        b"tab\there.wav",
        b"return\r.wav",
        b"escape\x1b[31m.wav",
        b"caf\xe9.wav",
        b"%d.wav",
        b"%03d*[a-z]?.wav",
        b'it\'s "quoted".wav',
        b"$(touch pwned).wav",
        b"; touch pwned;.wav",
        b"back\\slash.wav",
        b" leading and trailing .wav",
        b"double..dot.wav",
        b"no|pipe<>&.wav",
        "\u202eright-to-left.wav".encode(),
        "語音\U0001f3a4.wav".encode(),
        b"n" * 240 + b".wav",
    )
    return [
        Case(
            name=os.fsdecode(b"names/" + name),
            outcome=DONE,
            make=_pcm_in_wav(),
        )
        for name in odd
    ]


def _no_files() -> list[Case]:
    return [
        Case(name="fifo.wav", outcome=ABSENT, place=_fifo),
        Case(name="socket.wav", outcome=ABSENT, place=_socket),
        Case(name="folder.wav", outcome=ABSENT, place=Path.mkdir),
        Case(name="loop.wav", outcome=ABSENT, place=_link("loop.wav")),
        Case(name="dangling.wav", outcome=ABSENT, place=_link("nowhere.wav")),
        Case(name="endless.wav", outcome=ABSENT, place=_link("/dev/zero")),
        Case(name="up", outcome=ABSENT, place=_link("..")),
        Case(name="locked.wav", outcome="UnreadableInput", place=_locked, says="denied"),
        Case(name="locked", outcome="UnreadableInput", place=_locked_folder, says="denied"),
    ]


def cases() -> list[Case]:
    """The whole corpus."""
    return [
        *_nothing_in_them(),
        *_cut_off(),
        *_damaged_inside(),
        *_without_sound(),
        *_odd_but_sound(),
        *_liars(),
        *_bombs(),
        *_playlists(),
        *_names(),
        *_no_files(),
    ]


def build(corpus: list[Case], folder: Path, workshop: Workshop) -> None:
    """Put the cases into a folder."""
    private = workshop.folder.parent / PRIVATE
    private.parent.mkdir()
    with wave.open(str(private), "wb") as file:
        file.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
        file.writeframes(_pcm16(workshop))
    for case in corpus:
        path = folder / case.name
        path.parent.mkdir(parents=True, exist_ok=True)
        if case.place is not None:
            case.place(path)
        elif case.make is not None:
            path.write_bytes(case.make(workshop))
