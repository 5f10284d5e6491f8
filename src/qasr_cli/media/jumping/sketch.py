"""Roughly what a long recording looks like, long before it is decoded: a look here and there."""

import contextlib
import os
import time
from collections.abc import Callable, Iterator

import numpy as np

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.errors import InputError
from qasr_cli.media.decoding.ffmpeg import Child, ffmpeg_path, input_arguments
from qasr_cli.media.decoding.file_parts import parts_by_structure
from qasr_cli.media.decoding.layouts import to_mono
from qasr_cli.media.decoding.probe import AudioTrack, probe
from qasr_cli.media.decoding.tracks import choose_track, drawn_channel
from qasr_cli.media.source import open_source
from qasr_cli.options import DecodeOptions

SKETCHED_FROM_MS = 600_000  # what is shorter is decoded as fast
_MOST_LOOKS = 128
_SPENT_S = 4.0
_LOOKED_AT_S = 0.5
_CPU_LIMIT_S = 20
_TIME_LIMIT_S = 5.0


def sketch(
    path: str,
    *,
    decode: DecodeOptions,
    on_duration: Callable[[int], None],
    on_look: Callable[[int, int, int], None],
) -> None:
    """Look into a recording here and there, always where the widest gap is, for some seconds.

    Whatever goes wrong, nothing is told: whoever decodes it next says what it is.

    Args:
        on_duration: given the milliseconds that it claims, where it is worth while.
        on_look: given the loudest sample there, as 0 to 255, and the first and last millisecond
            for which that has to stand. Either may raise, to end this.
    """
    with contextlib.suppress(InputError):
        fd = open_source(path)
        try:
            found = probe(fd, path=path)
            track = choose_track(found, decode.audio_track, path=path)
            if (found.duration_ms or 0) < SKETCHED_FROM_MS or len(parts_by_structure(fd)) > 1:
                return
            channel = drawn_channel(track, decode.channels)
            on_duration(duration_ms := found.duration_ms or 0)
            until_s = time.monotonic() + _SPENT_S
            for start_ms, end_ms in _halved(duration_ms):
                if time.monotonic() > until_s:
                    return
                loudest = _loudest(fd, track, channel, (start_ms + end_ms) / 2000)
                if loudest is not None:
                    on_look(loudest, start_ms, end_ms)
        finally:
            os.close(fd)


def _halved(duration_ms: int) -> Iterator[tuple[int, int]]:
    """Parts of a duration: all of it, its halves, their halves ... Each is of the last size."""
    count = 8  # the first round shows something everywhere at once
    while count <= _MOST_LOOKS:
        for number in range(count):
            yield duration_ms * number // count, duration_ms * (number + 1) // count
        count *= 4


def _loudest(fd: int, track: AudioTrack, channel: int | None, seek_s: float) -> int | None:
    mono = to_mono(track.channel_layout, channel)
    command = [
        *input_arguments(ffmpeg_path(), fd, verbosity="quiet", seek_s=seek_s),
        *("-map", f"0:a:{track.index}", "-t", f"{_LOOKED_AT_S}"),
        *("-af", f"{mono}aformat=sample_fmts=flt:channel_layouts=mono"),
        *("-ar", str(SAMPLE_RATE_HZ), "-f", "f32le", "-"),
    ]
    heard = bytearray()
    with (
        Child(command, fd=fd, cpu_limit_s=_CPU_LIMIT_S) as child,
        contextlib.suppress(TimeoutError),
    ):
        while piece := child.read(_TIME_LIMIT_S):
            heard += piece
    sound = np.frombuffer(bytes(heard[: len(heard) // 4 * 4]), "<f4")
    if not len(sound):
        return None
    return round(min(1.0, float(np.nan_to_num(np.abs(sound)).max())) * 255)
