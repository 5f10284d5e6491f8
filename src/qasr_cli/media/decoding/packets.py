"""Whether a file whose sound ends early is incomplete, or only has a longer picture."""

import re

from qasr_cli.media.decoding.ffmpeg import Child, ffmpeg_path, input_arguments
from qasr_cli.media.decoding.probe import AudioTrack

_TIME_LIMIT_S = 60.0
_CPU_LIMIT_S = 60
_LINE_BYTES = 1 << 16

# What the framecrc muxer prints: a time base for each track, then a line a packet.
_TIME_BASE = re.compile(rb"#tb (\d+): (\d+)/(\d+)")
_PACKET = re.compile(rb"(\d+), *-?\d+, *(-?\d+), *(\d+),")


def another_track_reaches(
    fd: int, *, track: AudioTrack, from_s: float, file_start_s: float
) -> bool:
    """Whether a track other than this has anything after a time in the file.

    Nothing is decoded, and where there is an index little is read.
    """
    command = [
        *input_arguments(ffmpeg_path(), fd, verbosity="quiet", seek_s=from_s),
        *("-map", "0:V?", "-map", "0:a?", "-map", f"-0:a:{track.index}"),
        *("-copyts", "-c", "copy", "-f", "framecrc", "-"),
    ]
    seconds_of_tick: dict[bytes, float] = {}
    unfinished = b""
    with Child(command, fd=fd, cpu_limit_s=_CPU_LIMIT_S) as child:
        try:
            while piece := child.read(_TIME_LIMIT_S):
                *lines, unfinished = (unfinished + piece).split(b"\n")
                unfinished = unfinished[:_LINE_BYTES]
                for line in lines:
                    if match := _TIME_BASE.match(line):
                        seconds_of_tick[match[1]] = int(match[2]) / int(match[3])
                    elif match := _PACKET.match(line):
                        end_tick = int(match[2]) + int(match[3])
                        end_s = end_tick * seconds_of_tick.get(match[1], 0.0)
                        if end_s - file_start_s >= from_s:
                            return True
        except TimeoutError:
            return False
    return False
