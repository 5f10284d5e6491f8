"""How the channels of a track become one: what ffmpeg mixes by name, and what it would refuse."""

import re

_COUNTED = re.compile(r"(\d{1,3}) channels(?: \(([A-Z0-9+]+)\))?")  # of recorders, and odd sets
_AMBISONIC = re.compile(r"ambisonic \d+")
_NUMBERED = re.compile(r"(\d{1,2})\.(\d)(?:\.(\d))?")  # 5.1(side), 7.1.4
# Source: `ffmpeg -layouts`.
_NAMED = {
    "mono": 1,
    "stereo": 2,
    "downmix": 2,
    "binaural": 2,
    "quad": 4,
    "quad(side)": 4,
    "hexagonal": 6,
    "octagonal": 8,
    "cube": 8,
    "hexadecagonal": 16,
}
_FRONT = frozenset(("FL", "FR", "FC"))
# ffmpeg mixes a speaker of these only together with its counterpart. Source: sane_layout in
# libswresample/rematrix.c; tried with every name of `ffmpeg -layouts`.
_PAIRS = (("FL", "FR"), ("SL", "SR"), ("BL", "BR"), ("FLC", "FRC"), ("TFL", "TFR"), ("TBL", "TBR"))


def to_mono(channel_layout: str, channel: int | None) -> str:
    """Filters, with a comma behind them, that leave one channel; "" where ffmpeg's own mix does.

    The channels of a set that ffmpeg cannot mix by name are averaged; of ambisonic sound the first
    is the whole of it.

    Args:
        channel_layout: ffmpeg's name for it.
        channel: index of the one to hear; None = all of them.
    """
    if channel is not None:
        # Where a stereo track becomes mono, that one channel is both.
        both = "aformat=channel_layouts=stereo," if channel_layout == "stereo" else ""
        return f"{both}pan=mono|c0=c{channel},"
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


def channel_count(channel_layout: str) -> int | None:
    """How many channels a layout has; None where its name does not tell."""
    if match := _COUNTED.fullmatch(channel_layout):
        return int(match[1])
    if match := _AMBISONIC.match(channel_layout):
        return (int(match[0].split()[1]) + 1) ** 2
    if match := _NUMBERED.match(channel_layout):
        return int(match[1]) + int(match[2]) + int(match[3] or 0)
    return _NAMED.get(channel_layout)


def is_mono(channel_layout: str) -> bool:
    """Whether a layout has only one channel."""
    return channel_layout == "mono" or channel_layout.startswith("1 channels")
