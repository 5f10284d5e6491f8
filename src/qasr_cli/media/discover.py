"""Folders to media files, in an order that does not change. Reads no sound."""

import contextlib
import itertools
import os
import stat
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from qasr_cli.core.outcomes import HIDDEN
from qasr_cli.core.types import MediaFile
from qasr_cli.errors import UnreadableInput
from qasr_cli.media.set_aside import Kind, kind_of_file, kind_of_folder
from qasr_cli.media.source import open_source
from qasr_cli.media.suffixes import (
    MEDIA_SUFFIXES,
    SHARED_SUFFIXES,
    begins_like_recording,
    suffix_of,
)
from qasr_cli.storage.near_names import reason_of

_LOOKED_THROUGH = 10_000  # names in bins and hidden folders, which may hold a whole system


def discover(
    folder: str,
    *,
    recursive: bool,
    include: tuple[str, ...] = (),
    exclude: tuple[str, ...] = (),
    follow_links: bool = False,
    skip_folders: Sequence[str] = (),
    on_unreadable: Callable[[str, OSError], None],
    on_left_out: Callable[[str, str], None] = lambda _path, _place: None,
    is_stopped: Callable[[], bool] = lambda: False,
) -> Iterator[MediaFile]:
    """The media files of a folder, sorted by the bytes of their relative path.

    Hidden files and folders are left out, what systems keep beside a user's own (`set_aside`), and
    whatever is not a regular file. A glob is held against the path below `folder` ("/"-separated)
    and against the last name alone, upper and lower case being one. A suffix that recordings share
    with other things counts only where the first bytes are those of a recording.

    Args:
        folder: walked whatever its name is, and `exclude` and `skip_folders` say.
        include: only files that match one of these; "*.dat" makes .dat a suffix of media files.
        exclude: no file that matches, and no folder.
        follow_links: also linked files and folders; no folder is walked twice.
        skip_folders: not walked; such as the one the outputs go to.
        on_unreadable: told of every folder and file that could not be looked at.
        on_left_out: told of files in bins and hidden places with names of recordings: relative
            path, and the bin or `HIDDEN`. Only names are looked at, none of systems' own places.
        is_stopped: asked at every name; once it says so, the walk ends where it is.
    """
    walk = _Walk(
        recursive=recursive,
        include=include,
        exclude=exclude,
        follow_links=follow_links,
        on_unreadable=on_unreadable,
        on_left_out=on_left_out,
        is_stopped=is_stopped,
    )
    return walk.files(folder, skip_folders)


def media_file_from_path(path: str, relative_path: str) -> MediaFile:
    """A file that the user named; links are followed.

    Raises:
        UnreadableInput: absent, denied, or not a regular file.
    """
    try:
        fd = open_source(path)
    except UnreadableInput as error:
        if isinstance(error.__cause__, FileNotFoundError):
            raise UnreadableInput(path, reason_of(error.__cause__)) from error
        raise
    try:
        return _media_file(path, relative_path, os.fstat(fd))
    finally:
        os.close(fd)


