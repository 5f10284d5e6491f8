"""Where the packets of each track of a transport stream lie in the file."""

import os

import numpy as np

_PACKET_BYTES = (188, 192, 204)  # plain, with a time (M2TS), with error correction
_SYNC = 0x47
_READ_PACKETS = 50_000


def byte_ranges(fd: int) -> dict[int, tuple[int, int]]:
    """PID -> first byte of its first packet and of its last; {} where it is no transport stream.

    Reads all of the file.
    """
    head = os.pread(fd, 8 * max(_PACKET_BYTES), 0)
    for size in _PACKET_BYTES:
        for start in range(size):
            if len(head) > start + 4 * size and all(
                head[start + n * size] == _SYNC for n in range(5)
            ):
                return _ranges(fd, start, size)
    return {}


def _ranges(fd: int, start: int, size: int) -> dict[int, tuple[int, int]]:
    ranges: dict[int, tuple[int, int]] = {}
    place = start
    while content := os.pread(fd, size * _READ_PACKETS, place):
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
