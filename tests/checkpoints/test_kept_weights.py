"""Packed weights beside a checkpoint are taken back as they were written, from their owner only."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from qasr_cli.checkpoints import kept_weights
from qasr_cli.checkpoints.kept_weights import PACKED_FOLDER, KeptWeights, Part
from qasr_cli.storage.temporaries import sweep_once

NAME = "bfloat16-here-1"
NUMBERS = [bytes(range(200)), b"", b"\xff" * 5000]


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """A folder with packed weights."""
    parts = [
        (Part(shape=(2, number), layout=b"\0a", size_bytes=len(some)), memoryview(some))
        for number, some in enumerate(NUMBERS)
    ]
    assert kept_weights.keep(tmp_path, NAME, parts, replaces="bfloat16-here-")
    return tmp_path


def file_in(checkpoint: Path) -> Path:
    """The one file that is kept."""
    (file,) = (checkpoint / PACKED_FOLDER).iterdir()
    return file


def numbers_of(kept: KeptWeights | None) -> list[bytes]:
    """The numbers of all parts."""
    assert kept is not None
    return [
        kept.memory[offset : offset + part.size_bytes]
        for part, offset in zip(kept.parts, kept.offsets, strict=True)
    ]


def test_what_was_kept_is_found(checkpoint: Path) -> None:
    """Shapes, layouts and numbers come back, each part on a page of its own."""
    kept = kept_weights.find(checkpoint, NAME)

    assert kept is not None
    assert numbers_of(kept) == NUMBERS
    assert [(part.shape, part.layout) for part in kept.parts] == [
        ((2, 0), b"\0a"),
        ((2, 1), b"\0a"),
        ((2, 2), b"\0a"),
    ]
    assert all(offset % 4096 == 0 for offset in kept.offsets)
    assert kept_weights.find(checkpoint, "bfloat16-there-1") is None


@pytest.mark.skipif(
    not Path("/sys/kernel/mm/transparent_hugepage").is_dir(), reason="a system without large pages"
)
def test_large_pages_are_asked_for(checkpoint: Path) -> None:
    """The system notes it of the mapping; whether it can give them is its own affair."""
    kept = kept_weights.find(checkpoint, NAME)
    assert kept is not None

    mappings = Path("/proc/self/smaps").read_text().split(str(file_in(checkpoint)))[1:]

    assert any("hg" in mapping.split("VmFlags:")[1].splitlines()[0].split() for mapping in mappings)


def test_what_does_not_do_is_replaced(checkpoint: Path) -> None:
    """What is kept under a name stays, but where it is said to be of no use."""
    part = Part(shape=(2, 0), layout=b"", size_bytes=3), memoryview(b"new")
    here = "bfloat16-here-"

    assert kept_weights.keep(checkpoint, NAME, [part], replaces=here)
    assert numbers_of(kept_weights.find(checkpoint, NAME)) == NUMBERS
    assert kept_weights.keep(checkpoint, NAME, [part], replaces=here, anew=True)
    assert numbers_of(kept_weights.find(checkpoint, NAME)) == [b"new"]


def test_only_the_owner_can_read_and_write_it(checkpoint: Path) -> None:
    """The folder has mode 0700, the file 0600."""
    file = file_in(checkpoint)

    assert [path.stat().st_mode & 0o777 for path in (file.parent, file)] == [0o700, 0o600]


def let_others_write(file: Path) -> None:
    """The group may write the file."""
    file.chmod(0o620)


def let_others_exchange(file: Path) -> None:
    """Everybody may put another file in its place."""
    file.parent.chmod(0o777)


def become_a_link(file: Path) -> None:
    """The name stands for a file elsewhere."""
    file.rename(file.parent.parent / "elsewhere")
    file.symlink_to(file.parent.parent / "elsewhere")


def become_a_fifo(file: Path) -> None:
    """Reading would wait for ever."""
    file.unlink()
    os.mkfifo(file, 0o600)


def be_cut_short(file: Path) -> None:
    """The last page is gone."""
    os.truncate(file, file.stat().st_size - 4096)


def be_emptied(file: Path) -> None:
    """Nothing is left."""
    os.truncate(file, 0)


def change_in_front(file: Path) -> None:
    """One bit of what it says of itself is another one."""
    data = bytearray(file.read_bytes())
    data[100] ^= 1
    file.write_bytes(data)


@pytest.mark.parametrize(
    "damage",
    [
        let_others_write,
        let_others_exchange,
        become_a_link,
        become_a_fifo,
        be_cut_short,
        be_emptied,
        change_in_front,
    ],
)
def test_what_cannot_be_trusted_is_not_there(
    checkpoint: Path, damage: Callable[[Path], object]
) -> None:
    """A file that others may have written, or that is not whole, is as good as none."""
    damage(file_in(checkpoint))

    assert kept_weights.find(checkpoint, NAME) is None


def test_a_new_one_takes_the_place_of_its_like(checkpoint: Path) -> None:
    """Of one processor and number format one file is kept; those of others stay."""
    part = (Part(shape=(1, 1), layout=b"", size_bytes=3), memoryview(b"new"))

    assert kept_weights.keep(checkpoint, "bfloat16-there-2", [part], replaces="bfloat16-there-")
    assert kept_weights.keep(checkpoint, "bfloat16-here-2", [part], replaces="bfloat16-here-")

    assert kept_weights.find(checkpoint, NAME) is None
    assert numbers_of(kept_weights.find(checkpoint, "bfloat16-there-2")) == [b"new"]
    assert numbers_of(kept_weights.find(checkpoint, "bfloat16-here-2")) == [b"new"]


def test_what_another_process_kept_stays(checkpoint: Path) -> None:
    """Of several that pack at once the first one's file serves all; the others write none."""
    before = numbers_of(kept_weights.find(checkpoint, NAME))
    part = (Part(shape=(1, 1), layout=b"", size_bytes=3), memoryview(b"new"))

    assert kept_weights.keep(checkpoint, NAME, [part], replaces=NAME, goes_on=lambda: False)
    assert numbers_of(kept_weights.find(checkpoint, NAME)) == before


