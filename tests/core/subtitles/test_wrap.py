from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.core.outcomes import ClipOutcome
from qasr_cli.core.subtitles.atoms import Atom, atoms_from_segments, columns
from qasr_cli.core.subtitles.wrap import Layouts
from qasr_cli.core.types import ClipDone, Timing
from tests.strategies import assembled, span_of


def atoms_of(text: str, language: str = "English") -> tuple[Atom, ...]:
    """The atoms of a text."""
    done = ClipDone(
        clip_id="f/0", language=language, text=text, words=(), timing=Timing.PROPORTIONAL
    )
    transcript = assembled([ClipOutcome(span=span_of(0, 5000), result=done)])
    return atoms_from_segments(transcript.text, transcript.segments, language=language)


def wrapped(
    text: str, line_columns: int, *, language: str = "English", line_words: int = 0
) -> list[str]:
    """The lines of a text that fits into three."""
    atoms = atoms_of(text, language)
    layouts = Layouts(atoms, line_columns=line_columns, line_count=3, line_words=line_words)
    ends = layouts.line_ends(0, len(atoms))
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


def test_two_speakers_share_no_line() -> None:
    """Each turn begins a line, however short; a minus is no turn."""
    assert wrapped("- Are you coming? - No.", 42) == ["- Are you coming?", "- No."]
    assert wrapped("It is cold. -2 degrees.", 42) == ["It is cold. -2 degrees."]


def test_a_line_has_no_more_words_than_allowed() -> None:
    """Words are counted beside columns."""
    assert wrapped("alpha beta gamma delta", 42, line_words=2) == ["alpha beta", "gamma delta"]


@given(
    st.lists(st.integers(1, 12), min_size=1, max_size=14),
    st.integers(5, 40),
    st.integers(1, 3),
    st.integers(0, 4),
)
def test_lines_are_within_the_width_or_one_word(
    lengths: list[int], width: int, line_count: int, line_words: int
) -> None:
    """Whatever the words: every stretch that is said to fit has a layout that does."""
    atoms = atoms_of(" ".join("x" * length for length in lengths))
    layouts = Layouts(
        atoms, line_columns=width, line_count=line_count, line_words=line_words, second_line_cost=2
    )

    for first in range(len(atoms)):
        furthest = layouts.furthest_stop(first)
        for stop in range(first + 1, furthest + 1):
            ends = layouts.line_ends(first, stop)
            edges = (first, *ends)
            assert edges == tuple(sorted(set(edges)))
            assert ends[-1] == stop
            assert len(ends) <= line_count
            for begin, end in pairwise(edges):
                columns_wide = atoms[end - 1].column_end - atoms[begin].column_start
                assert columns_wide <= width or end == begin + 1
                assert end - begin <= (line_words or len(atoms))


@given(
    st.lists(
        st.sampled_from(("a", "the", "tree,", "grows", "and", "house")), min_size=2, max_size=9
    ),
    st.integers(1, 60),
)
def test_a_bound_changes_nothing_below_it(words: list[str], below: int) -> None:
    """The cost is the same wherever it matters, and else no less than the bound."""
    atoms = atoms_of(" ".join(words))
    layouts = Layouts(atoms, line_columns=14, line_count=3)
    stop = layouts.furthest_stop(0)

    cost = layouts.cost(0, stop)
    bounded = layouts.cost(0, stop, below=below)

    assert bounded == cost if cost < below else bounded >= below or bounded == cost


def test_width_is_that_of_the_screen() -> None:
    """Marks and joiners take no column, full-width characters two, shared quotes by language."""
    assert columns("cafe\u0301 हिन्दी", is_full_width=False) == 4 + 1 + 3
    assert columns("ｈ你h", is_full_width=False) == 5
    assert (columns("“…”", is_full_width=True), columns("“…”", is_full_width=False)) == (6, 3)


_WORDS = ("the", "cat,", "and", "because", "house", "is.", "two", "however", "Yes,")


@given(st.lists(st.sampled_from(_WORDS), min_size=4, max_size=40), st.integers(8, 30))
def test_any_number_of_lines_is_broken_as_few_are(words: list[str], columns: int) -> None:
    """Line by line, as for many lines, or back from the last one: the same is found."""
    atoms = atoms_of(" ".join(words))
    layouts = Layouts(atoms, line_columns=columns, line_count=2)
    found = []
    for few_lines in (1, 99):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("qasr_cli.core.subtitles.wrap._FEW_LINES", few_lines)
            found.append(layouts.line_ends(0, len(atoms)))
    assert found[0] == found[1]


def test_a_page_is_broken_in_no_time() -> None:
    """The work grows with the text: no way is gone twice, or this would never end."""
    text = "some words here. " * 2000
    lines = wrapped(text.strip(), 42)
    assert " ".join(lines) == text.strip()
    assert max(map(len, lines)) <= 42
