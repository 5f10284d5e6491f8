"""What two answers agree on, word by word."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.core.text import split_words
from qasr_cli.live.agreement import Agreement


def taken(*answers: str) -> list[tuple[str, str]]:
    """What has settled and what follows, after each answer."""
    agreement = Agreement()
    return [agreement.take(answer) for answer in answers]


def test_words_settle_when_two_answers_have_them() -> None:
    """The first answer settles nothing; the full stop at the edge stays in the tail."""
    assert taken("The white.", "The white house.", "The white house is old.") == [
        ("", "The white."),
        ("The white", " house."),
        ("The white house", " is old."),
    ]


def test_punctuation_and_case_are_no_difference() -> None:
    """What was heard counts, not how it is written at the edge."""
    assert taken("Today.", "today, you see", "Today, you see it.")[1:] == [
        ("today", ", you see"),
        ("today, you see", " it."),
    ]


def test_characters_settle_in_scripts_without_spaces() -> None:
    """There each character is a word."""
    assert taken("他有八个人。", "他要看书吗？")[-1] == ("他", "要看书吗？")


def test_what_has_settled_is_not_taken_back() -> None:
    """An answer that says something else changes only what follows."""
    assert taken("one two", "one two three", "one too three")[-1] == ("one two", " three")
    assert taken("one two", "one two", "one")[-1] == ("one two", "")
    assert taken("one two", "one two", "")[-1] == ("one two", "")


ANSWERS = st.lists(st.lists(st.sampled_from(["a", "b", "c.", "好", "D"]), max_size=5), max_size=6)


@given(ANSWERS)
def test_settled_text_only_grows(answers: list[list[str]]) -> None:
    """Each settled text begins with the one before, and its words were in two answers in a row."""
    before = ""
    for settled, _ in taken(*(" ".join(words) for words in answers)):
        assert settled.startswith(before)
        before = settled
    pairs = pairwise(answers)
    lengths = [min(len(split_words(" ".join(words))) for words in pair) for pair in pairs]
    assert len(split_words(before)) <= max(lengths, default=0)


@given(ANSWERS)
def test_an_answer_that_goes_on_is_shown_whole(answers: list[list[str]]) -> None:
    """Where it has what settled, the two parts together are the answer, but for its spelling."""
    agreement = Agreement()
    for words in answers:
        text = " ".join(words)
        settled, tail = agreement.take(text)
        spoken = [word.casefold() for word in split_words(text)]
        kept = [word.casefold() for word in split_words(settled)]
        if spoken[: len(kept)] == kept:
            shown = [word.casefold() for word in split_words(settled + tail)]
            assert "".join(shown) == "".join(spoken)
