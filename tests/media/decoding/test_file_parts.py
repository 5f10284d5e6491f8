"""Where the files in a file begin."""

import os
import tracemalloc
from pathlib import Path

import pytest

from qasr_cli.media.decoding.file_parts import WHOLE_FILE, FilePart, parts_by_search

_MARK = b"fLaC\x00\x00\x00\x22"
_PIECE_BYTES = 1 << 22  # that are searched at once


def write_with_marks(path: Path, places: list[int], *, size_bytes: int) -> Path:
    """A file of zeros in which files begin at these bytes."""
    with path.open("wb") as file:
        file.truncate(size_bytes)
        for place in places:
            file.seek(place)
            file.write(_MARK)
    return path


@pytest.mark.parametrize("off_bytes", [-9, -8, -7, -4, -1, 0, 1, 511, 512, 513])
def test_a_file_is_found_wherever_it_begins(tmp_path: Path, off_bytes: int) -> None:
    """Also across the edge of two pieces that are searched one after the other; and once only."""
    places = [0, _PIECE_BYTES + off_bytes, 2 * _PIECE_BYTES + off_bytes]
    path = write_with_marks(tmp_path / "a.flac", places, size_bytes=3 * _PIECE_BYTES)

    with path.open("rb") as file:
        found = parts_by_search(file.fileno(), WHOLE_FILE, ("flac",))

    assert [part.start_byte for part in found] == places
    assert [part.end_byte for part in found] == [*places[1:], None]


def test_only_the_part_is_searched(tmp_path: Path) -> None:
    """A mark that reaches behind the end of the part begins nothing in it."""
    path = write_with_marks(tmp_path / "a.flac", [0, 100, 200, 300], size_bytes=400)
    part = FilePart(start_byte=100, end_byte=300 + len(_MARK) - 1)

    with path.open("rb") as file:
        found = parts_by_search(file.fileno(), part, ("flac",))

    assert [(each.start_byte, each.end_byte) for each in found] == [(100, 200), (200, 307)]


def test_a_long_file_is_searched_in_little_memory(tmp_path: Path) -> None:
    """Hours of sound are no part of this process, and the place in the file stays."""
    path = write_with_marks(tmp_path / "a.flac", [0, 90_000_000], size_bytes=100_000_000)

    with path.open("rb") as file:
        os.lseek(file.fileno(), 7, os.SEEK_SET)
        tracemalloc.start()
        found = parts_by_search(file.fileno(), WHOLE_FILE, ("flac",))
        _, peak_bytes = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        place = os.lseek(file.fileno(), 0, os.SEEK_CUR)

    assert len(found) == 2
    assert peak_bytes < 4 * _PIECE_BYTES
    assert place == 7
