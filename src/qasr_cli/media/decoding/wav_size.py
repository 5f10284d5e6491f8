"""Whether a WAV's sound is longer than its header says: past 4 GiB a 32-bit size wraps."""

import struct

from qasr_cli.system.open_files import read_at

_STREAMED = (0, 0xFFFF_FFFF)  # sizes written by programs that could not go back to fill them in
_LOOKED_AT_BYTES = 4096
_MOST_LOOKS = 64


def sound_goes_on(fd: int, start_byte: int, end_byte: int) -> bool:
    """Whether more than a second of sound follows what the header counts.

    Editors write chunks of their own behind the sound, some without the byte that makes an odd
    length even; others leave texts or zeros there.
    """
    data = _data_chunk(fd, start_byte)
    if data is None:
        return False
    place, size, bytes_per_s = data
    behind = place + size + size % 2
    is_chunk = any(_is_chunk(fd, at, end_byte) for at in (behind, place + size))
    if is_chunk or end_byte - behind < max(bytes_per_s, _LOOKED_AT_BYTES):
        return False
    step = max(_LOOKED_AT_BYTES, (end_byte - behind) // _MOST_LOOKS)
    places = range(behind, end_byte, step)
    return any(_may_be_sound(read_at(fd, _LOOKED_AT_BYTES, at)) for at in places)


def _data_chunk(fd: int, start_byte: int) -> tuple[int, int, int] | None:
    """Place and size of the sound by the header, and its bytes a second; None without a size."""
    head = read_at(fd, 12, start_byte)
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        return None
    place, bytes_per_s = start_byte + 12, 0
    while len(chunk := read_at(fd, 20, place)) >= 8:  # noqa: PLR2004  # name and size
        kind, size = struct.unpack_from("<4sI", chunk)
        if kind == b"fmt " and len(chunk) == 20:  # noqa: PLR2004  # as far as the byte rate
            (bytes_per_s,) = struct.unpack_from("<I", chunk, 16)
        if kind == b"data":
            return None if size in _STREAMED else (place + 8, size, bytes_per_s)
        place += 8 + size + size % 2
    return None


def _is_chunk(fd: int, place: int, end_byte: int) -> bool:
    head = read_at(fd, 8, place)
    if len(head) < 8:  # noqa: PLR2004  # name and size
        return False
    kind, size = struct.unpack("<4sI", head)
    is_name = all(32 <= char < 127 for char in kind)  # noqa: PLR2004  # printable
    return is_name and place + 8 + size <= end_byte + 1


def _may_be_sound(content: bytes) -> bool:
    is_text = all(char in b"\t\r\n" or 32 <= char < 127 for char in content)  # noqa: PLR2004
    return not is_text and len(set(content)) > 1
