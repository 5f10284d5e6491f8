import inspect
import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from qasr_cli.errors import UnreadableInput
from qasr_cli.media.discover import discover, media_file_from_path


def _touch(folder: Path, *relative_paths: str) -> None:
    for relative_path in relative_paths:
        path = folder / relative_path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def _not_expected(path: str, error: OSError) -> None:
    raise AssertionError(f"{path}: {error}")


def _found(
    folder: Path,
    *,
    recursive: bool = True,
    include: tuple[str, ...] = (),
    exclude: tuple[str, ...] = (),
    follow_links: bool = False,
    skip_folders: tuple[str, ...] = (),
) -> list[str]:
    media = discover(
        str(folder),
        recursive=recursive,
        include=include,
        exclude=exclude,
        follow_links=follow_links,
        skip_folders=skip_folders,
        on_unreadable=_not_expected,
    )
    return [file.relative_path for file in media]


def test_sound_and_video_suffixes_in_any_case(tmp_path: Path) -> None:
    """Sound and video are taken by suffix, whatever its case; other files are not."""
    _touch(tmp_path, "a.mp3", "B.WAV", "c.mkv", "notes.txt", "d.srt", "noext")

    assert _found(tmp_path) == ["B.WAV", "a.mp3", "c.mkv"]


def test_hidden_is_left_out(tmp_path: Path) -> None:
    """Hidden files and folders are left out."""
    _touch(tmp_path, "a.mp3", ".b.mp3", ".qasr/c.mp3", "d/.e/f.mp3")

    assert _found(tmp_path) == ["a.mp3"]


def test_a_bin_that_is_named_is_walked(tmp_path: Path) -> None:
    """Whoever names a bin wants what is in it."""
    _touch(tmp_path, "#recycle/a.mp3")

    assert _found(tmp_path / "#recycle") == ["a.mp3"]


def test_shared_suffixes_count_by_the_first_bytes(tmp_path: Path) -> None:
    """A program in TypeScript is passed over, and a FIFO of that name keeps nobody waiting."""
    _touch(tmp_path, "program.ts", "go.mod", "empty.ts")
    (tmp_path / "talk.ts").write_bytes((b"\x47" + bytes(187)) * 8)
    (tmp_path / "CAMERA.MOD").write_bytes(b"\0\0\1\xba" + bytes(100))
    os.mkfifo(tmp_path / "pipe.ts")

    assert _found(tmp_path) == ["CAMERA.MOD", "talk.ts"]
    assert _found(tmp_path, include=("*.ts",)) == ["empty.ts", "program.ts", "talk.ts"]
    assert _found(tmp_path, include=("C*",)) == ["CAMERA.MOD"]


def test_globs_know_no_case(tmp_path: Path) -> None:
    """A glob matches names in upper and lower case, and accents however they are written."""
    _touch(tmp_path, "TALK.MP3", "Übung.mp3", "U\u0308bel.mp3", "raw/B.DAT")

    assert _found(tmp_path, include=("talk*", "*.dat")) == ["TALK.MP3", "raw/B.DAT"]
    assert _found(tmp_path, include=("üb*",)) == ["U\u0308bel.mp3", "Übung.mp3"]
    assert _found(tmp_path, exclude=("RAW", "ü*")) == ["TALK.MP3"]


def test_only_regular_files(tmp_path: Path) -> None:
    """FIFOs, sockets and folders with a media suffix are no media files."""
    os.mkfifo(tmp_path / "pipe.mp3")
    (tmp_path / "folder.mp3").mkdir()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(tmp_path / "socket.mp3"))

    assert _found(tmp_path) == []


def test_sorted_by_the_bytes_of_the_relative_path(tmp_path: Path) -> None:
    """The order is that of the whole relative paths as bytes, across folders."""
    _touch(tmp_path, "a/x.mp3", "a-b.mp3", "a.mp3", "B.mp3", "ä.mp3", "z/1.mp3", "a/b/y.mp3")

    found = _found(tmp_path)

    assert len(found) == 7
    assert found == sorted(found, key=os.fsencode)


def test_not_recursive_stays_in_the_folder(tmp_path: Path) -> None:
    """Without recursion sub-folders are not entered."""
    _touch(tmp_path, "a.mp3", "b/c.mp3")

    assert _found(tmp_path, recursive=False) == ["a.mp3"]


def test_include_takes_what_matches_whatever_its_suffix(tmp_path: Path) -> None:
    """With globs to include, exactly the files that match one are taken."""
    _touch(tmp_path, "a.mp3", "b.rec", "day/c.rec", "day/d.mp3")

    assert _found(tmp_path, include=("*.rec", "day/d*")) == ["b.rec", "day/c.rec", "day/d.mp3"]


def test_exclude_wins_and_prunes_folders(tmp_path: Path) -> None:
    """What matches a glob to exclude is left out; a folder with all that is in it."""
    _touch(tmp_path, "a.mp3", "a-old.mp3", "old/b.mp3", "new/old/c.mp3", "new/d.mp3")

    assert _found(tmp_path, exclude=("*-old.*", "old")) == ["a.mp3", "new/d.mp3"]
    assert _found(tmp_path, include=("*.mp3",), exclude=("new/*",)) == [
        "a-old.mp3",
        "a.mp3",
        "old/b.mp3",
    ]


