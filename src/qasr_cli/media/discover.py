"""Folders to media files, in an order that does not change. Reads no sound."""

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from qasr_cli.core.types import MediaFile
from qasr_cli.media.source import open_source

# What ffmpeg's allow-listed demuxers (media.decoding.ffmpeg) read, by the names in use for it.
_SOUND_SUFFIXES = (
    "3ga aac ac3 aif aifc aiff amr au caf eac3 flac m4a m4b mka mp2 mp3 mpga oga ogg opus snd tta "
    "w64 wav wave weba wma wv"
)
_VIDEO_SUFFIXES = (
    "3g2 3gp asf avi f4v flv m2ts m4v mkv mov mp4 mpeg mpg mts ogm ogv ts vob webm wmv"
)
MEDIA_SUFFIXES = frozenset(f".{name}" for name in f"{_SOUND_SUFFIXES} {_VIDEO_SUFFIXES}".split())


def discover(
    folder: str,
    *,
    recursive: bool,
    include: tuple[str, ...] = (),
    exclude: tuple[str, ...] = (),
    follow_links: bool = False,
    skip_folders: Sequence[str] = (),
    on_unreadable: Callable[[str, OSError], None],
) -> Iterator[MediaFile]:
    """The media files of a folder, sorted by the bytes of their relative path.

    Hidden files and folders are left out, and whatever is not a regular file. A glob is held
    against the path below `folder` ("/"-separated) and against the last name alone.

    Args:
        folder: walked whatever `exclude` and `skip_folders` say.
        include: only files that match one of these; "*.dat" makes .dat a suffix of media files.
        exclude: no file that matches, and no folder.
        follow_links: also linked files and folders; no folder is walked twice.
        skip_folders: not walked; such as the one the outputs go to.
        on_unreadable: told of every folder and file that could not be looked at.
    """
    walk = _Walk(
        recursive=recursive,
        include=include,
        exclude=exclude,
        follow_links=follow_links,
        on_unreadable=on_unreadable,
    )
    walk.never_enter(skip_folders)
    return walk.files(folder)


def media_file_from_path(path: str, relative_path: str) -> MediaFile:
    """A file that the user named; links are followed.

    Raises:
        UnreadableInput: absent, denied, or not a regular file.
    """
    fd = open_source(path)
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

    @property
    def order(self) -> bytes:
        # With its "/", a folder stands where the paths below it belong: "a-b" before "a/c".
        return os.fsencode(self.relative_path) + (b"/" if self.is_folder else b"")


@dataclass(slots=True, kw_only=True)
class _Walk:
    recursive: bool
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    follow_links: bool
    on_unreadable: Callable[[str, OSError], None]
    closed: set[tuple[int, int]] = field(default_factory=set)

    def never_enter(self, folders: Sequence[str]) -> None:
        """Close folders to the walk; those that do not exist (yet) do not matter."""
        for folder in folders:
            if os.path.isdir(folder):
                self.closed.add(_identity(os.stat(folder)))

    def files(self, folder: str) -> Iterator[MediaFile]:
        """Walk depth first, without recursion: trees may be deeper than Python's stack."""
        self.never_enter((folder,))
        unfinished = [iter(self._entries(folder, below=""))]
        while unfinished:
            entry = next(unfinished[-1], None)
            if entry is None:
                unfinished.pop()
            elif not entry.is_folder:
                yield _media_file(entry.path, entry.relative_path, entry.status)
            elif _identity(entry.status) not in self.closed:
                self.closed.add(_identity(entry.status))
                unfinished.append(iter(self._entries(entry.path, below=entry.relative_path + "/")))

    def _entries(self, folder: str, *, below: str) -> list[_Entry]:
        try:
            with os.scandir(folder) as listing:
                visible = [item for item in listing if not item.name.startswith(".")]
        except OSError as error:
            self.on_unreadable(folder, error)
            return []
        looked_at = (self._looked_at(item, below + item.name) for item in visible)
        return sorted((entry for entry in looked_at if entry), key=lambda entry: entry.order)

    def _looked_at(self, item: os.DirEntry[str], relative_path: str) -> _Entry | None:
        if _matches(relative_path, self.exclude):
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
        return entry if is_file and self._is_wanted(relative_path) else None

    def _is_wanted(self, relative_path: str) -> bool:
        suffix = os.path.splitext(relative_path)[1]
        if not self.include:
            return suffix.lower() in MEDIA_SUFFIXES
        return any(
            _matches(relative_path, (glob,))
            # "*.dat" asks for that very suffix; "talk*" does not ask for talk.json.
            and (suffix.lower() in MEDIA_SUFFIXES or os.path.splitext(glob)[1] == suffix != "")
            for glob in self.include
        )


def _matches(relative_path: str, globs: tuple[str, ...]) -> bool:
    name = relative_path.rpartition("/")[2]
    return any(fnmatchcase(relative_path, glob) or fnmatchcase(name, glob) for glob in globs)


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino
