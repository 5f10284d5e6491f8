"""Two texts side by side: as many characters as can be, in order, whatever the texts."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.core.script import lcs
from qasr_cli.core.script.lcs import inverted, matched_places, packed, slid

TEXTS = st.text(alphabet="abc我们", max_size=40)


def longest_count(left: str, right: str) -> int:
    """Length of the longest common subsequence, by the plain table."""
    row = [0] * (len(right) + 1)
    for a in left:
        diagonal = 0
        for column, b in enumerate(right, 1):
            diagonal, row[column] = (
                row[column],
                diagonal + 1 if a == b else max(row[column], row[column - 1]),
            )
    return row[-1]


def pairs(places: list[int]) -> list[tuple[int, int]]:
    """The matches alone."""
    return [(place, other) for place, other in enumerate(places) if other >= 0]


def check(places: list[int], left: str, right: str) -> None:
    """A match of equal characters in order, and none longer."""
    found = pairs(places)
    assert len(places) == len(left)
    assert all(left[place] == right[other] for place, other in found)
    assert [other for _, other in found] == sorted({other for _, other in found})
    assert len(found) == longest_count(left, right)


@given(TEXTS, TEXTS)
def test_the_match_is_a_longest_one(left: str, right: str) -> None:
    """No other way pairs more characters."""
    check(matched_places(left, right), left, right)


@given(TEXTS, TEXTS)
def test_halving_finds_a_longest_one_too(left: str, right: str) -> None:
    """A table that is too big to keep gives as good a match as one that is kept."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lcs, "_STORED_CELLS", 4)
        check(matched_places(left, right), left, right)


@given(TEXTS)
def test_a_text_matches_itself(text: str) -> None:
    """Every character stands at its own place."""
    assert matched_places(text, text) == list(range(len(text)))


@given(TEXTS, TEXTS, TEXTS)
def test_a_missing_or_added_passage_costs_the_rest_nothing(a: str, b: str, c: str) -> None:
    """All that remains of a text is found in it, and the text in what contains it."""
    assert len(pairs(matched_places(a + c, a + b + c))) == len(a + c)
    assert len(pairs(matched_places(a + b + c, a + c))) == len(a + c)


@given(TEXTS, TEXTS)
def test_of_swapped_passages_the_longer_is_found(left: str, right: str) -> None:
    """At least one of the two stands where it stood."""
    found = pairs(matched_places(left + right, right + left))
    assert len(found) >= max(len(left), len(right))


@given(TEXTS, TEXTS, st.data())
def test_a_slide_keeps_the_match(left: str, right: str, data: st.DataObject) -> None:
    """Gaps move; as many characters stay matched with their like."""
    weights = data.draw(st.lists(st.integers(0, 3), min_size=len(left) + 1, max_size=len(left) + 1))
    places = matched_places(left, right)

    check(slid(places, left, weights), left, right)
    check(packed(places, left, right), left, right)
    back = inverted(places, len(right))
    assert inverted(back, len(left)) == places


def test_a_gap_slides_to_the_heavier_edge() -> None:
    """Of two like beginnings the one is missing that leaves whole sentences."""
    left = "thecatthedog"
    weights = [3, 0, 0, 1, 0, 0, 3, 0, 0, 1, 0, 0, 3]

    places = slid([0, 1, 2, -1, -1, -1, -1, -1, -1, 3, 4, 5], left, weights)

    assert places == [-1, -1, -1, -1, -1, -1, 0, 1, 2, 3, 4, 5]


def test_scattered_characters_come_together() -> None:
    """Letters that a longer text happens to hold are taken where they stand as a word."""
    left, right = "in the snow", "in the snow does he know"
    scattered = matched_places(left, right)

    assert packed(scattered, left, right) == list(range(len(left)))


def test_an_hour_takes_little_memory() -> None:
    """Two texts of 20,000 characters that differ everywhere fit into a few MB."""
    words = "the quick brown fox jumps over the lazy dog and runs away from it "
    left = "".join(words[index * index % len(words)] for index in range(20_000))
    right = "".join(words[index * 7 % len(words)] for index in range(20_000))

    tracemalloc.start()
    try:
        matched_places(left, right)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak_bytes < 20_000_000