def test_links_are_not_followed(tmp_path: Path) -> None:
    """By default links to files and to folders are passed over."""
    _touch(tmp_path, "a.mp3", "folder/b.mp3")
    (tmp_path / "link.mp3").symlink_to("a.mp3")
    (tmp_path / "linked").symlink_to("folder")

    assert _found(tmp_path) == ["a.mp3", "folder/b.mp3"]


def test_followed_links_end(tmp_path: Path) -> None:
    """Followed links lead to each folder once, so that loops end."""
    _touch(tmp_path, "walked/a.mp3", "walked/deep/b.mp3", "outside/c.mp3")
    (tmp_path / "walked/loop").symlink_to(".")
    (tmp_path / "walked/deep/up").symlink_to("..")
    (tmp_path / "walked/other").symlink_to("../outside")
    (tmp_path / "walked/same").symlink_to("../outside")
    (tmp_path / "walked/link.mp3").symlink_to("a.mp3")

    assert _found(tmp_path / "walked", follow_links=True) == [
        "a.mp3",
        "deep/b.mp3",
        "link.mp3",
        "other/c.mp3",
    ]


def test_skipped_folders_are_not_walked(tmp_path: Path) -> None:
    """A folder to skip is not entered; the walked folder itself always is."""
    _touch(tmp_path, "a.mp3", "out/b.mp3")
    skipped = (str(tmp_path / "out"), str(tmp_path / "absent"), str(tmp_path))

    assert _found(tmp_path, skip_folders=skipped) == ["a.mp3"]


def test_names_that_are_not_utf8(tmp_path: Path) -> None:
    """Names that are not UTF-8 come back as they stand on the disk."""
    name = b"caf\xe9.mp3"
    with open(os.path.join(os.fsencode(tmp_path), name), "wb"):
        pass

    (found,) = _found(tmp_path)

    assert os.fsencode(found) == name


def test_trees_deeper_than_the_stack(tmp_path: Path) -> None:
    """A tree may be deeper than Python's recursion limit."""
    depth = 200
    (tmp_path / "/".join("d" * depth)).mkdir(parents=True)
    (tmp_path / "/".join("d" * depth) / "a.mp3").touch()
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack()) + depth // 2)
    try:
        found = _found(tmp_path)
    finally:
        sys.setrecursionlimit(limit)

    assert found == ["d/" * depth + "a.mp3"]


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody may enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)  # noqa: S103  # it must not be pytest's own reason
        yield Path(folder)


def _reported(folder: Path, *, follow_links: bool = False) -> tuple[list[str], list[str]]:
    reported: list[str] = []
    media = discover(
        str(folder),
        recursive=True,
        follow_links=follow_links,
        on_unreadable=lambda path, _: reported.append(os.path.relpath(path, folder)),
    )
    return [file.relative_path for file in media], reported


def test_an_unreadable_folder_is_reported(
    open_folder: Path, request: pytest.FixtureRequest
) -> None:
    """A folder that may not be read is reported, and the walk goes on."""
    _touch(open_folder, "a.mp3", "closed/b.mp3", "open/c.mp3")
    (open_folder / "closed").chmod(0o700 if os.geteuid() == 0 else 0o000)
    request.addfinalizer(lambda: (open_folder / "closed").chmod(0o755))
    request.getfixturevalue("as_nobody")

    assert _reported(open_folder) == (["a.mp3", "open/c.mp3"], ["closed"])


def test_a_broken_link_is_reported_where_it_matters(tmp_path: Path) -> None:
    """Of links that lead nowhere, those with the name of a recording are reported."""
    _touch(tmp_path, "a.mp3")
    (tmp_path / "gone.mp3").symlink_to("nowhere.mp3")
    (tmp_path / "gone.txt").symlink_to("nowhere.txt")

    assert _reported(tmp_path, follow_links=True) == (["a.mp3"], ["gone.mp3"])


def test_a_named_file_carries_its_stat(tmp_path: Path) -> None:
    """A file named by hand carries its size, times and inode, of what a link leads to."""
    _touch(tmp_path, "a.mp3")
    (tmp_path / "link").symlink_to("a.mp3")
    status = (tmp_path / "a.mp3").stat()

    media = media_file_from_path(str(tmp_path / "link"), "link")

    assert (media.size_bytes, media.mtime_ns) == (1, status.st_mtime_ns)
    assert (media.ctime_ns, media.inode) == (status.st_ctime_ns, status.st_ino)


def test_what_is_no_regular_file_is_refused(tmp_path: Path) -> None:
    """Absent files, folders and FIFOs are refused with the reason, without waiting."""
    os.mkfifo(tmp_path / "pipe")
    reasons = {"absent": "No such file or directory", ".": "is a folder", "pipe": "is not a reg"}
    for name, reason in reasons.items():
        with pytest.raises(UnreadableInput, match=reason):
            media_file_from_path(str(tmp_path / name), name)


def test_a_file_without_permission_is_refused(
    open_folder: Path, request: pytest.FixtureRequest
) -> None:
    """A file that may not be read is refused with that reason."""
    _touch(open_folder, "a.mp3")
    (open_folder / "a.mp3").chmod(0o000)
    request.getfixturevalue("as_nobody")

    with pytest.raises(UnreadableInput, match="Permission denied"):
        media_file_from_path(str(open_folder / "a.mp3"), "a.mp3")
