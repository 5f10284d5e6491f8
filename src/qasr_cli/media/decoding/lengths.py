"""How long a file is by its own word, where ffmpeg hands on something else.

ASF, Matroska and many FLV say when the file ends, counted from time 0; a file that begins later,
as a live recording does, is shorter than that. ffmpeg takes it for the length.
"""

import os
import struct
import uuid

from qasr_cli.media.decoding.file_parts import FilePart
from qasr_cli.system.open_files import read_at

_ASF_HEADER = uuid.UUID("75b22630-668e-11cf-a6d9-00aa0062ce6c").bytes_le
_ASF_FILE_PROPERTIES = uuid.UUID("8cabdca1-a947-11cf-8ee4-00c00c205365").bytes_le
_MOST_OBJECTS = 1000
_FLV_TAGS = (8, 9, 18)  # sound, picture, script
_ABOUT_MS = 1000  # writers add the last frame, or forget it


def length_from_end_ms(end_ms: int, start_s: float) -> int:
    """The length of what ends at a time, and begins at another.

    A file that would then end before it begins says its length after all.
    """
    start_ms = max(0, round(start_s * 1000))
    return end_ms - start_ms if start_ms < end_ms else end_ms


def asf_end_ms(fd: int, part: FilePart) -> int | None:
    """When an ASF ends by its header; None where it does not say, as a live stream."""
    if read_at(fd, 16, part.start_byte) != _ASF_HEADER:
        return None
    place = part.start_byte + 30
    for _ in range(_MOST_OBJECTS):
        content = read_at(fd, 92, place)
        if len(content) < 24:  # noqa: PLR2004  # an object has its name and its size
            return None
        (size,) = struct.unpack_from("<Q", content, 16)
        if content[:16] == _ASF_FILE_PROPERTIES and len(content) == 92:  # noqa: PLR2004
            play, _, preroll_ms, flags = struct.unpack_from("<QQQI", content, 64)
            end_ms = int(play) // 10_000 - int(preroll_ms)
            return end_ms if end_ms > 0 and not flags & 1 else None
        if size < 24:  # noqa: PLR2004  # as above
            return None
        place += int(size)
    return None


def ends_at_its_last_tag(fd: int, part: FilePart, duration_ms: int) -> bool:
    """Whether the length that an FLV says is the time of its last tag."""
    end = part.end_byte or os.fstat(fd).st_size
    if end < part.start_byte + 28:  # a header, a tag, and its size
        return False
    (size,) = struct.unpack(">I", read_at(fd, 4, end - 4))
    tag = read_at(fd, 11, max(part.start_byte, end - 4 - size))
    if len(tag) < 11 or tag[0] not in _FLV_TAGS or int.from_bytes(tag[1:4]) + 11 != size:  # noqa: PLR2004
        return False
    at_ms = int.from_bytes(tag[7:8] + tag[4:7])
    return abs(duration_ms - at_ms) <= _ABOUT_MS
