"""JSON of a long document piece by piece, so that memory never holds all of it as Python's values.

The values of a word take ten times the memory of the word.
"""

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

_BATCH_COUNT = 100  # values that are made text at once: one by one it takes three times as long


def json_pieces(value: object, *, ensure_ascii: bool) -> Iterator[str]:
    """The text that `json.dumps` gives, in pieces.

    >>> "".join(json_pieces({"a": 1, "b": iter([2, {"c": iter([])}])}, ensure_ascii=True))
    '{"a": 1, "b": [2, {"c": []}]}'

    Args:
        value: an iterator in it, which no list may hold, is written as the list of what it gives.
        ensure_ascii: as `json.dumps` takes it.
    """
    return _pieces(value, json.JSONEncoder(ensure_ascii=ensure_ascii))


def _pieces(value: object, encoder: json.JSONEncoder) -> Iterator[str]:
    if not _is_lazy(value):
        yield encoder.encode(value)
    elif isinstance(value, Mapping):
        before = "{"
        for name, inner in value.items():
            yield f"{before}{encoder.encode(name)}: "
            yield from _pieces(inner, encoder)
            before = ", "
        yield "}"
    elif isinstance(value, Iterator):
        yield from _pieces_of_list(value, encoder)


def _pieces_of_list(items: Iterator[Any], encoder: json.JSONEncoder) -> Iterator[str]:
    before = "["
    while batch := list(islice(items, _BATCH_COUNT)):
        if not any(map(_is_lazy, batch)):
            yield before + encoder.encode(batch)[1:-1]
            before = ", "
            continue
        for item in batch:
            yield before
            yield from _pieces(item, encoder)
            before = ", "
    yield "[]" if before == "[" else "]"


def _is_lazy(value: object) -> bool:
    if isinstance(value, Mapping):
        return any(map(_is_lazy, value.values()))
    return isinstance(value, Iterator)
