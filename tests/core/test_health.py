"""Loops are found and cut, ordinary text is left alone, collapsed times are seen."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.core.health import has_collapsed_times, without_loops
from qasr_cli.core.types import Word

SENTENCE = "the cat sat on the mat, all day. "  # 33 characters

# Pieces of a text in which no eight characters come twice: nothing periodic can hide there.
distinct_words = st.lists(st.integers(10**8, 10**9 - 1), unique=True, max_size=20).map(
    lambda numbers: "".join(f"{number} " for number in numbers)
)
units = st.text(string.ascii_lowercase, min_size=1, max_size=60)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "no no no",
        "Ha ha ha ha ha ha!",
        "1, 1, 1, 1.",
        "Row, row, row your boat, gently down the stream.",
        "一一一。二二二。",
        "1,000,000,000,000",
        SENTENCE * 4,
        "Anna has two cats. Tom has two cats. Mary has two cats. " * 4,
    ],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    """What people do say is no loop, however often they repeat it."""
    assert without_loops(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a" * 30, "a"),
        ("no " * 200, "no "),
        (SENTENCE * 200, SENTENCE),
        ("Well: " + SENTENCE * 200, "Well: " + SENTENCE.strip()),
        (SENTENCE * 30 + "the cat sa", SENTENCE),
        ("Start. " + "go on " * 40 + "and stop.", "Start. go on and stop."),
        ("so " * 30 + "then " * 30 + "end", "so then end"),
        (("x" * 30 + "y") * 30, "xy"),
        ("我们看书。" * 80, "我们看书。"),
    ],
    ids=["letter", "word", "sentence", "prefix", "unfinished", "inside", "two", "nested", "han"],
)
def test_a_loop_is_cut_to_one_unit(text: str, expected: str) -> None:
    """Of a loop one unit stays, and what stands before and after it."""
    assert without_loops(text) == expected


@given(before=distinct_words, unit=units, after=distinct_words)
def test_a_planted_loop_is_found(before: str, unit: str, after: str) -> None:
    """A unit of any length said sixty times shrinks to at most two units."""
    text = before + unit * 60 + " " + after

    shorter = without_loops(text)

    assert len(shorter) <= len(before) + 2 * len(unit) + 1 + len(after)
    assert shorter.startswith(before)
    assert shorter.endswith(after)


@given(distinct_words)
def test_text_without_repetition_is_kept(text: str) -> None:
    """Where nothing comes twice, nothing is cut."""
    assert without_loops(text) == text


@given(st.text("ab ", max_size=400))
def test_cutting_twice_changes_nothing_more(text: str) -> None:
    """What was cut holds no loop."""
    once = without_loops(text)

    assert without_loops(once) == once


def test_a_long_text_needs_no_recursion() -> None:
    """A thousand loops in a row are cut one after the other."""
    text = "".join(f"{number} ".rjust(9, "w") * 20 for number in range(1000))

    assert len(without_loops(text)) < len(text) / 15


def spoken(*starts_ms: int) -> tuple[Word, ...]:
    """Words of one grid step each."""
    return tuple(Word(start_ms=at_ms, end_ms=at_ms + 80, text="w") for at_ms in starts_ms)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), False),
        (spoken(0, 0, 0), False),
        (spoken(0, 0, 0, 0), True),
        (spoken(0, 80, 160, 240), False),
        (spoken(0, 400, 800, 800, 800, 1200, 1600), False),
        (spoken(*range(0, 4000, 250), *[4000] * 8), True),
        (spoken(*range(0, 8000, 120)), False),
    ],
    ids=["none", "few", "four at once", "fast", "three at once", "collapsed tail", "auctioneer"],
)
def test_collapsed_times_are_seen(words: tuple[Word, ...], *, expected: bool) -> None:
    """More words than anyone can say in the time are a sign of a failed alignment."""
    assert has_collapsed_times(words) is expected
