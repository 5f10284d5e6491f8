"""JSON in pieces: the same text as in one go."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.core.transcript.json_pieces import json_pieces

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


def _lazily(value: object) -> object:
    """The same value, every list in objects and lists of objects an iterator."""
    if isinstance(value, dict):
        return {name: _lazily(inner) for name, inner in value.items()}
    return map(_lazily, value) if isinstance(value, list) else value


@given(value=VALUES, ensure_ascii=st.booleans())
def test_pieces_make_the_text_of_json_dumps(value: object, *, ensure_ascii: bool) -> None:
    """Whatever the value, lazy or not, the pieces are its JSON."""
    whole = json.dumps(value, ensure_ascii=ensure_ascii)

    assert "".join(json_pieces(value, ensure_ascii=ensure_ascii)) == whole
    assert "".join(json_pieces(_lazily(value), ensure_ascii=ensure_ascii)) == whole


def test_no_piece_holds_a_long_list() -> None:
    """The pieces of a list of ten thousand are small, and it is not run through beforehand."""
    taken = 0

    def words() -> Any:  # noqa: ANN401  # a generator of numbers
        nonlocal taken
        for number in range(10_000):
            taken = number
            yield number

    pieces = json_pieces({"segments": iter([{"words": words()}])}, ensure_ascii=True)
    longest = max(len(next(pieces)) for _ in range(6))

    assert taken < 1_000
    assert max(longest, *map(len, pieces)) < 1_000
