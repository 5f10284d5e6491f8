"""Names are given to files, and taken from nobody."""

import contextlib
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from qasr_cli.errors import OutputExists
from qasr_cli.storage.files import Writer
from qasr_cli.storage.publish import settle_exchanges

ROUNDS = 200
OWN, NEW, WORK = b"ours", b"ours, anew", b"somebody's work"
WRITER = Writer(owner="s1")


def is_own(place: str) -> bool:
    """Whether a file holds what these tests call ours."""
    with contextlib.suppress(OSError):
        return Path(place).read_bytes() in (OWN, NEW)
    return False


def at_once(*actions: Callable[[], object]) -> None:
    """Do all of it at the same time."""
    start = threading.Barrier(len(actions))

    def act(action: Callable[[], object]) -> None:
        start.wait()
        action()

    threads = [threading.Thread(target=act, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def write_anew(path: Path) -> None:
    """Write an output as a run does."""
    with contextlib.suppress(OutputExists):
        WRITER.write_output(str(path), NEW, of="talk.wav", is_own=is_own)


def test_of_two_who_make_a_file_one_does(tmp_path: Path) -> None:
    """Whoever makes a file that is not there yet, it is never lost to us."""
    losses = []
    for number in range(ROUNDS):
        path = tmp_path / f"{number}.srt"

        def make(path: Path = path) -> None:
            with contextlib.suppress(FileExistsError), path.open("xb") as file:
                file.write(WORK)
                losses.append(path)

        at_once(lambda path=path: write_anew(path), make)  # type: ignore[misc]

    assert {path.read_bytes() for path in losses} <= {WORK}
    assert len(list(tmp_path.iterdir())) == ROUNDS


def test_what_replaces_our_old_output_is_not_replaced(tmp_path: Path) -> None:
    """A file that is moved over our old output while we do the same is there in the end."""
    for number in range(ROUNDS):
        path, draft = tmp_path / f"{number}.srt", tmp_path / "draft"
        path.write_bytes(OWN)
        draft.write_bytes(WORK)

        at_once(
            lambda path=path: write_anew(path),  # type: ignore[misc]
            lambda path=path, draft=draft: os.replace(draft, path),  # type: ignore[misc]
        )

        assert path.read_bytes() == WORK

    assert len(list(tmp_path.iterdir())) == ROUNDS


@pytest.mark.parametrize("kind", ["file", "empty", "folder", "dead link", "FIFO"])
def test_whatever_stands_there_stays(tmp_path: Path, kind: str) -> None:
    """Anything that has the name keeps it, and the error says which name that is."""
    path = tmp_path / "talk.srt"
    makers: dict[str, Callable[[], object]] = {
        "file": lambda: path.write_bytes(WORK),
        "empty": path.touch,
        "folder": path.mkdir,
        "dead link": lambda: path.symlink_to("gone"),
        "FIFO": lambda: os.mkfifo(path),
    }
    makers[kind]()
    before = path.lstat()

    with pytest.raises(OutputExists, match=r"talk\.wav: talk\.srt exists"):
        WRITER.write_output(str(path), NEW, of="talk.wav")

    assert path.lstat() == before
    assert list(tmp_path.iterdir()) == [path]


def test_our_old_output_makes_room(tmp_path: Path) -> None:
    """What still is as we wrote it is replaced, and nothing else is left."""
    path = tmp_path / "talk.srt"
    path.write_bytes(OWN)

    WRITER.write_output(str(path), NEW, of="talk.wav", is_own=is_own)

    assert path.read_bytes() == NEW
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("aside", "there", "afterwards"),
    [
        (OWN, NEW, [NEW]),  # killed after the exchange
        (NEW, OWN, [OWN]),  # before it
        (WORK, NEW, [WORK]),  # what was taken away is not ours
        (WORK, b"more work", [WORK, b"more work"]),  # and in its place there is more of the kind
        (WORK, None, [WORK]),
    ],
)
def test_an_exchange_that_broke_off_is_settled(
    tmp_path: Path, aside: bytes, there: bytes | None, afterwards: list[bytes]
) -> None:
    """Of two files that were to change places ours goes, and nothing of anybody else's."""
    path = tmp_path / "talk.srt"
    (tmp_path / ".qasr-s1-ad162e7a-00000000.swap").write_bytes(aside)
    if there is not None:
        path.write_bytes(there)

    settle_exchanges(
        str(tmp_path),
        is_orphaned=lambda owner: owner == "s1",
        is_own=lambda place, _: is_own(place),
    )

    assert sorted(found.read_bytes() for found in tmp_path.iterdir()) == sorted(afterwards)
    assert there is None or path.read_bytes() == (WORK if afterwards == [WORK] else there)
