"""Corrections on transcripts: the text changes, the times stay."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.core.outcomes import ClipOutcome
from qasr_cli.core.text import split_words
from qasr_cli.core.transcript.apply_corrections import corrected
from qasr_cli.core.transcript.corrections import corrections_from_text
from qasr_cli.core.transcript.schema import document_from_transcript, transcript_from_document
from qasr_cli.core.types import Change, ClipDone, Timing, Transcript, Word
from tests.strategies import PIECES, assembled, span_of, transcripts

Timed = list[tuple[str, int, int]]


def heard(text: str, language: str = "English") -> Transcript:
    """The text as a file of its own: word after word takes 300 ms, then comes 100 ms of rest."""
    words = tuple(
        Word(text=token, start_ms=400 * index, end_ms=400 * index + 300)
        for index, token in enumerate(split_words(text))
    )
    result = ClipDone(
        clip_id="f/0", language=language, text=text, words=words, timing=Timing.ALIGNED
    )
    return assembled([ClipOutcome(span=span_of(0, 400 * len(words) + 1000), result=result)])


def changed(text: str, *rows: str, language: str = "English") -> Transcript:
    """What the rows make of a text; a space parts their columns."""
    table = "\n".join(row.replace("|", "\t") for row in rows)
    return corrected(heard(text, language), corrections_from_text(table))


def words_of(transcript: Transcript) -> Timed:
    """Every word with its times."""
    return [
        (transcript.text[word.char_start : word.char_end].strip(), word.start_ms, word.end_ms)
        for segment in transcript.segments
        for word in segment.words
    ]


@pytest.mark.parametrize(
    ("text", "row", "language", "expected"),
    [
        ("Go too fast.", "too|to", "English", [("Go", 0, 300), ("to", 400, 700)]),
        ("她跑的快。", "的|得", "Chinese", [("她", 0, 300), ("跑", 400, 700), ("得", 800, 1100)]),
    ],
)
def test_a_word_for_a_word_keeps_its_time(
    text: str, row: str, language: str, expected: Timed
) -> None:
    """So do all words around it."""
    transcript = changed(text, row, language=language)

    words = words_of(transcript)
    assert words[: len(expected)] == expected
    assert [word[1:] for word in words] == [word[1:] for word in words_of(heard(text, language))]


def test_words_that_come_together_fill_the_time_of_all() -> None:
    """The words beside them keep theirs."""
    transcript = changed("My ice cream melts.", "ice cream|icecream")

    assert words_of(transcript) == [
        ("My", 0, 300), ("icecream", 400, 1100), ("melts.", 1200, 1500)
    ]  # fmt: skip


def test_a_word_that_falls_apart_is_shared_out_by_letters() -> None:
    """A third of the letters takes a third of the time."""
    transcript = changed("Not alot here.", "alot|a lo")

    assert words_of(transcript)[1:3] == [("a", 400, 500), ("lo", 500, 700)]


def test_a_taken_out_space_makes_one_word() -> None:
    """Also where the correction touches only the white space, or writes a hyphen."""
    assert words_of(changed("ice cream", " |"))[0] == ("icecream", 0, 700)
    assert words_of(changed("ice cream", " |-"))[0] == ("ice-cream", 0, 700)


def test_a_word_that_comes_in_shares_with_its_neighbour() -> None:
    """Nothing else moves."""
    transcript = changed("我在家。", "我在|我现在", language="Chinese")

    assert words_of(transcript) == [
        ("我", 0, 300), ("现", 400, 550), ("在", 550, 700), ("家。", 800, 1100)
    ]  # fmt: skip


def test_a_word_that_is_taken_out_leaves_its_time_free() -> None:
    """And one space; the others keep their times."""
    transcript = changed("I uh think uh so.", "uh|", "so|SO")

    assert transcript.text == "I think SO."
    assert words_of(transcript) == [("I", 0, 300), ("think", 800, 1100), ("SO.", 1600, 1900)]


def test_a_word_taken_out_of_a_longer_match_leaves_the_others_their_times() -> None:
    """What is the same at the ends of a match is not touched."""
    transcript = changed("We really really go.", "really really go|really go")

    assert words_of(transcript) == [("We", 0, 300), ("really", 400, 700), ("go.", 1200, 1500)]


def test_a_sentence_of_which_nothing_is_left_is_left_out() -> None:
    """The rest still tiles the text."""
    transcript = changed("Yes. Thank you for watching. No.", r"Thank you.*|||regex")

    assert transcript.text == "Yes. No."
    assert [segment.char_start for segment in transcript.segments] == [0, 5]
    assert_whole(transcript)


def test_corrections_follow_one_another() -> None:
    """Each sees what the one before made."""
    assert changed("one", "one|two", "two|three").text == "three"


def test_a_match_does_not_reach_into_the_next_sentence() -> None:
    """A correction sees one sentence, without the white space at its end."""
    assert changed("Go on. On we go.", "on. On|x").text == "Go on. On we go."
    assert changed("Go on. Stop.", r"\.$|!||regex").text == "Go on! Stop!"


@pytest.mark.parametrize(
    ("text", "row", "expected"),
    [
        ("a cat, concat cat's cats", "cat|dog||word", "a dog, concat cat's cats"),
        ("don’t do", "don|x||word", "don’t do"),
        ("'cat' and “cat”", "cat|dog||word", "'dog' and “dog”"),
        ("कम कमी", "कम|x||word", "x कमी"),
        ("用cat的人", "cat|狗||word", "用狗的人"),
        ("Cat", "cat|dog", "Cat"),
        ("Cat", "(?i)cat|dog||regex", "dog"),
        ("a.b axb", "a.b|c", "c axb"),
        ("No 7 of 9", r"No (\d)|no. \1||regex", "no. 7 of 9"),
        ("ab", "x*|y||regex", "ab"),
    ],
)
def test_literal_regex_and_whole_word(text: str, row: str, expected: str) -> None:
    """A text is taken as it is, an expression with its groups, a whole word not out of a longer."""
    assert changed(text, row).text == expected


def test_a_language_leaves_other_sentences_alone() -> None:
    """However it is spelt; without one, every sentence is meant."""
    assert changed("的", "的|得|zh", language="Chinese").text == "得"
    assert changed("的", "的|得|zh", language="Japanese").text == "的"
    assert changed("的", "的|得", language="Japanese").text == "得"


def test_every_change_is_noted_with_its_time_and_its_line() -> None:
    """In order of time, and after the changes of an earlier run."""
    transcript = changed("one two. one", "# note", "two|2", "one|1")
    again = corrected(transcript, corrections_from_text("2\tII"))

    first = Change(start_ms=0, end_ms=300, before="one", after="1", line=3)
    second = Change(start_ms=400, end_ms=700, before="two", after="2", line=2)
    third = Change(start_ms=800, end_ms=1100, before="one", after="1", line=3)
    assert transcript.changes == (first, second, third)
    assert again.changes[3:] == (Change(start_ms=400, end_ms=700, before="2", after="II", line=1),)
    assert transcript_from_document(document_from_transcript(again)) == again


# --- whatever is heard, whatever is corrected -------------------------------------------------

_FINDS = [piece for pieces in PIECES.values() for piece in pieces if piece.isprintable()]
_FINDS += [" ", "e", "的", "o", "好，"]
_FIND = st.sampled_from(_FINDS)
_REPLACE = st.sampled_from([*_FINDS, "", " ", "two words", "，", "x" * 30])


def assert_whole(transcript: Transcript) -> None:
    """The reader of results checks tiling, order and times of words and sentences."""
    assert transcript_from_document(document_from_transcript(transcript)) == transcript
    words = [word for segment in transcript.segments for word in segment.words]
    assert all(a.end_ms <= b.start_ms for a, b in pairwise(words))


@given(transcripts(), st.lists(st.tuples(_FIND, _REPLACE), max_size=4))
def test_words_still_tile_the_text_in_order_of_time(
    transcript: Transcript, rows: list[tuple[str, str]]
) -> None:
    """Any corrections of any text leave a whole transcript."""
    table = "\n".join(f"{find}\t{new}" for find, new in rows if not find.startswith("#"))

    after = corrected(transcript, corrections_from_text(table))

    assert_whole(after)


@given(transcripts(), st.lists(_REPLACE, min_size=1, max_size=3))
def test_what_no_correction_finds_is_unchanged(
    transcript: Transcript, replacements: list[str]
) -> None:
    """To the last value."""
    table = "\n".join(f"not in any text\t{new}" for new in replacements)

    assert corrected(transcript, corrections_from_text(table)) == transcript


@given(transcripts(), _FIND)
def test_sentences_without_a_match_keep_their_words(transcript: Transcript, find: str) -> None:
    """A change in one sentence moves no other in time."""
    if find.startswith("#"):
        return
    after = corrected(transcript, corrections_from_text(f"{find}\tother"))

    left = [
        [(word.start_ms, word.end_ms) for word in segment.words]
        for segment in transcript.segments
        if find not in transcript.text[segment.char_start : segment.char_end]
    ]
    kept = [[(word.start_ms, word.end_ms) for word in s.words] for s in after.segments]
    assert [words for words in kept if words in left] == left
