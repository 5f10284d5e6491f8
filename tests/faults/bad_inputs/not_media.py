"""Files that hold no media at all, whatever their names say."""

from tests.faults.bad_inputs.case import ABSENT, Case
from tests.faults.bad_inputs.contents import just


def cases() -> list[Case]:
    """Empty files, random bytes, and texts under the names of recordings."""
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
    suffixes = ("wav", "mp3", "m4a", "mp4", "flac", "ogg", "opus", "mkv", "aac", "avi")
    return [
        # What may as well be TypeScript counts only if it begins as a transport stream.
        Case(name="empty.ts", outcome=ABSENT, make=just(b"")),
        *(Case(name=f"empty.{s}", outcome="DecodeError", make=just(b"")) for s in suffixes),
        *(
            Case(name=f"random.{s}", outcome="DecodeError", make=lambda shop: shop.noise(50_000))
            for s in ("wav", "m4a", "flac", "ogg", "mkv")
        ),
        *(Case(name=name, outcome="DecodeError", make=just(text)) for name, text in texts.items()),
    ]
