"""Files with other bytes inside, before or after the sound."""

from tests.faults.bad_inputs.case import DONE, Case, Make
from tests.faults.bad_inputs.contents import overwritten
from tests.faults.bad_inputs.workshop import Workshop


def cases() -> list[Case]:
    """Recordings with rubbish in the middle, at the front or at the end."""
    return [*_damaged_inside(), *_more_than_one_recording()]


def _damaged_inside() -> list[Case]:
    def damaged(suffix: str) -> Make:
        return lambda shop: overwritten(shop.media(suffix), 0.5, 300, shop)

    def sound_is_noise(shop: Workshop) -> bytes:
        content = shop.media("m4a", "-movflags", "+faststart")
        start = content.index(b"mdat") + 4
        return content[:start] + shop.noise(len(content) - start)

    def no_sound_left(shop: Workshop) -> bytes:
        content = shop.media("m4a", "-movflags", "+faststart")
        return content[: content.index(b"mdat") + 4]

    return [
        *(
            Case(name=f"damaged.{suffix}", outcome=DONE, make=damaged(suffix))
            for suffix in ("mp3", "flac", "ogg", "opus", "aac", "ts", "wav", "mka")
        ),
        Case(name="noise-for-sound.m4a", outcome="DecodeError", make=sound_is_noise),
        Case(name="no-sound-left.m4a", outcome="EmptyAudio", make=no_sound_left, says="claims 3"),
    ]


def _more_than_one_recording() -> list[Case]:
    makes: dict[str, Make] = {
        "trailing-rubbish.mp3": lambda shop: shop.media("mp3") + shop.noise(5000),
        "leading-rubbish.mp3": lambda shop: shop.noise(3000) + shop.media("mp3"),
        "two-in-one.mp3": lambda shop: shop.media("mp3") + shop.media("flac"),
    }
    return [Case(name=name, outcome=DONE, make=make) for name, make in makes.items()]
