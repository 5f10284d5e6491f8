"""What systems keep beside a user's own recordings."""

import os
from pathlib import Path

from qasr_cli.media.discover import discover

BINS = ("#recycle", "$RECYCLE.BIN", "Recycler", "@Recycle", ".Trash-1000", ".trashes", "LOST+FOUND")
FOREIGN = (
    *("@eaDir", "@EADIR", "#snapshot", ".snapshot", ".zfs", "System Volume Information"),
    *("__MACOSX", ".AppleDouble", ".@__thumb", "@Recently-Snapshot", ".qasr"),
)


def _touch(folder: Path, *relative_paths: str) -> None:
    for relative_path in relative_paths:
        path = folder / relative_path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def _not_expected(path: str, error: OSError) -> None:
    raise AssertionError(f"{path}: {error}")


def _left_out(folder: Path, *, recursive: bool = True, exclude: tuple[str, ...] = ()) -> set[str]:
    told: list[str] = []
    media = discover(
        str(folder),
        recursive=recursive,
        exclude=exclude,
        on_unreadable=_not_expected,
        on_left_out=lambda path, place: told.append(f"{place}: {path}"),
    )
    assert [file.relative_path for file in media] == ["a.mp3"]
    assert len(told) == len(set(told))
    return set(told)


def test_bins_are_left_out_and_what_is_in_them_is_told(tmp_path: Path) -> None:
    """What was thrown away is no recording of a folder, but nobody should miss it unknowingly."""
    _touch(tmp_path, "a.mp3", *(f"{name}/deep/b.mp3" for name in BINS))

    assert _left_out(tmp_path) == {f"{name}: {name}/deep/b.mp3" for name in BINS}
    assert _left_out(tmp_path, recursive=False) == set()
    assert _left_out(tmp_path, exclude=("[!a]*",)) == set()


def test_data_of_systems_is_left_out_in_silence(tmp_path: Path) -> None:
    """Snapshots hold everything twice, and thumbnails were recorded by nobody."""
    _touch(tmp_path, "a.mp3", "._a.mp3", *(f"{name}/b.mp3" for name in FOREIGN))

    assert _left_out(tmp_path) == set()


def test_hidden_recordings_are_told(tmp_path: Path) -> None:
    """Hidden files and folders are told by their names alone; no link is followed for that."""
    _touch(tmp_path, "a.mp3", ".b.mp3", ".c/d.mp3", ".c/e.txt", ".c/@eaDir/f.mp3", ".c/g.ts")
    (tmp_path / ".c" / "up").symlink_to("..")
    os.mkfifo(tmp_path / ".c" / "pipe.mp3")

    assert _left_out(tmp_path) == {"hidden: .b.mp3", "hidden: .c/d.mp3"}
