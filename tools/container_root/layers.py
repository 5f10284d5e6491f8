"""Folders that lie over one another, as layers of an image do, kept for the next time."""

import contextlib
import hashlib
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_KEY_DIGITS = 12  # the kernel takes one page of text for all layers of a mount
_FROM_DEBIAN = ("python3", "python3-venv", "python3-pip", "ca-certificates")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """What one instruction changed.

    Attributes:
        key: of it and all below; equal ones are the same files.
        made_by: the instruction.
        is_kept: an earlier build made it.
    """

    key: str
    made_by: str
    path: Path
    is_kept: bool

    @property
    def size_bytes(self) -> int:
        """What its files take, each counted once."""
        said = subprocess.run(
            ["du", "-s", "--block-size=1", self.path], capture_output=True, text=True, check=True
        )
        return int(said.stdout.split()[0])


class LayerStore:
    """A folder of layers.

    Args:
        folder: on a disk that overlayfs takes as its upper one.
        mirror: of Debian.
    """

    def __init__(self, folder: Path, *, mirror: str) -> None:
        self._folder = folder / "layers"
        self._scratch = folder / "scratch"
        self._mount = folder / "root"
        self._mirror = mirror
        for path in (self._folder, self._scratch, self._mount):
            path.mkdir(parents=True, exist_ok=True)

    def base(self, suite: str) -> Layer:
        """A Debian with Python, as the image that a Containerfile begins with.

        Raises:
            subprocess.CalledProcessError: debootstrap did not make it.
        """
        key = _key_of("debootstrap", suite, *_FROM_DEBIAN)
        path = self._folder / key
        is_kept = path.is_dir()
        if not is_kept:
            unfinished = self._emptied("debootstrap")
            wanted = f"--include={','.join(_FROM_DEBIAN)}"
            command = [
                "debootstrap",
                "--variant=minbase",
                wanted,
                suite,
                str(unfinished),
                self._mirror,
            ]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            (unfinished / "usr/local/bin/python").symlink_to("/usr/bin/python3")
            shutil.rmtree(unfinished / "var/cache/apt/archives")
            shutil.rmtree(unfinished / "var/lib/apt/lists")
            unfinished.rename(path)
        return Layer(key=key, made_by=f"debootstrap {suite}", path=path, is_kept=is_kept)

    @contextlib.contextmanager
    def changed(self, below: Sequence[Layer], made_by: str, *parts: str) -> Iterator["Change"]:
        """A root that may be changed; what was, is a layer once the block ends well.

        Args:
            below: the lowest one first.
            made_by: the instruction.
            parts: whatever else the outcome depends on.
        """
        key = _key_of(below[-1].key, made_by, *parts)
        path = self._folder / key
        change = Change(
            layer=Layer(key=key, made_by=made_by, path=path, is_kept=path.is_dir()),
            root=self._mount,
        )
        if change.layer.is_kept:
            yield change
            return
        upper = self._emptied("upper")
        writable = f"upperdir={upper},workdir={self._emptied('work')}"
        with _mounted(self._folder, below, writable, self._mount):
            yield change
        upper.rename(path)

    @contextlib.contextmanager
    def read_only(self, layers: Sequence[Layer], *, at: str) -> Iterator[Path]:
        """All layers as one root that nobody can change.

        Args:
            at: a name for the place where it is mounted.
        """
        place = self._scratch / at
        place.mkdir(exist_ok=True)
        with _mounted(self._folder, layers, "ro", place):
            yield place

    def _emptied(self, name: str) -> Path:
        path = self._scratch / name
        if path.exists():
            shutil.rmtree(path)
        path.mkdir()
        return path


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A layer in the making.

    Attributes:
        layer: what it will be; nothing is to be done where it is kept already.
        root: what lies below, to be changed.
    """

    layer: Layer
    root: Path


@contextlib.contextmanager
def _mounted(folder: Path, layers: Sequence[Layer], options: str, place: Path) -> Iterator[None]:
    # The topmost first; by names in their folder, for the list has to stay short.
    lower = ":".join(layer.path.name for layer in reversed(layers))
    chosen = f"lowerdir={lower},{options}"
    command = ["mount", "-t", "overlay", "qasr", "-o", chosen, str(place)]
    subprocess.run(command, cwd=folder, check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", place], check=True)


def _key_of(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:_KEY_DIGITS]
