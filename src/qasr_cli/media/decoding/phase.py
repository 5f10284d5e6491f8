"""Whether the channels of a track cancel each other out in their mix, and which one to hear then.

A cable with two wires swapped puts one channel in opposite phase: each is fine by itself, and
their mean is almost nothing.
"""

import contextlib
import math
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.media.decoding.ffmpeg import Child, ffmpeg_path, input_arguments
from qasr_cli.media.decoding.file_parts import FilePart
from qasr_cli.media.decoding.layouts import channel_count, is_mono, to_mono
from qasr_cli.media.decoding.probe import AudioTrack
from qasr_cli.media.pcm import Pcm

_MOST_LOSS_DB = 20.0
_LOUD = 10 ** (-50 / 10)  # mean square of a second that tells something
_SILENT = 10 ** (-100 / 10)
_MOST_BLOCKS = 30
_ENOUGH_S = 10  # loud seconds after which a mix that loses little is taken as sound
_LONGEST_S = 60  # loud seconds after which one that loses much is given up
_CPU_LIMIT_S = 600
_TIME_LIMIT_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancellation:
    """A mix that loses most of the sound.

    Attributes:
        loudest_channel: index of the channel to hear in its place.
        loss_db: how much louder that one is than the mix.
    """

    loudest_channel: int
    loss_db: float


def cancellation_in(
    fd: int,
    *,
    part: FilePart,
    track: AudioTrack,
    seek_s: float | None = None,
    on_look: Callable[[], None] = lambda: None,
) -> Cancellation | None:
    """What the mix of a track loses, where that is more than 20 dB of its loudest channel.

    Listens until ten seconds with sound speak for the mix: mostly that is the beginning.

    Args:
        seek_s: listen to the ten seconds from here on, whatever is in them.
        on_look: called for each second; it may raise, to end this.
    """
    count = channel_count(track.channel_layout)
    if is_mono(track.channel_layout) or not count:
        return None
    loud, quiet = np.zeros(count + 1), np.zeros(count + 1)  # energies
    loud_s = 0
    with contextlib.closing(_seconds(fd, part, track, count, seek_s)) as seconds:
        for second in seconds:
            on_look()
            swing = np.var(second, axis=0, dtype=np.float64)  # a direct current is no sound
            if swing[1:].max() < _LOUD:
                quiet += swing
                continue
            loud += swing
            loud_s += 1
            is_enough = loud_s >= _ENOUGH_S and _loss_db(loud) <= _MOST_LOSS_DB
            if is_enough or loud_s >= _LONGEST_S:
                break
    energies = loud if loud_s else quiet
    loss_db = _loss_db(energies)
    if loss_db <= _MOST_LOSS_DB or energies[1:].max() < _SILENT:
        return None
    return Cancellation(loudest_channel=int(np.argmax(energies[1:])), loss_db=loss_db)


def cancelled_blocks(
    fd: int,
    *,
    part: FilePart,
    track: AudioTrack,
    starts_s: Sequence[float],
    on_look: Callable[[], None] = lambda: None,
) -> tuple[float, ...]:
    """Those of the ten seconds from each of these times on in which the mix loses most.

    At most thirty of them are listened to, spread over all.

    Args:
        on_look: as in `cancellation_in`.
    """
    step = max(1, -(-len(starts_s) // _MOST_BLOCKS))
    return tuple(
        start_s
        for start_s in starts_s[::step]
        if cancellation_in(fd, part=part, track=track, seek_s=start_s, on_look=on_look) is not None
    )


def _loss_db(energies: npt.NDArray[np.float64]) -> float:
    """How much less the mix, which comes first, has than the loudest channel."""
    loudest = float(energies[1:].max())
    if loudest == 0:
        return 0.0
    return 10 * math.log10(loudest / max(float(energies[0]), loudest * 1e-12))


def _seconds(
    fd: int, part: FilePart, track: AudioTrack, count: int, seek_s: float | None
) -> Generator[Pcm]:
    """Seconds of the mix and of each channel, shape (samples, 1 + channels); as far as they go."""
    mono = to_mono(track.channel_layout, None)
    # As "front left" the mix comes first: amerge sorts the channels where no two are of one name.
    graph = (
        f"[0:a:{track.index}]aformat=sample_fmts=flt:sample_rates={SAMPLE_RATE_HZ},asplit[m][all];"
        f"[m]{mono}aformat=channel_layouts=mono,pan=FL|c0=c0[mix];[mix][all]amerge=inputs=2[out]"
    )
    command = [
        *input_arguments(ffmpeg_path(), fd, verbosity="quiet", part=part, seek_s=seek_s),
        *(() if seek_s is None else ("-t", "10")),
        *("-filter_complex", graph, "-map", "[out]", "-f", "f32le", "-"),
    ]
    second_bytes = SAMPLE_RATE_HZ * (count + 1) * 4
    pending = bytearray()
    with (
        Child(command, fd=fd, cpu_limit_s=_CPU_LIMIT_S) as child,
        contextlib.suppress(TimeoutError),
    ):
        while piece := child.read(_TIME_LIMIT_S):
            pending += piece
            while len(pending) >= second_bytes:
                yield np.frombuffer(bytes(pending[:second_bytes]), "<f4").reshape(-1, count + 1)
                del pending[:second_bytes]
