"""Recordings whose every second is known: builders for files that do not go on as they begin."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.media.decoding.ffmpeg import ffmpeg_path
from qasr_cli.media.pcm import Pcm

_BEEP_S = 0.2


@dataclass(frozen=True, kw_only=True)
class Part:
    """A stretch of sound with one beep, encoded by itself.

    Attributes:
        beep_s: when in it the beep begins.
    """

    length_s: float
    beep_s: float
    sample_rate_hz: int
    channels: int


def encode(part: Part, path: Path, *options: str) -> None:
    """Write a part, the format by the name's suffix unless the options say otherwise."""
    tone = f"0.5*sin(2*PI*1000*t)*between(t,{part.beep_s},{part.beep_s + _BEEP_S})"
    source = f"aevalsrc='{tone}':d={part.length_s}:s={part.sample_rate_hz}"
    ffmpeg("-f", "lavfi", "-i", source, "-ac", str(part.channels), *options, str(path))


def ffmpeg(*arguments: str) -> None:
    """Run the bundled ffmpeg."""
    subprocess.run([ffmpeg_path(), "-nostdin", "-v", "error", "-y", *arguments], check=True)


def beeps_s(sound: Pcm) -> list[float]:
    """When each beep in a recording begins, to 10 ms."""
    frame = SAMPLE_RATE_HZ // 100
    frames = np.pad(sound, (0, -len(sound) % frame)).reshape(-1, frame)
    is_loud = np.abs(frames).max(axis=1) > 0.1  # far above what codecs add
    starts = np.flatnonzero(is_loud & ~np.concatenate(([False], is_loud[:-1])))
    # Codecs may open a beep with a crackle: what follows within its length is the same one.
    kept: list[float] = []
    for start_s in (starts / 100).tolist():
        if not kept or start_s - kept[-1] > _BEEP_S + 0.05:
            kept.append(start_s)
    return kept


def planted_s(parts: Sequence[Part]) -> list[float]:
    """When the beeps of parts begin that follow one another."""
    begin_s, times = 0.0, []
    for part in parts:
        times.append(begin_s + part.beep_s)
        begin_s += part.length_s
    return times
