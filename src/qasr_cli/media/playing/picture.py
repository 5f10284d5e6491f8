"""A recording as every browser shows it: a small picture with its sound, in MP4."""

import os
from collections.abc import Callable
from dataclasses import dataclass

from qasr_cli.errors import DecodeError
from qasr_cli.media.decoding.ffmpeg import input_arguments
from qasr_cli.media.decoding.probe import probe
from qasr_cli.media.decoding.tracks import choose_track
from qasr_cli.media.embedding.contents import contents
from qasr_cli.media.playing.coding import Coder, coder_path, seconds_told, signs_of_life
from qasr_cli.media.source import open_source
from qasr_cli.options import DecodeOptions

MEDIA_TYPE = "video/mp4"
_LINES = 480
_MOST_KBITS_A_S = 1500
_MOST_BYTES_A_S = 2 * _MOST_KBITS_A_S * 1000 // 8  # the rate is a wish
_CPU_S = 20  # a second of film; mostly it is less than a fifth
_PLAYED_SOUND = "aresample=async=1:first_pts=0"


def has_picture(path: str) -> bool:
    """Whether there is more to see of it than a cover.

    Raises:
        InputError: it is no recording.
    """
    fd = open_source(path)
    try:
        return any(stream.is_picture for stream in contents(fd, path=path).streams)
    finally:
        os.close(fd)


def write_picture(
    path: str, to_fd: int, *, decode: DecodeOptions, on_share: Callable[[float], None]
) -> None:
    """Write a recording with a small picture to an open, empty file, at the times of the cues.

    Args:
        to_fd: can seek, read and write.
        on_share: given again and again how much is done, 0 to 1; it may raise, to end this.

    Raises:
        InputError: it has no picture or no sound, or is damaged.
        UsageError: there is no ffmpeg that can.
        OSError: the disk takes no more.
    """
    binary = coder_path()
    if not has_picture(path):
        raise DecodeError(path, "it has no picture")
    fd = open_source(path)
    try:
        found = probe(fd, path=path)
        track = choose_track(found, decode.audio_track, path=path)
        arguments = [
            *input_arguments(binary, fd, verbosity="level+info"),
            *(*_coded(track.index), "-t", f"{decode.max_duration_s:.3f}"),
            *("-protocol_whitelist", "fd", "-f", "mp4", "-fd", str(to_fd), "fd:"),
            *signs_of_life(track.index),
        ]
        progress = _Progress(
            claimed_s=(found.duration_ms or 0) / 1000,
            longest_s=decode.max_duration_s,
            on_share=on_share,
        )
        progress.coder(path, fd, to_fd).run(arguments)
    finally:
        os.close(fd)


@dataclass(slots=True, kw_only=True)
class _Progress:
    """Tells how much is done.

    Attributes:
        claimed_s: how long the recording says it is; 0 = it does not.
        longest_s: that it may be.
    """

    claimed_s: float
    longest_s: float
    on_share: Callable[[float], None]
    _told_count: int = 0

    def coder(self, path: str, fd: int, to_fd: int) -> Coder:
        """One that tells this how far it is."""
        # A claim may be wrong by much before it is no longer believed.
        most_s = min(self.longest_s, 2 * self.claimed_s) if self.claimed_s else self.longest_s
        return Coder(
            path=path,
            fd=fd,
            to_fd=to_fd,
            longest_s=most_s,
            most_bytes_a_s=_MOST_BYTES_A_S,
            most_cpu_s=_CPU_S,
            on_output=self.take,
        )

    def take(self, signs: bytes) -> None:
        """Take in signs of life."""
        self._told_count += len(signs)
        done_s = seconds_told(self._told_count)
        self.on_share(min(1.0, done_s / self.claimed_s) if self.claimed_s else 0.0)


def _coded(track_index: int) -> tuple[str, ...]:
    return (
        *("-map", "0:V:0", "-map", f"0:a:{track_index}", "-map_metadata", "-1"),
        *("-map_chapters", "-1", "-vf", _small(), "-fpsmax", "30"),
        *("-c:v", "libx264", "-preset", "veryfast", "-crf", "27", "-g", "60", "-threads", "1"),
        *("-maxrate", f"{_MOST_KBITS_A_S}k", "-bufsize", f"{_MOST_KBITS_A_S}k"),
        *("-af", _PLAYED_SOUND, "-ac", "2", "-ar", "48000", "-c:a", "aac", "-b:a", "96k"),
        *("-fflags", "+bitexact", "-nostats"),
    )


def _small() -> str:
    """Filters: whole pictures with square pixels, none taller than that."""
    tall = f"2*trunc(min({_LINES}\\,ih)/2)"
    wide = f"2*trunc(min({_LINES}\\,ih)*dar/2)"
    return f"yadif=deint=interlaced,scale=w='{wide}':h='{tall}',setsar=1,format=yuv420p"
