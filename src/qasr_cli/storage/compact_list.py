"""A list of many values in little memory. Nothing of it is ever on the disk."""

import io
import itertools
import operator
import pickle
import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from types import FunctionType
from typing import TypeVar, overload

T = TypeVar("T")

_BLOCK_COUNT = 64  # more would make a look at one value slow; of fewer, less would be alike
_SIZES = struct.Struct(f"={_BLOCK_COUNT}I")
_LEVEL = 1  # of zlib: values of one kind are so alike that more saves little


class CompactList(Sequence[T]):
    """A list that only grows. Its values are pickled, and compressed in blocks.

    It takes a tenth of what they do as objects. A value that is taken out equals the one that was
    added, but is another object; the newest ones, less than a block, are still the same.

    Args:
        values: the first ones.
        shared: kinds of objects to which many values refer; these come out as the very same.
    """

    def __init__(self, values: Iterable[T] = (), *, shared: tuple[type, ...] = ()) -> None:
        self._shared = _Shared((type, FunctionType, *shared))
        self._blocks: list[bytes] = []
        # Changed at once: a signal handler that ends the run may come between any two lines.
        self._packed_and_new: tuple[int, list[T]] = (0, [])
        self._opened: tuple[int, bytes, tuple[int, ...]] = (-1, b"", ())
        self.extend(values)

    def append(self, value: T) -> None:
        """Add a value, which does not change from now on."""
        packed_count, new = self._packed_and_new
        new.append(value)
        if len(new) >= _BLOCK_COUNT:
            self._blocks[packed_count // _BLOCK_COUNT :] = [self._block_of(new[:_BLOCK_COUNT])]
            self._packed_and_new = (packed_count + _BLOCK_COUNT, new[_BLOCK_COUNT:])

    def extend(self, values: Iterable[T]) -> None:
        """Add some."""
        for value in values:
            self.append(value)

    def __len__(self) -> int:
        packed_count, new = self._packed_and_new
        return packed_count + len(new)

    @overload
    def __getitem__(self, place: int) -> T: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[T, ...]: ...

    def __getitem__(self, place: int | slice) -> T | tuple[T, ...]:
        """One value, or some.

        Raises:
            IndexError: there is none.
        """
        places = range(len(self))[place]
        return self._at(places) if isinstance(places, int) else tuple(map(self._at, places))

    def __iter__(self) -> Iterator[T]:
        """One after the other, also those that are added meanwhile."""
        place = 0
        while place < len(self):
            yield self._at(place)
            place += 1

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CompactList):
            return NotImplemented
        return len(self) == len(other) and all(map(operator.eq, self, other))

    __hash__ = None  # type: ignore[assignment]

    def _at(self, place: int) -> T:
        packed_count, new = self._packed_and_new
        if place >= packed_count:
            return new[place - packed_count]
        number, inside = divmod(place, _BLOCK_COUNT)
        opened = self._opened  # once: another thread may read, too
        if opened[0] != number:
            data = zlib.decompress(self._blocks[number])
            edges = itertools.accumulate(_SIZES.unpack_from(data), initial=_SIZES.size)
            opened = self._opened = (number, data, tuple(edges))
        _, data, edges_of = opened
        pickled = io.BytesIO(data[edges_of[inside] : edges_of[inside + 1]])
        value: T = _Unpickler(pickled, self._shared.objects).load()
        return value

    def _block_of(self, values: Sequence[T]) -> bytes:
        pickles = [self._pickled(value) for value in values]
        return zlib.compress(_SIZES.pack(*map(len, pickles)) + b"".join(pickles), _LEVEL)

    def _pickled(self, value: T) -> bytes:
        target = io.BytesIO()
        _Pickler(target, self._shared).dump(value)
        return target.getvalue()


class _Shared:
    """Objects that stand in pickles by their places here."""

    def __init__(self, kinds: tuple[type, ...]) -> None:
        self.kinds = kinds
        self.objects: list[object] = []
        self._place_of: dict[int, int] = {}  # by identity

    def place_of(self, value: object) -> int:
        place = self._place_of.get(id(value))
        if place is None:
            # In this order: a signal handler that ends the run may come in between.
            self.objects.append(value)
            place = self._place_of[id(value)] = len(self.objects) - 1
        return place


class _Pickler(pickle.Pickler):
    def __init__(self, target: io.BytesIO, shared: _Shared) -> None:
        super().__init__(target, pickle.HIGHEST_PROTOCOL)
        self._shared = shared

    def persistent_id(self, value: object) -> int | None:
        return self._shared.place_of(value) if isinstance(value, self._shared.kinds) else None


class _Unpickler(pickle.Unpickler):
    def __init__(self, source: io.BytesIO, shared: Sequence[object]) -> None:
        super().__init__(source)
        self._shared = shared

    def persistent_load(self, place: int) -> object:
        return self._shared[place]
