"""Files in order, of unusual kinds, lengths and values."""

import numpy as np

from tests.faults.bad_inputs.case import DONE, Case, Make
from tests.faults.bad_inputs.contents import cut_to, float_wav, pcm16, pcm_in_wav, wav, whole
from tests.faults.bad_inputs.workshop import AUDIO_CODECS, Workshop


def cases() -> list[Case]:
    """All that must be done, and mostly without a warning."""
    return [
        *_kinds_of_samples(),
        *_values_that_are_no_sound(),
        *_short(),
        *_whole(),
        *_longer_pictures(),
        *_films(),
    ]


def _kinds_of_samples() -> list[Case]:
    kinds = {
        "8-channels.wav": {"channels": 8},
        "11-channels.wav": {"channels": 11},
        "192-khz.wav": {"rate_hz": 192_000},
        "384-khz.wav": {"rate_hz": 384_000},
        "4-khz.wav": {"rate_hz": 4000},
        "u8.wav": {"bits": 8},
        "s24.wav": {"bits": 24},
        "mu-law.wav": {"bits": 8, "tag": 7},
    }
    return [
        *(
            Case(name=name, outcome=DONE, make=pcm_in_wav(4, **kind))
            for name, kind in kinds.items()
        ),
        Case(
            name="f64.wav",
            outcome=DONE,
            make=lambda shop: wav(shop.pcm.astype("<f8").tobytes(), bits=64, tag=3),
        ),
    ]


def _values_that_are_no_sound() -> list[Case]:
    return [
        Case(
            name="nan.wav",
            outcome=DONE,
            make=lambda shop: float_wav(shop, np.nan, np.nan, np.nan),
            says="3 samples were not numbers",
        ),
        Case(
            name="infinite.wav",
            outcome=DONE,
            make=lambda shop: float_wav(shop, np.inf, -np.inf, 1e38),
            says="were not numbers",
        ),
    ]


def _short() -> list[Case]:
    return [
        Case(name="50-ms.wav", outcome=DONE, make=lambda shop: wav(pcm16(shop)[16_000:17_600])),
        Case(name="one-sample.wav", outcome=DONE, make=lambda _: wav(b"\x10\x20")),
        Case(name="half-a-sample.wav", outcome="DecodeError", make=lambda _: wav(b"\x10")),
    ]


def _whole() -> list[Case]:
    return [
        Case(name=f"whole.{suffix}", outcome=DONE, make=whole(suffix), is_quiet=True)
        for suffix in AUDIO_CODECS
    ]


def _longer_pictures() -> list[Case]:
    """The sound of these is shorter than the picture, and all but the last are whole."""

    def longer_picture(suffix: str) -> Make:
        def make(shop: Workshop) -> bytes:
            path = shop.folder / f"longer.{suffix}"
            noise = ("-f", "lavfi", "-i", "testsrc=s=64x64:r=10:d=12")
            shop.ffmpeg(*noise, "-i", shop.bursts, "-c:v", "mpeg4", "-c:a", "aac", path)
            return path.read_bytes()

        return make

    return [
        *(
            Case(name=f"longer-picture.{s}", outcome=DONE, make=longer_picture(s), is_quiet=True)
            for s in ("mp4", "mkv", "mov", "avi")
        ),
        Case(
            name="longer-picture-cut.mkv",
            outcome=DONE,
            make=lambda shop: cut_to(longer_picture("mkv")(shop), 0.5),
            says="is the file complete?",
        ),
    ]


def _films() -> list[Case]:
    def film(suffix: str) -> Make:
        return lambda shop: shop.video(suffix)

    return [
        Case(name=f"film.{suffix}", outcome=DONE, make=film(suffix), is_quiet=True)
        for suffix in ("mp4", "mkv", "mov", "avi")
    ]
