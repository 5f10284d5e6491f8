"""Kinds of damage to a file of qasr's state, each with chance of its own."""

import json
import os
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

SOMEBODYS = "announcement.srt"  # a file of somebody's, beside the state

_VALUES: tuple[object, ...] = (
    *(None, True, 0, -1, 7, 1.5, 1e308, 10**30, "", "x", "\0", "../../up", "/", "\ud800"),
    *([], {}, [[]], {"x": 1}, [None], "9" * 5000),
)

Mutation = Callable[[Path, random.Random], None]


def flip_bytes(path: Path, rng: random.Random) -> None:
    """Other bytes in some places."""
    data = bytearray(path.read_bytes())
    for _ in range(rng.choice((1, 3, 20)) if data else 0):
        data[rng.randrange(len(data))] = rng.randrange(256)
    path.write_bytes(data)


def cut_short(path: Path, rng: random.Random) -> None:
    """The end is missing."""
    data = path.read_bytes()
    path.write_bytes(data[: rng.randrange(len(data) + 1)])


def empty(path: Path, _rng: random.Random) -> None:
    """Nothing is in it."""
    path.write_bytes(b"")


def nest(path: Path, rng: random.Random) -> None:
    """JSON that is nested deeper than any reader likes."""
    depth = rng.choice((500, 5_000, 200_000))
    left, right = rng.choice(((b"[", b"]"), (b'{"a":', b"}")))
    deep = left * depth + b"1" + right * depth + b"\n"
    data = path.read_bytes()
    path.write_bytes(rng.choice((deep, data + deep, deep + data)))


def change_values(path: Path, rng: random.Random) -> None:
    """A value of another type, or none, somewhere in a line of JSON."""
    lines = path.read_bytes().split(b"\n")
    for _ in range(rng.choice((1, 1, 2))):
        index = rng.randrange(len(lines))
        lines[index] = _changed_line(lines[index], rng)
    path.write_bytes(b"\n".join(lines))


def _changed_line(line: bytes, rng: random.Random) -> bytes:
    # A result is one document in two lines.
    begin = b"{" if not line.startswith(b"{") else b""
    end = b"}" if line.endswith(b",") else b""
    try:
        document = json.loads(begin + line.removesuffix(b",") + end)
    except (ValueError, RecursionError):  # damaged before
        return line
    _change_somewhere(document, rng)
    changed = json.dumps(document).encode()
    return changed[len(begin) : len(changed) - len(end)] + (b"," if end else b"")


def _change_somewhere(value: object, rng: random.Random) -> None:
    """Change one value inside of lists and objects."""
    places: list[tuple[dict[str, object] | list[object], str | int]] = list(_places(value))
    if not places:
        return
    holder, key = rng.choice(places)
    if isinstance(holder, dict) and isinstance(key, str):
        if rng.randrange(5) == 0:
            del holder[key]
        else:
            holder[rng.choice((key, key, key, "unknown"))] = rng.choice(_VALUES)
    elif isinstance(holder, list) and isinstance(key, int):
        holder[key] = rng.choice(_VALUES)


def _places(value: object) -> Iterator[tuple[dict[str, object] | list[object], str | int]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield value, key
            yield from _places(inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield value, index
            yield from _places(inner)


def shuffle_lines(path: Path, rng: random.Random) -> None:
    """Lines in another order, some of them twice or missing."""
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(rng.choices(lines, k=len(lines))) if lines else b"")


def swap(path: Path, rng: random.Random) -> None:
    """The content of another file of the state."""
    others = [other for other in files_of_state(state_of(path)) if other != path]
    if others:
        other = rng.choice(others)
        mine, its = path.read_bytes(), other.read_bytes()
        path.write_bytes(its)
        other.write_bytes(mine)


def remove(path: Path, _rng: random.Random) -> None:
    """It is gone."""
    path.unlink()


def make_folder(path: Path, _rng: random.Random) -> None:
    """A folder stands in its place, with a file in it."""
    path.unlink()
    path.mkdir()
    (path / "file").write_text("x")


def make_fifo(path: Path, _rng: random.Random) -> None:
    """Whoever opens it waits for a writer."""
    path.unlink()
    os.mkfifo(path)


def make_link(path: Path, rng: random.Random) -> None:
    """A link: to nothing, to itself, to a device that never ends, or to somebody's file."""
    path.unlink()
    somebodys = state_of(path).parent / SOMEBODYS
    path.symlink_to(rng.choice(("nowhere", path.name, "/dev/zero", str(somebodys))))


def replace_folder(path: Path, rng: random.Random) -> None:
    """A file, or a link to nothing, in the place of the folder that it lies in."""
    folder = path.parent
    shutil.rmtree(folder)
    if rng.choice((True, False)):
        folder.write_text("x")
    else:
        folder.symlink_to("nowhere")


MUTATIONS: tuple[Mutation, ...] = (
    *(flip_bytes, cut_short, empty, nest, change_values, change_values, change_values),
    *(shuffle_lines, swap, remove, make_folder, make_fifo, make_link, replace_folder),
)


def state_of(path: Path) -> Path:
    """The `.qasr` that a file lies in."""
    return next(parent for parent in path.parents if parent.name == ".qasr")


def files_of_state(state: Path) -> list[Path]:
    """Its regular files, in order."""
    return sorted(path for path in state.rglob("*") if path.is_file() and not path.is_symlink())
