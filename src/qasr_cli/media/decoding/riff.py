"""The length a WAV header claims; ffmpeg does not compare it with what the file holds."""

import os
import struct

from qasr_cli.media.decoding.file_parts import FilePart
from qasr_cli.system.open_files import read_at

_HEADER_BYTES = 1 << 16  # chunks of text may stand before the sound
_STREAMED = (0, 0xFFFF_FFFF)  # written by programs that could not go back to fill it in


def claimed_ms(fd: int, part: FilePart) -> int | None:
    """Length that the header claims; None when it claims none, or is no WAV header.

    Where its size is wrong, the length of what is there.
    """
    head = read_at(fd, _HEADER_BYTES, part.start_byte)
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
            if part.ignores_size and bytes_per_s > 0:
                end_byte = part.end_byte or os.fstat(fd).st_size
                return (end_byte - part.start_byte - position) * 1000 // bytes_per_s
            is_known = bytes_per_s > 0 and size_bytes not in _STREAMED
            return size_bytes * 1000 // bytes_per_s if is_known else None
        position += size_bytes + size_bytes % 2
    return None
