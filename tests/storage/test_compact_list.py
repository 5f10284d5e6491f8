"""A list of many values in little memory."""

import gc
import sys
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.core.types import MediaFile
from qasr_cli.storage.compact_list import CompactList
from tests.own_process import numbers_told_by

VALUES = st.lists(st.tuples(st.text(), st.integers(), st.none() | st.floats(allow_nan=False)))


@given(VALUES, st.integers(min_value=0, max_value=70))
def test_it_holds_what_a_list_holds(values: list[object], times: int) -> None:
    """Whatever is asked of it: length, one value, some of them, all in order, and what is not."""
    values = values * times
    compact = CompactList(values)

    assert list(compact) == values
    assert len(compact) == len(values)
    assert compact[1:-1:3] == tuple(values[1:-1:3])
    assert [compact[-1 - place] for place in range(len(values))] == values[::-1]
    assert compact == CompactList(values)
    assert compact != CompactList([*values, 1])
    with pytest.raises(IndexError):
        compact[len(values)]


def test_what_is_added_while_it_is_gone_over_comes_too() -> None:
    """Files are added to a run's list while its report is written."""
    compact = CompactList(range(100))

    gone_over = []
    for value in compact:
        gone_over.append(value)
        if value == 50:
            compact.append(100)

    assert gone_over == list(range(101))


class Folder:
    """Something that many values refer to, and that cannot be pickled."""

    def __reduce__(self) -> str:
        """Refuse."""
        raise TypeError


def test_shared_objects_come_out_as_the_very_same() -> None:
    """Those of a kind that is named; others are copies."""
    folders = [Folder(), Folder()]
    shared = CompactList([(folders[n % 2], n) for n in range(200)], shared=(Folder,))

    assert all(folder is folders[n % 2] for folder, n in shared)


@dataclass(slots=True)
class Interrupts:
    """Pickled the first time, it is as if a signal came."""

    pickled_count: list[int] = field(default_factory=list)

    def __reduce__(self) -> tuple[type[int], tuple[int]]:
        """Come in between once."""
        self.pickled_count.append(1)
        if len(self.pickled_count) == 1:
            raise KeyboardInterrupt
        return int, (7,)


def test_an_interruption_loses_and_doubles_nothing() -> None:
    """The second signal may come while values are packed; the report is written all the same."""
    compact = CompactList[object](range(40))
    compact.append(Interrupts())
    with pytest.raises(KeyboardInterrupt):
        compact.extend(range(41, 99))
    been = len(compact)
    compact.extend(range(been, 200))

    assert list(compact) == [*range(40), 7, *range(41, 200)]


def test_it_takes_an_eighth_of_the_memory_at_most() -> None:
    """Two thousand files, as a plan has them."""
    assert list(_compact()) == _plain()
    # Threads of other tests take memory and give it back meanwhile.
    compact_bytes, plain_bytes = numbers_told_by(__name__, "tell_bytes")
    assert 0 < compact_bytes < plain_bytes / 8


def tell_bytes() -> None:
    """Say how many bytes both take, on standard output."""
    tracemalloc.start()
    sys.stdout.write(f"{_bytes_of(_compact)} {_bytes_of(_plain)}\n")


def _compact() -> CompactList[MediaFile]:
    return CompactList(map(_media, range(2000)))


def _plain() -> list[MediaFile]:
    return list(map(_media, range(2000)))


def _bytes_of(make: Callable[[], object]) -> int:
    before_bytes = _traced_bytes()
    made = make()
    after_bytes = _traced_bytes()
    del made
    return after_bytes - before_bytes


def _traced_bytes() -> int:
    gc.collect()  # which gives free what Python keeps for objects to come
    return tracemalloc.get_traced_memory()[0]


def _media(number: int) -> MediaFile:
    return MediaFile(
        path=f"/share/recordings/{number // 100:03}/{number:05}.wav",
        relative_path=f"{number // 100:03}/{number:05}.wav",
        size_bytes=hash(("size", number)) % 10_000_000,
        mtime_ns=1_764_376_100_000_000_000 + hash(("mtime", number)) % 10**13,
        ctime_ns=1_764_376_100_000_000_000 + hash(("ctime", number)) % 10**13,
        inode=10_000_000 + number,
    )
