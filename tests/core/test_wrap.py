import pytest
from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.core.assemble import ClipOutcome
from qasr_cli.core.atoms import Atom, atoms_from_segments, columns
from qasr_cli.core.types import ClipDone, Timing
from qasr_cli.core.wrap import line_count_of, wrap
from tests.strategies import assembled, span_of


def wrapped(text: str, line_columns: int, *, language: str = "English") -> list[str]:
    """The lines of a text."""
    done = ClipDone(
        clip_id="f/0", language=language, text=text, words=(), timing=Timing.PROPORTIONAL
    )
    transcript = assembled([ClipOutcome(span=span_of(0, 5000), result=done)])
    atoms = atoms_from_segments(
        transcript.text, transcript.segments, is_full_width=language == "Chinese"
    )
    ends = wrap(atoms, line_columns=line_columns)
    return [
        text[atoms[first].char_start : atoms[end - 1].char_end].strip()
        for first, end in zip((0, *ends), ends, strict=False)
    ]


@pytest.mark.parametrize(
    "expected",
    [
        "It fits on a line of its own.",
        # sense before shape
        "Well, nobody had told them | about the dog.",
        "He came home late, | and we ate without a word.",
        # the lower line is the longer one, though the other way would be a little more even
        "orange apple yellow | bananas purple cherry melons",
        # no article at the end of a line
        "They had bought | the enormous yellow house",
    ],
)
def test_two_lines_break_where_it_reads_best(expected: str) -> None:
    """One line if it fits; else after punctuation, before function words, bottom-heavy."""
    assert wrapped(expected.replace(" | ", " "), 32) == expected.split(" | ")


def test_chinese_lines_count_full_width() -> None:
    """Sixteen characters are thirty-two columns, and a comma is a good place."""
    assert wrapped("今天天气很好，我们去公园走一走吧。", 32, language="Chinese") == [
        "今天天气很好，",
        "我们去公园走一走吧。",
    ]


def test_no_more_lines_than_needed_and_none_too_wide() -> None:
    """Three lines when two do not hold it; a word wider than a line has one for itself."""
    lines = wrapped("alpha beta gamma delta epsilon zeta", 14)

    assert len(lines) == 3
    assert max(map(len, lines)) <= 14
    assert wrapped(f"see {'a' * 40} here", 10) == ["see", "a" * 40, "here"]


@given(st.lists(st.integers(1, 12), min_size=1, max_size=12), st.integers(5, 40))
def test_lines_are_within_the_width_or_one_word(lengths: list[int], width: int) -> None:
    """Whatever the words: none is lost, and only a word alone is too wide."""
    words = ["x" * length for length in lengths]

    lines = wrapped(" ".join(words), width)

    assert " ".join(lines).split() == words
    assert all(len(line) <= width or " " not in line for line in lines)


def test_width_is_that_of_the_screen() -> None:
    """Marks and joiners take no column, full-width characters two, shared quotes by language."""
    assert columns("cafe\u0301 हिन्दी", is_full_width=False) == 4 + 1 + 3
    assert columns("ｈ你h", is_full_width=False) == 5
    assert (columns("“…”", is_full_width=True), columns("“…”", is_full_width=False)) == (6, 3)


def test_line_count_is_that_of_a_greedy_fill() -> None:
    """An atom that is too wide counts as one line."""
    atom = Atom(
        char_start=0,
        char_end=1,
        start_ms=0,
        end_ms=1,
        column_start=0,
        column_end=50,
        break_cost=0,
        ends_sentence=True,
    )

    assert line_count_of([atom], line_columns=10) == 1
