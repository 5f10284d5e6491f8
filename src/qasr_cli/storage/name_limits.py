"""How long the name of a file may be on a disk, and what a longer one becomes."""

import contextlib
import errno
import functools
import hashlib
import os
import unicodedata
from dataclasses import dataclass

from qasr_cli.storage.files import existing_folder_of
from qasr_cli.system import open_files

_MOST = 255  # bytes on most disks; UTF-16 units on those of Windows
_MOST_ENCRYPTED = 143  # bytes, where names are encrypted: eCryptfs, shared folders of Synology
_LONGEST_ENDING = 32  # ".zh.minutes.json" and what is to come: all outputs of a file are cut alike
_DIGEST_DIGITS = 10
_JOINERS = "\u200d\ufe0e\ufe0f"


@dataclass(frozen=True, slots=True, kw_only=True)
class NameLimit:
    """What a disk takes as a name.

    Attributes:
        amount: bytes, or UTF-16 units.
        counts_bytes: which of them.
    """

    amount: int = _MOST
    counts_bytes: bool = True

    def takes(self, name: str) -> bool:
        """Whether a file can have this name."""
        return self._length_of(name) <= self.amount

    def fitted(self, name: str, ending: str, *, is_exact: bool = False) -> str:
        """The name with its ending; where that is too long, its beginning and a digest of it.

        Args:
            ending: stays whole.
            is_exact: with the whole digest, which is that of no other name.
        """
        whole = name + ending
        if self.takes(whole):
            return whole
        digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()
        mark = f"-{digest if is_exact else digest[:_DIGEST_DIGITS]}"
        room = self.amount - len(mark) - max(_LONGEST_ENDING, self._length_of(ending))
        return self._beginning(name, room) + mark + ending

    def _beginning(self, name: str, room: int) -> str:
        """As much of a name as there is room for; no character loses its accents."""
        end = len(name)
        while end and self._length_of(name[:end]) > room:
            end -= 1
        while end and _is_joined(name, end):
            end -= 1
        return name[:end].rstrip(" .")

    def _length_of(self, name: str) -> int:
        if self.counts_bytes:
            return len(name.encode("utf-8", "surrogateescape"))
        return len(name.encode("utf-16-le", "surrogatepass")) // 2


USUAL_LIMIT = NameLimit()


def _is_joined(name: str, char_end: int) -> bool:
    after = name[char_end : char_end + 1]
    return bool(after) and (
        unicodedata.category(after).startswith("M")
        or after in _JOINERS
        or name[char_end - 1] in _JOINERS
    )


def name_limit_of(folder: str, name: str) -> NameLimit:
    """What the disk of a folder takes, as far as it matters for a name and its endings.

    Args:
        folder: it need not be there yet.
    """
    if len(name.encode("utf-8", "surrogateescape")) + _LONGEST_ENDING <= _MOST_ENCRYPTED:
        return USUAL_LIMIT  # it fits everywhere; most names do
    return _limit_of(existing_folder_of(os.path.join(folder, "x")))


@functools.lru_cache(maxsize=4096)
def _limit_of(folder: str) -> NameLimit:
    """By looking for names that nobody has: a disk refuses to look for one that it cannot hold."""
    if not open_files.OPENS_FOLDERS:  # Windows
        return NameLimit(counts_bytes=False)
    try:
        descriptor = os.open(folder, open_files.READ | open_files.FOLDER)
    except OSError:
        return USUAL_LIMIT
    try:
        if _looks_for("\u20ac" * _MOST, descriptor):
            return NameLimit(counts_bytes=False)
        if _looks_for("x" * _MOST, descriptor):
            return USUAL_LIMIT
        return NameLimit(amount=_MOST_ENCRYPTED)
    finally:
        os.close(descriptor)


def _looks_for(name: str, folder_descriptor: int) -> bool:
    try:
        with contextlib.suppress(FileNotFoundError):
            os.lstat(name, dir_fd=folder_descriptor)
    except OSError as error:
        return error.errno != errno.ENAMETOOLONG
    return True