def test_it_is_counted_and_cleared(checkpoint: Path) -> None:
    """Its size is told, and after clearing there is nothing of it; a second time is no error."""
    size_bytes = file_in(checkpoint).stat().st_size

    assert kept_weights.size_bytes_of(checkpoint) == size_bytes
    assert kept_weights.clear(checkpoint) == size_bytes
    assert not (checkpoint / PACKED_FOLDER).exists()
    assert kept_weights.clear(checkpoint) == 0


def test_clearing_follows_no_link(checkpoint: Path, tmp_path: Path) -> None:
    """A link in the folder's place is removed, and what it leads to stays."""
    (checkpoint / PACKED_FOLDER).rename(tmp_path / "elsewhere")
    (checkpoint / PACKED_FOLDER).symlink_to(tmp_path / "elsewhere")

    kept_weights.clear(checkpoint)

    assert len(list((tmp_path / "elsewhere").iterdir())) == 1
    assert not (checkpoint / PACKED_FOLDER).is_symlink()


def test_who_is_stopped_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a part of a file, nor what would look like one."""
    monkeypatch.setattr(kept_weights, "_PIECE_BYTES", 1000)
    answers = iter([True, True, False])
    part = (Part(shape=(1, 1), layout=b"", size_bytes=5000), memoryview(bytes(5000)))

    is_kept = kept_weights.keep(
        tmp_path, NAME, [part], replaces=NAME, goes_on=lambda: next(answers)
    )

    assert not is_kept
    assert list((tmp_path / PACKED_FOLDER).iterdir()) == []


KILLED = """
import os, signal, sys
from pathlib import Path
from qasr_cli.checkpoints import kept_weights
from qasr_cli.checkpoints.kept_weights import Part

def die():
    os.kill(os.getpid(), signal.SIGKILL)

part = (Part(shape=(1, 1), layout=b"", size_bytes=3), memoryview(b"new"))
kept_weights.keep(Path(sys.argv[1]), "x", [part], replaces="x", goes_on=die)
"""


def test_what_a_killed_process_left_goes_at_the_next_start(checkpoint: Path) -> None:
    """Whoever looks for weights removes it, and finds those that stand."""
    subprocess.run([sys.executable, "-c", KILLED, str(checkpoint)], check=False)
    assert len(list((checkpoint / PACKED_FOLDER).iterdir())) == 2
    sweep_once.cache_clear()  # as in a new process

    assert numbers_of(kept_weights.find(checkpoint, NAME)) == NUMBERS
    assert file_in(checkpoint).stem == NAME


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is closed to root")
def test_a_folder_of_others_gets_nothing(tmp_path: Path) -> None:
    """Where the checkpoint's folder cannot be written, nothing is kept, and nothing said."""
    part = (Part(shape=(1, 1), layout=b"", size_bytes=3), memoryview(b"new"))
    tmp_path.chmod(0o500)

    assert not kept_weights.keep(tmp_path, NAME, [part], replaces=NAME)
    tmp_path.chmod(0o700)
    assert not (tmp_path / PACKED_FOLDER).exists()
