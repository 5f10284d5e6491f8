"""Normal forms of any text, as Unicode has them."""

import unicodedata
from typing import Literal

from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.core.normal_forms import normalized
from qasr_cli.core.script.tag_places import CanonicalLengths
from qasr_cli.core.text import canonical

# Accents of several classes, some that come apart into others, and letters that join.
ODD = "ae\u00e9\u0301\u0316\u0308\u0334\u0344\u0345\u05b0\u0f71\u0f72\u0f73\u0f75\u1112\u1161\u11a8"
ODD += "\ud55c\u304b\u3099\uff9e\ufb03\r\t\x00"


@given(st.text(ODD), st.sampled_from(["NFC", "NFKC"]))
def test_long_texts_are_normalised_as_short_ones(text: str, form: Literal["NFC", "NFKC"]) -> None:
    """The way that takes linear time gives the very same text."""
    long = "x" * 1000 + text

    assert normalized(form, long) == unicodedata.normalize(form, long)


@given(st.text(ODD), st.lists(st.integers(0, 100)))
def test_places_in_canonical_text_are_exact(line: str, places: list[int]) -> None:
    """A tag stands where the canonical text before it ends."""
    chars = sorted(min(place, len(line)) for place in places)
    lengths = CanonicalLengths(line)

    assert [lengths.of(char) for char in chars] == [len(canonical(line[:char])) for char in chars]
