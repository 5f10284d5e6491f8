"""Files that lack their end or their beginning."""

from tests.faults.bad_inputs.case import DONE, Case, Make
from tests.faults.bad_inputs.contents import cut_to

_INCOMPLETE = "is the file complete?"
_NO_INDEX = "moov atom not found"


def cases() -> list[Case]:
    """Recordings of every kind, cut at the end or at the front."""
    return [
        *_with_a_known_length(),
        *_without_a_known_length(),
        *_without_an_index(),
        *_with_little_but_a_header(),
        *_without_a_header(),
    ]


def _cut(suffix: str, part: float = 0.6, *options: str) -> Make:
    return lambda shop: cut_to(shop.media(suffix, *options), part)


def _with_a_known_length() -> list[Case]:
    front = ("-movflags", "+faststart")
    return [
        *(
            Case(name=f"cut.{suffix}", outcome=DONE, make=_cut(suffix), says=_INCOMPLETE)
            for suffix in ("mp3", "flac", "mka", "wav", "webm", "aiff", "au", "wv", "tta")
        ),
        Case(
            name="cut-faststart.m4a",
            outcome=DONE,
            make=_cut("m4a", 0.6, *front),
            says=_INCOMPLETE,
        ),
    ]


def _without_a_known_length() -> list[Case]:
    """These carry no length, or one that ffmpeg passes over: nothing tells that they are cut."""
    return [
        Case(name=f"cut.{suffix}", outcome=DONE, make=_cut(suffix))
        for suffix in ("aac", "ogg", "opus", "wma", "ac3", "mp2", "ts", "w64", "caf")
    ]


def _without_an_index() -> list[Case]:
    return [
        Case(name="cut.m4a", outcome="DecodeError", make=_cut("m4a"), says=_NO_INDEX),
        Case(
            name="cut.mp4",
            outcome="DecodeError",
            make=lambda shop: cut_to(shop.video("mp4"), 0.6),
            says=_NO_INDEX,
        ),
    ]


def _with_little_but_a_header() -> list[Case]:
    return [
        Case(name=f"head-only.{suffix}", outcome="DecodeError", make=_cut(suffix, part))
        for suffix, part in (("flac", 0.002), ("ogg", 0.01), ("mka", 0.005))
    ]


def _without_a_header() -> list[Case]:
    def headless(suffix: str) -> Make:
        return lambda shop: shop.media(suffix)[len(shop.media(suffix)) // 3 :]

    outcomes = {
        "mp3": DONE,
        "aac": DONE,
        "ts": DONE,
        "ogg": "DecodeError",
        "m4a": "DecodeError",
    }
    return [
        Case(name=f"headless.{suffix}", outcome=outcome, make=headless(suffix))
        for suffix, outcome in outcomes.items()
    ]
