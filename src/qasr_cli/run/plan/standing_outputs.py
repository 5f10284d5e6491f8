"""Which outputs recordings have from earlier runs, as far as their names depend on it."""

import contextlib
import functools
import os
from bisect import bisect_left
from collections.abc import Iterable

from qasr_cli.run.state.store import Store

# Whose listings are in memory: recordings of a folder come before and after those of its folders.
_FOLDERS_KEPT = 8


def standing_outputs(store: Store, name: str) -> tuple[str, ...]:
    """The outputs of an input that is done; none where one of them is gone."""
    head = store.read_head(name)
    if head is None:
        return ()
    paths = tuple(os.path.join(store.root, output.path) for output in head.mark.outputs)
    return paths if all(map(os.path.exists, paths)) else ()


def named_with_extension(places: Iterable[tuple[str, str]]) -> set[str]:
    """The inputs beside whose outputs a file stands that has the input's whole name and more.

    One listing of each folder tells: that spares asking for the result of every input.

    Args:
        places: relative path, and the folder its outputs go to.
    """
    names_in = functools.lru_cache(_FOLDERS_KEPT)(_names_in)
    found: set[str] = set()
    for rel, folder in places:
        beginning = os.path.basename(rel) + "."
        names = names_in(folder)
        place = bisect_left(names, beginning)
        if place < len(names) and names[place].startswith(beginning):
            found.add(rel)
    return found


def _names_in(folder: str) -> list[str]:
    with contextlib.suppress(OSError):  # not there yet; else the first write says what it is
        return sorted(os.listdir(folder))
    return []