def _media_file(path: str, relative_path: str, status: os.stat_result) -> MediaFile:
    return MediaFile(
        path=path,
        relative_path=relative_path,
        size_bytes=status.st_size,
        mtime_ns=status.st_mtime_ns,
        ctime_ns=status.st_ctime_ns,
        inode=status.st_ino,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    path: str
    relative_path: str
    status: os.stat_result

    @property
    def is_folder(self) -> bool:
        return stat.S_ISDIR(self.status.st_mode)


@dataclass(slots=True, kw_only=True)
class _Walk:
    recursive: bool
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    follow_links: bool
    on_unreadable: Callable[[str, OSError], None]
    on_left_out: Callable[[str, str], None]
    is_stopped: Callable[[], bool]
    closed: set[tuple[int, int]] = field(default_factory=set)
    looked_through_count: int = 0

    def never_enter(self, folders: Sequence[str]) -> None:
        """Close folders to the walk; those that do not exist (yet) do not matter."""
        for folder in folders:
            if os.path.isdir(folder):
                self.closed.add(_identity(os.stat(folder)))

    def files(self, folder: str, skip_folders: Sequence[str]) -> Iterator[MediaFile]:
        """Walk depth first, without recursion: trees may be deeper than Python's stack."""
        self.never_enter((folder, *skip_folders))
        unfinished = [self._entries(folder, below="")]
        while unfinished and not self.is_stopped():
            entry = next(unfinished[-1], None)
            if entry is None:
                unfinished.pop()
            elif not entry.is_folder:
                yield _media_file(entry.path, entry.relative_path, entry.status)
            elif _identity(entry.status) not in self.closed:
                self.closed.add(_identity(entry.status))
                unfinished.append(self._entries(entry.path, below=entry.relative_path + "/"))

    def _entries(self, folder: str, *, below: str) -> Iterator[_Entry]:
        try:
            with os.scandir(folder) as listing:
                items = list(self._until_stopped(listing))
        except OSError as error:
            self.on_unreadable(folder, error)
            return
        # Looked at one by one: what is known of a file takes a kilobyte, and there may be many.
        items.sort(key=self._order_of, reverse=True)
        while items and not self.is_stopped():
            item = items.pop()
            entry = self._looked_at(item, below + item.name)
            if entry is not None:
                yield entry

    def _order_of(self, item: os.DirEntry[str]) -> bytes:
        # With its "/", a folder stands where the paths below it belong: "a-b" before "a/c".
        end = b"/" if self._is_folder(item) else b""
        return item.name.encode("utf-8", "surrogateescape") + end

    def _until_stopped(self, items: Iterable[os.DirEntry[str]]) -> Iterator[os.DirEntry[str]]:
        return itertools.takewhile(lambda _: not self.is_stopped(), items)

    def _looked_at(self, item: os.DirEntry[str], relative_path: str) -> _Entry | None:
        if _matches(relative_path, self.exclude):
            return None
        kind = self._kind_of(item)
        if kind is not Kind.OWN:
            if kind is not Kind.FOREIGN:
                self._count(item, relative_path, HIDDEN if kind is Kind.HIDDEN else item.name)
            return None
        try:
            status = item.stat(follow_symlinks=self.follow_links)
        except OSError as error:
            if self._is_wanted(relative_path):
                self.on_unreadable(item.path, error)
            return None
        entry = _Entry(path=item.path, relative_path=relative_path, status=status)
        if entry.is_folder:
            return entry if self.recursive else None
        is_file = stat.S_ISREG(status.st_mode)
        return entry if is_file and self._is_recording(item.path, relative_path) else None

    def _is_recording(self, path: str, relative_path: str) -> bool:
        if self._is_wanted(relative_path):
            return True
        if not self._is_wanted(relative_path, SHARED_SUFFIXES):
            return False
        try:
            return begins_like_recording(path)
        except UnreadableInput as error:
            if isinstance(error.__cause__, OSError):
                self.on_unreadable(path, error.__cause__)
        except OSError as error:
            self.on_unreadable(path, error)
        return False

    def _is_wanted(self, relative_path: str, suffixes: frozenset[str] = MEDIA_SUFFIXES) -> bool:
        suffix = suffix_of(relative_path)
        if not self.include:
            return suffix in suffixes
        return any(
            _matches(relative_path, (glob,))
            # "*.dat" asks for that very suffix; "talk*" does not ask for talk.json.
            and (suffix in suffixes or suffix_of(glob) == suffix != "")
            for glob in self.include
        )

    def _count(self, item: os.DirEntry[str], relative_path: str, place: str) -> None:
        """Tell of what lies in a bin or hidden place, by names alone."""
        waiting = [(item, relative_path)]
        while waiting and self.looked_through_count < _LOOKED_THROUGH and not self.is_stopped():
            self.looked_through_count += 1
            item, relative_path = waiting.pop()
            if self._kind_of(item) is Kind.FOREIGN or _matches(relative_path, self.exclude):
                continue
            with contextlib.suppress(OSError):  # it is left out anyway
                if item.is_dir(follow_symlinks=False):
                    waiting += self._inner_items(item, relative_path)
                elif item.is_file(follow_symlinks=False) and self._is_wanted(relative_path):
                    self.on_left_out(relative_path, place)

    def _inner_items(
        self, folder: os.DirEntry[str], relative_path: str
    ) -> list[tuple[os.DirEntry[str], str]]:
        if not self.recursive or _identity(folder.stat(follow_symlinks=False)) in self.closed:
            return []
        with os.scandir(folder.path) as listing:
            some = itertools.islice(listing, _LOOKED_THROUGH)
            return [(item, f"{relative_path}/{item.name}") for item in some]

    def _kind_of(self, item: os.DirEntry[str]) -> Kind:
        return kind_of_folder(item.name) if self._is_folder(item) else kind_of_file(item.name)

    def _is_folder(self, item: os.DirEntry[str]) -> bool:
        try:
            return item.is_dir(follow_symlinks=self.follow_links)
        except OSError:  # links in a circle
            return False


def _matches(relative_path: str, globs: tuple[str, ...]) -> bool:
    relative_path = _comparable(relative_path)
    name = relative_path.rpartition("/")[2]
    return any(
        fnmatchcase(relative_path, glob) or fnmatchcase(name, glob)
        for glob in map(_comparable, globs)
    )


def _comparable(text: str) -> str:
    """The text in one case, and in one of the two ways to write an accent: macOS has the other."""
    return unicodedata.normalize("NFC", text).lower()


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino
