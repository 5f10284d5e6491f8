"""Which sound of an MP4 is encrypted; ffmpeg names the codec inside, and decodes noise."""

import os
import struct
from collections.abc import Iterator

from qasr_cli.media.decoding.file_parts import FilePart
from qasr_cli.system.open_files import read_at

_MOST_BOXES = 100_000
_LOCKED = (b"drms", b"aavd")  # FairPlay, Audible
# Bytes of a sound's sample entry before the boxes inside, by its version. Source: QuickTime File
# Format, "Sound sample descriptions".
_FIXED_BYTES = {0: 28, 1: 44, 2: 64}

Box = tuple[bytes, int, int]  # its name, and where its content begins and ends


def encrypted_sound(fd: int, part: FilePart) -> tuple[bool, ...]:
    """For each sound track of an MP4, in the order of the file: whether all of it is encrypted.

    () where it holds none, or no boxes that can be followed.
    """
    end_byte = part.end_byte or os.fstat(fd).st_size
    return tuple(
        _is_encrypted(fd, entries)
        for movie in _named(fd, (b"moov",), part.start_byte, end_byte)
        for track in _named(fd, (b"trak", b"mdia"), *movie)
        if _is_sound(fd, track)
        for entries in _named(fd, (b"minf", b"stbl", b"stsd"), *track)
    )


def _is_sound(fd: int, media: tuple[int, int]) -> bool:
    return any(
        read_at(fd, 4, start_byte + 8) == b"soun"
        for start_byte, _ in _named(fd, (b"hdlr",), *media)
    )


def _is_encrypted(fd: int, entries: tuple[int, int]) -> bool:
    start_byte, end_byte = entries
    found = [
        name in _LOCKED or (name == b"enca" and _is_protected(fd, from_byte, to_byte))
        for name, from_byte, to_byte in _boxes(fd, start_byte + 8, end_byte)
    ]
    return bool(found) and all(found)


def _is_protected(fd: int, start_byte: int, end_byte: int) -> bool:
    """False where the entry itself says that its samples are clear."""
    version = read_at(fd, 2, start_byte + 8)
    inside = start_byte + _FIXED_BYTES.get(int.from_bytes(version), _FIXED_BYTES[0])
    defaults = next(_named(fd, (b"sinf", b"schi", b"tenc"), inside, end_byte), None)
    return defaults is None or read_at(fd, 1, defaults[0] + 6) != b"\0"


def _named(
    fd: int, names: tuple[bytes, ...], start_byte: int, end_byte: int
) -> Iterator[tuple[int, int]]:
    """Content of the boxes of the last name, inside boxes of the names before it."""
    for name, from_byte, to_byte in _boxes(fd, start_byte, end_byte):
        if name != names[0]:
            continue
        if len(names) == 1:
            yield from_byte, to_byte
        else:
            yield from _named(fd, names[1:], from_byte, to_byte)


def _boxes(fd: int, start_byte: int, end_byte: int) -> Iterator[Box]:
    for _ in range(_MOST_BOXES):
        head = read_at(fd, 16, start_byte)
        if start_byte + 8 > end_byte or len(head) < 8:  # noqa: PLR2004  # a box has its size and its name
            return
        size, name = struct.unpack_from(">I4s", head)
        header_bytes = 8
        if size == 1 and len(head) == 16:  # noqa: PLR2004  # its size stands in 64 bits
            (size,) = struct.unpack_from(">Q", head, 8)
            header_bytes = 16
        elif size == 0:
            size = end_byte - start_byte
        if size < header_bytes or start_byte + size > end_byte:
            return
        yield name, start_byte + header_bytes, start_byte + size
        start_byte += size
