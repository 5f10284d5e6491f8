"""JSON documents of ours with something else somewhere in them."""

import copy
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

# What broke something once, or looks like something that it is not.
_ODD: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 5, 7.5, 2**63, -(2**70), 10**300, float("nan"), float("inf")),
    *("", "x", "\0", "a\0b", "\ud800", "\udcff", "../../x", "/etc/passwd", "\x1b[2J", "\x9b2J"),
    *('x"><script>alert(1)</script>', "writing", "done", [], {}, [[]], [None], [{}], {"x": 1}),
)


def json_values() -> st.SearchStrategy[Any]:
    """Any JSON value; surrogates, controls and huge numbers are in on purpose."""
    leaves = st.one_of(
        st.sampled_from(_ODD), st.integers(), st.floats(), st.text(st.characters(), max_size=4)
    )
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)
        ),
        max_leaves=5,
    )


@st.composite
def changed(draw: DrawFn, document: Any) -> Any:  # noqa: ANN401  # any JSON
    """The document with another value in one place, however deep."""
    document = copy.deepcopy(document)
    spot, key = draw(st.sampled_from(_places(document)))
    if draw(st.integers(0, 9)) == 0:
        del spot[key]
    else:
        spot[key] = draw(json_values())
    return document


def _places(value: Any) -> list[tuple[Any, Any]]:  # noqa: ANN401  # any JSON
    """Every place in a document, as a container and a key or index."""
    keys = (
        value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    )
    return [place for key in keys for place in ((value, key), *_places(value[key]))]


def nested(depth: int) -> str:
    """JSON nested so deep."""
    return "[" * depth + "]" * depth
