"""Files in order that hold no sound, or only silence."""

import struct
import zlib

import numpy as np

from tests.faults.bad_inputs.case import DONE, Case, Make
from tests.faults.bad_inputs.contents import wav


def _png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + checksum

    head = struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)
    pixels = zlib.compress((b"\0" + b"\x7f" * 8) * 8)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def cases() -> list[Case]:
    """Pictures, and recordings of nothing."""

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
            make=lambda _: wav(b""),
            says="holds no sound at all",
        ),
        Case(
            name="silence.wav",
            outcome=DONE,
            make=lambda _: wav(b"\0" * 64_000),
            says="is silent",
        ),
        Case(
            name="cancelled.wav",
            outcome=DONE,
            make=lambda shop: wav(
                np.column_stack([shop.pcm, -shop.pcm]).astype("<f4").tobytes(),
                channels=2,
                bits=32,
                tag=3,
            ),
            says="cancel each other out",
        ),
    ]
