"""When the packets and frames of tracks come, and where in the file."""

import contextlib
import re
from collections.abc import Generator, Sequence

import numpy as np

from qasr_cli.media.decoding.ffmpeg import Child, ffmpeg_path, input_arguments
from qasr_cli.media.decoding.probe import AudioTrack
from qasr_cli.system.open_files import read_at

_TIME_LIMIT_S = 60.0
_CPU_LIMIT_S = 60
_LINE_BYTES = 1 << 16

# What the framecrc muxer prints: a time base for each track, then a line a packet.
_TIME_BASE = re.compile(rb"#tb (\d+): (\d+)/(\d+)")
_FRAME_TIME = re.compile(
    rb"\[Parsed_ashowinfo_0 @ 0x[0-9a-f]+\] \[info\] n: *0 .*pts_time:(-?[\d.]+)"
)
_PACKET = re.compile(rb"(\d+), *-?\d+, *(-?\d+), *(\d+),")
_PACKET_BYTES = (188, 192, 204)  # plain, with a time (M2TS), with error correction
_SYNC = 0x47
_READ_PACKETS = 50_000


def another_track_reaches(
    fd: int, *, track: AudioTrack, from_s: float, file_start_s: float
) -> bool:
    """Whether a track other than this has anything after a time in the file.

    Nothing is decoded, and where there is an index little is read.
    """
    others = ("-map", "0:V?", "-map", "0:a?", "-map", f"-0:a:{track.index}")
    with contextlib.closing(_packets(fd, others, seek_s=from_s)) as packets:
        return any(end_s - file_start_s >= from_s for _, end_s in packets)


def first_frame_s(fd: int, track: AudioTrack) -> float | None:
    """Time stamp of the first frame of a track, on the container's clock; None without any.

    Reads the file up to there. It decodes: of a track that the header says little of, ffmpeg knows
    what its packets are only then.
    """
    command = [
        *input_arguments(ffmpeg_path(), fd, verbosity="level+info"),
        *("-map", f"0:a:{track.index}", "-copyts", "-frames:a", "1"),
        *("-af", "ashowinfo", "-nostats", "-f", "null", "-"),
    ]
    said: list[bytes] = []
    with Child(command, fd=fd, cpu_limit_s=_CPU_LIMIT_S, on_error_output=said.append) as child:
        try:
            child.finish(_TIME_LIMIT_S)
        except TimeoutError:
            return None
    match = _FRAME_TIME.search(b"".join(said))
    return float(match[1]) if match else None


def _packets(
    fd: int, tracks: Sequence[str], *, seek_s: float | None = None
) -> Generator[tuple[float, float]]:
    """Start and end of each packet, as they lie in the file; ends where ffmpeg says nothing."""
    command = [
        *input_arguments(ffmpeg_path(), fd, verbosity="quiet", seek_s=seek_s),
        *tracks,
        *("-copyts", "-c", "copy", "-f", "framecrc", "-"),
    ]
    seconds_of_tick: dict[bytes, float] = {}
    unfinished = b""
    with (
        Child(command, fd=fd, cpu_limit_s=_CPU_LIMIT_S) as child,
        contextlib.suppress(TimeoutError),
    ):
        while piece := child.read(_TIME_LIMIT_S):
            *lines, unfinished = (unfinished + piece).split(b"\n")
            unfinished = unfinished[:_LINE_BYTES]
            for line in lines:
                if match := _TIME_BASE.match(line):
                    seconds_of_tick[match[1]] = int(match[2]) / int(match[3])
                elif match := _PACKET.match(line):
                    tick_s = seconds_of_tick.get(match[1], 0.0)
                    yield int(match[2]) * tick_s, (int(match[2]) + int(match[3])) * tick_s


def byte_ranges(fd: int) -> dict[int, tuple[int, int]]:
    """PID -> first byte of its first packet and of its last; {} where it is no transport stream.

    Reads all of the file.
    """
    head = read_at(fd, 8 * max(_PACKET_BYTES), 0)
    for size in _PACKET_BYTES:
        for start in range(size):
            if len(head) > start + 4 * size and all(
                head[start + n * size] == _SYNC for n in range(5)
            ):
                return _ranges(fd, start, size)
    return {}


def _ranges(fd: int, first_byte: int, size: int) -> dict[int, tuple[int, int]]:
    ranges: dict[int, tuple[int, int]] = {}
    place = first_byte
    while content := read_at(fd, size * _READ_PACKETS, place):
        packets = np.frombuffer(content, np.uint8, len(content) // size * size).reshape(-1, size)
        if not len(packets):
            break
        pids = (packets[:, 1].astype(int) & 0x1F) << 8 | packets[:, 2]
        for pid in np.unique(pids).tolist():
            at = np.flatnonzero(pids == pid)
            first, _ = ranges.get(pid, (place + int(at[0]) * size, 0))
            ranges[pid] = (first, place + int(at[-1]) * size)
        place += len(packets) * size
    return ranges
