"""How the channels of a track become one: what ffmpeg mixes by name, and what it would refuse."""

import re

from qasr_cli.core.types import CHANNELS, Channel

_COUNTED = re.compile(r"(\d{1,3}) channels(?: \(([A-Z0-9+]+)\))?")  # of recorders, and odd sets
_AMBISONIC = re.compile(r"ambisonic \d+")
_FRONT = frozenset(("FL", "FR", "FC"))
# ffmpeg mixes a speaker of these only together with its counterpart. Source: sane_layout in
# libswresample/rematrix.c; tried with every name of `ffmpeg -layouts`.
_PAIRS = (("FL", "FR"), ("SL", "SR"), ("BL", "BR"), ("FLC", "FRC"), ("TFL", "TFR"), ("TBL", "TBR"))


def to_mono(channel_layout: str, channel: Channel | None) -> str:
    """Filters, with a comma behind them, that leave one channel; "" where ffmpeg's own mix does.

    The channels of a set that ffmpeg cannot mix by name are averaged; of ambisonic sound the first
    is the whole of it.

    Args:
        channel_layout: ffmpeg's name for it.
        channel: the one to hear; None = all of them.
    """
    if channel is not None:
        return f"pan=mono|c0=c{CHANNELS.index(channel)},"
    if _AMBISONIC.match(channel_layout):
        return "pan=mono|c0=c0,"
    if channel_layout == "binaural":
        return _mean(2)
    counted = _COUNTED.fullmatch(channel_layout)
    if counted is None or _is_mixable(counted[2]):
        return ""
    return _mean(int(counted[1]))


def _is_mixable(speakers: str | None) -> bool:
    if speakers is None:
        return False
    names = set(speakers.split("+"))
    if names == {"DL", "DR"} or len(names) == 1:
        return True
    return bool(names & _FRONT) and all((a in names) == (b in names) for a, b in _PAIRS)


def _mean(count: int) -> str:
    return f"pan=mono|c0={'+'.join(f'{1 / count:.6f}*c{index}' for index in range(count))},"


def is_mono(channel_layout: str) -> bool:
    """Whether a layout has only one channel."""
    return channel_layout == "mono" or channel_layout.startswith("1 channels")
