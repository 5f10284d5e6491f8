"""What a WAV header says of its length, which ffmpeg passes over where less is there."""

import os
import struct

_HEADER_BYTES = 1 << 16  # chunks of text may stand before the sound
_STREAMED = (0, 0xFFFF_FFFF)  # written by programs that could not go back to fill it in


def claimed_ms(fd: int) -> int | None:
    """Length that the header claims; None when it claims none, or is no WAV header."""
    head = os.pread(fd, _HEADER_BYTES, 0)
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        return None
    bytes_per_s = 0
    position = 12
    while position + 8 <= len(head):
        kind, size_bytes = struct.unpack_from("<4sI", head, position)
        position += 8
        if kind == b"fmt " and position + 12 <= len(head):
            (bytes_per_s,) = struct.unpack_from("<I", head, position + 8)
        elif kind == b"data":
            is_known = bytes_per_s > 0 and size_bytes not in _STREAMED
            return size_bytes * 1000 // bytes_per_s if is_known else None
        position += size_bytes + size_bytes % 2
    return None
