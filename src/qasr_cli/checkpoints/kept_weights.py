"""Weights as a processor's kernels read them, kept beside a checkpoint, and mapped from there.

To lay weights out anew takes seconds at every start. The file is this user's alone: whoever could
write it could decide what is computed. It is worth nothing elsewhere: `models pack` leaves it out.
"""

import contextlib
import errno
import hashlib
import json
import mmap
import os
import shutil
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from qasr_cli.errors import OutputError, OutputRefused
from qasr_cli.storage.documents import DamagedDocument, Fields, json_from
from qasr_cli.storage.files import write_all, write_atomically
from qasr_cli.storage.temporaries import sweep_once
from qasr_cli.system import open_files, users

PACKED_FOLDER = ".qasr-packed"
_SUFFIX = ".weights"
_MAGIC = b"qasr packed 0001"
_NUMBER_BYTES = 8
_DIGEST_BYTES = hashlib.sha256().digest_size
_MOST_HEADER_BYTES = 1 << 26
_PAGE_BYTES = 4096
_PIECE_BYTES = 16 << 20  # a few hundredths of a second
# A disk that is nearly full has better things to hold.
_SPARE_SHARE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One packed weight.

    Attributes:
        layout: how its numbers lie, as the kernels' library wrote it down.
        size_bytes: of the numbers.
    """

    shape: tuple[int, ...]
    layout: bytes
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KeptWeights:
    """A mapped file; it stays mapped as long as somebody holds `memory`.

    Attributes:
        offsets: where each part begins.
    """

    parts: tuple[Part, ...]
    offsets: tuple[int, ...]
    memory: mmap.mmap


def find(checkpoint: Path, name: str) -> KeptWeights | None:
    """What was kept under a name; None where nothing was, or where it is not to be trusted.

    What a process left there that was killed while it kept something goes.
    """
    path = checkpoint / PACKED_FOLDER / (name + _SUFFIX)
    if not users.ARE_KNOWN or not _is_ours(path.parent, stat.S_ISDIR):
        return None
    sweep_once(str(path.parent))
    try:
        descriptor = os.open(path, open_files.READ | open_files.NO_LINK | open_files.NO_WAITING)
    except OSError:
        return None
    try:
        found = os.fstat(descriptor)
        if not _is_private(found, stat.S_ISREG) or found.st_size < _PAGE_BYTES:
            return None
        memory = mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)
        _ask_for_large_pages(memory)
    except (OSError, ValueError):
        return None
    finally:
        os.close(descriptor)
    try:
        return _read(memory)
    except DamagedDocument:
        return None


def keep(
    checkpoint: Path,
    name: str,
    parts: Sequence[tuple[Part, memoryview]],
    *,
    replaces: str,
    anew: bool = False,
    goes_on: Callable[[], bool] = lambda: True,
) -> bool:
    """Keep packed weights under a name; whether they are kept now.

    Args:
        parts: and the numbers of each.
        replaces: what other names begin with that are then of no use any more.
        anew: what is kept under the name does not do.
        goes_on: asked again and again; once it says no, nothing is kept, and nothing left.
    """
    if not anew and find(checkpoint, name) is not None:
        return True  # another process was first
    size_bytes = sum(part.size_bytes for part, _ in parts)
    if not can_keep(checkpoint, size_bytes):
        return False
    folder = checkpoint / PACKED_FOLDER
    path = folder / (name + _SUFFIX)
    try:
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        if not _is_ours(folder, stat.S_ISDIR):
            return False
        # Those of an earlier version first: there may be no room for both.
        for old in folder.glob(f"{replaces}*{_SUFFIX}"):
            old.unlink(missing_ok=True)
        write_atomically(str(path), lambda descriptor: _write(descriptor, parts, goes_on))
        path.chmod(0o600)
    except (OSError, OutputError, OutputRefused):
        return False
    return True


def can_keep(checkpoint: Path, size_bytes: int) -> bool:
    """Whether packed weights of so many bytes may be kept beside a checkpoint."""
    if not users.ARE_KNOWN or not os.access(checkpoint, os.W_OK):
        return False
    folder = checkpoint / PACKED_FOLDER
    if folder.is_symlink() or (folder.exists() and not _is_ours(folder, stat.S_ISDIR)):
        return False
    try:
        return shutil.disk_usage(checkpoint).free >= _SPARE_SHARE * size_bytes
    except OSError:
        return False


def size_bytes_of(checkpoint: Path) -> int:
    """What is kept beside a checkpoint takes on the disk."""
    try:
        files = list((checkpoint / PACKED_FOLDER).iterdir())
        return sum(file.lstat().st_size for file in files)
    except OSError:
        return 0


def clear(checkpoint: Path) -> int:
    """Remove what is kept beside a checkpoint; how many bytes that were.

    Raises:
        OutputError: something could not be removed.
    """
    folder = checkpoint / PACKED_FOLDER
    size_bytes = size_bytes_of(checkpoint)
    try:
        if folder.is_symlink():
            folder.unlink()
        elif folder.is_dir():
            shutil.rmtree(folder)
    except OSError as error:
        raise OutputError(str(folder), error.strerror or str(error)) from error
    return size_bytes


def _is_ours(path: Path, is_kind: Callable[[int], bool]) -> bool:
    try:
        return _is_private(path.lstat(), is_kind)
    except OSError:
        return False


def _is_private(found: os.stat_result, is_kind: Callable[[int], bool]) -> bool:
    """Whether it is of that kind, and nobody but this user can have written it."""
    others = stat.S_IRWXG | stat.S_IRWXO
    return is_kind(found.st_mode) and found.st_uid == users.number() and not found.st_mode & others


def _ask_for_large_pages(memory: mmap.mmap) -> None:
    """Have it read and mapped in pages of 2 MB, where system and file system can.

    A file of kept weights, 1.5 GB, Linux 6.18, ext4: read from disk in 0.6 s in place of 1.5,
    touched in 0.07 s in place of 0.15; steps of few answers, which read all of it, take a tenth
    less time for their products.
    """
    with contextlib.suppress(AttributeError, OSError):
        memory.madvise(mmap.MADV_HUGEPAGE)


def _write(
    descriptor: int, parts: Sequence[tuple[Part, memoryview]], goes_on: Callable[[], bool]
) -> None:
    header = json.dumps(
        [
            {"shape": part.shape, "layout": part.layout.hex(), "size_bytes": part.size_bytes}
            for part, _ in parts
        ]
    ).encode()
    front = _MAGIC + len(header).to_bytes(_NUMBER_BYTES, "little")
    front += hashlib.sha256(header).digest() + header
    write_all(descriptor, front + bytes(-len(front) % _PAGE_BYTES))
    for part, numbers in parts:
        for first in range(0, len(numbers), _PIECE_BYTES):
            if not goes_on():
                raise OSError(errno.ECANCELED, os.strerror(errno.ECANCELED))
            write_all(descriptor, numbers[first : first + _PIECE_BYTES])
        write_all(descriptor, bytes(-part.size_bytes % _PAGE_BYTES))


def _read(memory: mmap.mmap) -> KeptWeights:
    """What a mapped file says of itself.

    Raises:
        DamagedDocument: it is cut short, or none of ours.
    """
    fixed_bytes = len(_MAGIC) + _NUMBER_BYTES + _DIGEST_BYTES
    length = int.from_bytes(memory[len(_MAGIC) : len(_MAGIC) + _NUMBER_BYTES], "little")
    header = memory[fixed_bytes : fixed_bytes + min(length, _MOST_HEADER_BYTES)]
    digest = memory[fixed_bytes - _DIGEST_BYTES : fixed_bytes]
    if memory[: len(_MAGIC)] != _MAGIC or hashlib.sha256(header).digest() != digest:
        raise DamagedDocument("is no file of packed weights")
    position = fixed_bytes + length
    parts, offsets = [], []
    for each in Fields({"parts": json_from(header)}).each("parts"):
        position += -position % _PAGE_BYTES
        part = _part(each)
        parts.append(part)
        offsets.append(position)
        position += part.size_bytes
    position += -position % _PAGE_BYTES
    if position != len(memory):
        raise DamagedDocument("is cut short")
    return KeptWeights(parts=tuple(parts), offsets=tuple(offsets), memory=memory)


def _part(fields: Fields) -> Part:
    rows, columns = fields.span("shape")
    try:
        layout = bytes.fromhex(fields.text("layout"))
    except ValueError as error:
        raise DamagedDocument("has a layout that is none") from error
    return Part(shape=(rows, columns), layout=layout, size_bytes=fields.whole("size_bytes"))
