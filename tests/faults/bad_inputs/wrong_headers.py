"""Files that are something else than they say."""

import struct

from tests.faults.bad_inputs.case import DONE, Case, Make
from tests.faults.bad_inputs.contents import patched, pcm_in_wav, wav, whole
from tests.faults.bad_inputs.workshop import Workshop

_BYTES_OF_10_H = 1_152_000_000


def cases() -> list[Case]:
    """Headers with impossible or untrue values, and names with the wrong suffix."""
    return [
        *_wav_of_another_length(),
        *_m4a_of_another_length(),
        *_flac_of_another_length(),
        *_impossible_wav(),
        *_wrong_suffix(),
    ]


def _wav_of_another_length() -> list[Case]:
    return [
        Case(name="claims-4-gb.wav", outcome=DONE, make=pcm_in_wav(data_bytes=0xFFFF_FFFF)),
        Case(
            name="claims-10-h.wav",
            outcome=DONE,
            make=pcm_in_wav(data_bytes=_BYTES_OF_10_H),
            says="3.0 s of 36000.0 s",
        ),
        Case(name="claims-1-s.wav", outcome=DONE, make=pcm_in_wav(data_bytes=32_000)),
        Case(
            name="claims-10-h-and-has-none.wav",
            outcome="EmptyAudio",
            make=lambda _: wav(b"", data_bytes=_BYTES_OF_10_H),
        ),
    ]


def _m4a_of_another_length() -> list[Case]:
    def claims(seconds: int) -> Make:
        return lambda shop: patched(
            shop.media("m4a", "-movflags", "+faststart"),
            b"mvhd",
            16,
            struct.pack(">II", 1000, seconds * 1000),
        )

    return [
        Case(name="claims-10-h.m4a", outcome=DONE, make=claims(36_000)),
        Case(name="claims-0-s.m4a", outcome=DONE, make=claims(0)),
    ]


def _flac_of_another_length() -> list[Case]:
    def claims(sample_count: int) -> Make:
        def make(shop: Workshop) -> bytes:
            content = bytearray(shop.media("flac"))
            content[21] = content[21] & 0xF0 | sample_count >> 32 & 0xF
            content[22:26] = (sample_count & 0xFFFF_FFFF).to_bytes(4, "big")
            return bytes(content)

        return make

    return [
        Case(name="claims-50-days.flac", outcome=DONE, make=claims(2**36 - 1)),
        Case(name="claims-0-s.flac", outcome=DONE, make=claims(0)),
    ]


def _impossible_wav() -> list[Case]:
    kinds = {
        "rate-0.wav": {"rate_hz": 0},
        "channels-0.wav": {"channels": 0},
        "bits-0.wav": {"bits": 0},
        "tag-unknown.wav": {"tag": 0x4242},
    }
    return [
        Case(name=name, outcome="DecodeError", make=pcm_in_wav(**kind))
        for name, kind in kinds.items()
    ]


def _wrong_suffix() -> list[Case]:
    return [
        Case(name=f"really-{real}.{said}", outcome=DONE, make=whole(real))
        for real, said in (("mp3", "wav"), ("m4a", "mp3"), ("flac", "mkv"), ("opus", "avi"))
    ]
