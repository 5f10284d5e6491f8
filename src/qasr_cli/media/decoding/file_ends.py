"""Where a file inside a file ends, by what its container says of its own length."""

import struct

from qasr_cli.system.open_files import read_at

_MOST_BOXES = 1_000_000
_EBML = b"\x1a\x45\xdf\xa3"
_W64 = b"riff" + bytes.fromhex("2e91cf11a5d628db04c10000")
_STREAMED = (0, 0xFFFF_FFFF)  # sizes written by programs that could not go back to fill them in


def begins_file(fd: int, place: int) -> bool:
    """Whether a file begins here whose end can be told."""
    head = read_at(fd, 16, place)
    if head[:3] == b"ID3":  # also the mark of a tag behind the sound
        return _is_mp3_frame(read_at(fd, 4, _behind_tag(fd, place)))
    return (
        (head[:4] in (b"RIFF", b"RF64") and head[8:12] in (b"WAVE", b"AVI "))
        or (head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"))
        or head[4:8] == b"ftyp"
        or head[:4] == _EBML
        or head[:4] == b".snd"
        or _is_mp3_frame(head)
        or head[:8] == b"caff\x00\x01\x00\x00"
        or head == _W64
    )


def end_of_file_at(fd: int, start_byte: int, size_bytes: int) -> int | None:
    """Where the file that begins at a byte ends by its own word; None where it gives none."""
    head = read_at(fd, 24, start_byte)
    end_byte: int | None = None
    if len(head) == 24 and begins_file(fd, start_byte):  # noqa: PLR2004  # longer than any header
        if head[:4] == b"RF64":
            end_byte = _end_of_rf64(fd, start_byte)
        elif head[:4] in (b"RIFF", b"FORM"):
            (size,) = struct.unpack_from("<I" if head[:4] == b"RIFF" else ">I", head, 4)
            end_byte = None if size in _STREAMED else start_byte + 8 + size + size % 2
        elif head[:16] == _W64:
            end_byte = start_byte + int(struct.unpack_from("<Q", head, 16)[0])
        elif head[:4] == b".snd":
            header, size = struct.unpack_from(">II", head, 4)
            end_byte = None if size in _STREAMED else start_byte + int(header) + int(size)
        elif head[:3] == b"ID3" or _is_mp3_frame(head):
            end_byte = _end_of_mp3(fd, start_byte)
        elif head[4:8] == b"ftyp":
            end_byte = _next_ftyp(fd, start_byte, size_bytes)
        elif head[:4] == _EBML:
            end_byte = _end_of_segment(fd, start_byte)
        elif head[:4] == b"caff":
            end_byte = _end_of_caf(fd, start_byte, size_bytes)
    return end_byte if end_byte is None or end_byte > start_byte else None


def _end_of_rf64(fd: int, start_byte: int) -> int | None:
    head = read_at(fd, 28, start_byte)
    if len(head) < 28 or head[12:16] != b"ds64":  # noqa: PLR2004  # up to the size in 64 bits
        return None
    return start_byte + 8 + int(struct.unpack_from("<Q", head, 20)[0])


def _next_ftyp(fd: int, start_byte: int, size_bytes: int) -> int | None:
    """Where the boxes of another MP4 begin."""
    place = start_byte
    has_sound = False
    for _ in range(_MOST_BOXES):
        head = read_at(fd, 16, place)
        if len(head) < 8:  # noqa: PLR2004  # a box has at least its size and its name
            return None
        size, kind = struct.unpack_from(">I4s", head)
        if kind == b"ftyp" and has_sound:
            return place
        has_sound = has_sound or kind == b"mdat"
        if size == 1 and len(head) == 16:  # noqa: PLR2004  # its size stands in 64 bits
            (size,) = struct.unpack_from(">Q", head, 8)
        if size < 8 or place + size > size_bytes:  # noqa: PLR2004  # as above; 0 = to the end
            return None
        place += size
    return None


def _end_of_segment(fd: int, start_byte: int) -> int | None:
    """The end of a Matroska file whose segment has a size."""
    place = start_byte
    for identifier in (_EBML, b"\x18\x53\x80\x67"):
        head = read_at(fd, 12, place)
        if head[:4] != identifier or len(head) < 12 or head[4] == 0:  # noqa: PLR2004
            return None
        length = 9 - head[4].bit_length()
        digits = int.from_bytes(head[4 : 4 + length]) & ((1 << (7 * length)) - 1)
        if digits == (1 << (7 * length)) - 1:
            return None  # unknown: a live recording
        place += 4 + length + digits
    return place


def _end_of_caf(fd: int, start_byte: int, size_bytes: int) -> int | None:
    place = start_byte + 8
    has_sound = False
    for _ in range(_MOST_BOXES):
        head = read_at(fd, 12, place)
        if head[:8] == b"caff\x00\x01\x00\x00" and has_sound:
            return place
        if len(head) < 12:  # noqa: PLR2004  # a chunk's name and size
            return None
        kind, size = struct.unpack(">4sq", head)
        has_sound = has_sound or kind == b"data"
        if size < 0 or place + 12 + size > size_bytes:
            return None
        place += 12 + size
    return None


def _is_mp3_frame(head: bytes) -> bool:
    """Whether a header of MPEG audio, layer III, begins here."""
    return len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2  # noqa: PLR2004  # sync


def _behind_tag(fd: int, place: int) -> int:
    """Where an ID3v2 tag ends; the same place where there is none."""
    tag = read_at(fd, 10, place)
    if tag[:3] != b"ID3" or len(tag) < 10:  # noqa: PLR2004  # its header
        return place
    shifts = (21, 14, 7, 0)
    return place + 10 + sum((tag[6 + n] & 0x7F) << shift for n, shift in enumerate(shifts))


def _end_of_mp3(fd: int, start_byte: int) -> int | None:
    """The end by the header of LAME and its kin, which stands in the first frame.

    Source: the Xing header: a name behind the side information, flags, the count of frames (flag
    1), the count of bytes (flag 2).
    """
    start_byte = _behind_tag(fd, start_byte)
    frame = read_at(fd, 52, start_byte)
    if len(frame) < 52 or not _is_mp3_frame(frame):  # noqa: PLR2004  # as much as is looked at
        return None
    is_version_1 = frame[1] & 0x18 == 0x18  # noqa: PLR2004  # both bits of the version
    is_one_channel = frame[3] >> 6 == 3  # noqa: PLR2004  # the mode "single channel"
    side_bytes = (17 if is_one_channel else 32) if is_version_1 else (9 if is_one_channel else 17)
    place = 4 + side_bytes
    if frame[place : place + 4] not in (b"Xing", b"Info"):
        return None
    (flags,) = struct.unpack_from(">I", frame, place + 4)
    if not flags & 2:
        return None
    (size,) = struct.unpack_from(">I", frame, place + 8 + (4 if flags & 1 else 0))
    end = start_byte + int(size)
    return end + 128 if read_at(fd, 3, end) == b"TAG" else end  # ID3v1, in the last 128 bytes


def uncounted_bytes(fd: int, start_byte: int, end_byte: int) -> int:
    """How much follows the sound of an AIFF or a CAF that is no chunk of it: sound, most likely.

    Past 4 GiB the size of an AIFF wraps; a program that was ended leaves what it wrote first.
    """
    head = read_at(fd, 12, start_byte)
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        place, sound, name_and_size = start_byte + 12, b"SSND", struct.Struct(">4sI")
    elif head[:4] == b"caff":
        place, sound, name_and_size = start_byte + 8, b"data", struct.Struct(">4sq")
    else:
        return 0
    for _ in range(_MOST_BOXES):
        content = read_at(fd, name_and_size.size, place)
        if len(content) < name_and_size.size:
            return 0
        kind, size = name_and_size.unpack(content)
        if size < 0:
            return 0  # to the end
        place += name_and_size.size + size + (size % 2 if sound == b"SSND" else 0)
        if kind == sound:
            break
    name = read_at(fd, 4, place)
    is_chunk = len(name) < 4 or all(32 <= char < 127 for char in name)  # noqa: PLR2004  # printable
    return 0 if is_chunk or place >= end_byte else end_byte - place
