"""Files that were appended to one another: where each begins. And sound past a header's size.

Programs read the first of several files in one and stop, or take the header of the next for sound.
Where a container tells its own length, the next file begins behind it. Formats that do not are
searched for the bytes with which they begin; that reads the whole file, so it is done only where
decoding came upon something odd.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from qasr_cli.media.decoding.file_ends import begins_file, end_of_file_at
from qasr_cli.media.decoding.wav_size import sound_goes_on
from qasr_cli.system.open_files import read_at

_MOST_PARTS = 10_000
# A file is searched piece by piece: what is mapped counts as this process's memory, all of it.
_PIECE_BYTES = 1 << 22
_AROUND_BYTES = 512  # of a mark, that tell whether a file begins there
_EBML = b"\x1a\x45\xdf\xa3"


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePart:
    """Bytes `[start_byte, end_byte)` of a file, which are a file of their own.

    Attributes:
        end_byte: None = to the end.
        ignores_size: a WAV header's size is wrong; the sound goes on to the end.
    """

    start_byte: int = 0
    end_byte: int | None = None
    ignores_size: bool = False

    @property
    def is_whole_file(self) -> bool:
        """Whether nothing comes before or after."""
        return self.start_byte == 0 and self.end_byte is None


WHOLE_FILE = FilePart()


def parts_by_structure(fd: int) -> tuple[FilePart, ...]:
    """The files in a file, as far as their containers tell where they end; at least one.

    Reads a few bytes of each chunk.
    """
    size_bytes = os.fstat(fd).st_size
    starts = [0]
    while len(starts) < _MOST_PARTS:
        end = end_of_file_at(fd, starts[-1], size_bytes)
        if end is None or end >= size_bytes or not begins_file(fd, end):
            break
        starts.append(end)
    ends = [*starts[1:], None]
    return tuple(
        FilePart(
            start_byte=start_byte,
            end_byte=end,
            ignores_size=sound_goes_on(fd, start_byte, size_bytes if end is None else end),
        )
        for start_byte, end in zip(starts, ends, strict=True)
    )


def parts_by_search(fd: int, part: FilePart, format_names: tuple[str, ...]) -> tuple[FilePart, ...]:
    """The files in a part of a file, found by the bytes with which its format begins."""
    size_bytes = os.fstat(fd).st_size
    marks = [mark for name in format_names for mark in _MARKS.get(name, ())]
    if not marks or size_bytes == 0:
        return (part,)
    end_byte = size_bytes if part.end_byte is None else part.end_byte
    found = set(_places(fd, marks, part.start_byte, end_byte))
    starts = [part.start_byte, *sorted(found - {part.start_byte})][:_MOST_PARTS]
    ends = [*starts[1:], part.end_byte]
    return tuple(
        FilePart(start_byte=start_byte, end_byte=end)
        for start_byte, end in zip(starts, ends, strict=True)
    )


# Format -> bytes with which a file of it begins, long enough not to come up by chance. Ogg: a first
# page (flag 2) without a position. FLAC: the first block is a STREAMINFO of 34 bytes.
_MARKS = {
    "asf": (bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c"),),
    "flac": (b"fLaC\x00\x00\x00\x22", b"fLaC\x80\x00\x00\x22"),
    "flv": (b"FLV\x01",),
    "matroska": (_EBML,),
    "ogg": (b"OggS\x00\x02" + bytes(8),),
    "tta": (b"TTA1\x01\x00",),
    "wv": (b"wvpk",),
    "amr": (b"#!AMR\n", b"#!AMR-WB\n"),
}


def _places(fd: int, marks: Sequence[bytes], start_byte: int, end_byte: int) -> Iterator[int]:
    """Where files begin whose marks lie between two places."""
    for piece_byte in range(start_byte, end_byte, _PIECE_BYTES):
        first_byte = max(0, piece_byte - _AROUND_BYTES)
        until_byte = min(end_byte, piece_byte + _PIECE_BYTES)
        content = read_at(fd, until_byte + _AROUND_BYTES - first_byte, first_byte)
        for mark in marks:
            # A mark that begins in this piece may end in the next.
            stop = min(end_byte, until_byte + len(mark) - 1) - first_byte
            place = content.find(mark, piece_byte - first_byte, stop)
            while place >= 0:
                if _is_beginning(content, mark, place):
                    yield first_byte + place
                place = content.find(mark, place + 1, stop)


def _is_beginning(content: bytes, mark: bytes, place: int) -> bool:
    """Whether a mark that also stands inside files begins one."""
    if mark == _EBML:
        return b"\x42\x82" in content[place : place + 64]  # the element that names the kind
    if mark == b"FLV\x01":
        return content[place + 5 : place + 9] == b"\x00\x00\x00\x09"  # the header's own length
    if mark == b"wvpk":  # of every block; the first one has index 0, and is the first of its time
        flags = content[place + 24 : place + 28]
        return content[place + 16 : place + 20] == bytes(4) and bool(flags) and flags[1] & 8 > 0
    if mark.startswith(b"OggS"):  # all tracks of one file begin together
        before = content[max(0, place - _AROUND_BYTES) : place]
        return mark not in before
    return True
